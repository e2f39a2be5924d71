"""The names of the IANA time zone database that a person can choose."""

from functools import cache
from zoneinfo import available_timezones


@cache
def known_zones() -> frozenset[str]:
    """The names, without `localtime` (the machine's own setting) and `Factory` (not a zone)."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
