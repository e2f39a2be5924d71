"""Says what is wrong with the environment's `JARING_…` variables, in words of ours and without their values."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

PREFIX = "JARING_"
# Variables with the prefix that are no settings: the tests' own.
OTHER_NAMES = frozenset({"JARING_TEST_POSTGRES_BIN"})

# Pydantic's type of an error -> what to write instead; `{…}` are the values that pydantic gives with it.
REMEDIES: Mapping[str, str] = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "float_parsing": "write a number",
    "finite_number": "write a number",
    "greater_than": "write a number greater than {gt}",
    "greater_than_equal": "write a number that is at least {ge}",
    "int_parsing": "write a whole number",
    "int_parsing_size": "write a smaller number",
    "int_from_float": "write a whole number",
    "ip_v4_network": "write a network such as 10.0.0.0/8 or fd00::/8",
    "ip_v6_network": "write a network such as 10.0.0.0/8 or fd00::/8",
    "less_than": "write a number less than {lt}",
    "less_than_equal": "write a number that is at most {le}",
    "literal_error": "write one of {expected}",
    "path_type": "write the path of a folder",
}


class UnknownSetting(Exception):
    """Variables of the environment that look like settings and are none; its text names each and the nearest one."""


def refuse_unknown_names(environment: Iterable[str], known: Collection[str]) -> None:
    """Raise UnknownSetting for names with the prefix that are not among `known`, which are in lower case without it.

    Upper and lower case are the same, as for the settings themselves.
    """
    variables = {f"{PREFIX}{name.upper()}" for name in known}
    unknown = sorted({name.upper() for name in environment if name.upper().startswith(PREFIX)} - variables)
    faults = [_unknown(name, variables) for name in unknown if name not in OTHER_NAMES]
    if faults:
        raise UnknownSetting(". ".join(faults))


def _unknown(name: str, variables: Collection[str]) -> str:
    near = get_close_matches(name, variables, n=1, cutoff=0.75)
    advice = f"Did you mean {near[0]}?" if near else "docs/settings.md lists all settings"
    return f"{name} is not a setting. {advice}"


def value_faults(error: ValidationError) -> Iterator[str]:
    """One sentence for each variable whose value cannot be used; never the value, which can be a secret."""
    said = set()
    for one in error.errors(include_input=False, include_url=False):
        name = f"{PREFIX}{str(one['loc'][0]).upper()}" if one["loc"] else "The settings"
        if name not in said:
            said.add(name)
            yield f"{name}: {_remedy(one)}."


def _remedy(one: Any) -> str:
    if one["type"] == "value_error":  # said by a validator of ours
        return str(one["msg"]).removeprefix("Value error, ")
    remedy = REMEDIES.get(one["type"], "this value cannot be used")
    return remedy.format_map({name: str(value) for name, value in one.get("ctx", {}).items()})
