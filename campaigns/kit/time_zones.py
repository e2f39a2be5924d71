"""Time zones that a person can mean: the names of the IANA database."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_zones() -> frozenset[str]:
    """The names; `localtime` is whatever a machine is set to, `Factory` the database's word for none."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
