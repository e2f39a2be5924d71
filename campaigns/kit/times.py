"""The time zones and years that a person can enter."""

from functools import cache
from zoneinfo import available_timezones

# Wide enough for every campaign, narrow enough to find a mistyped year.
FIRST_YEAR, LAST_YEAR = 2000, 2100


@cache
def known_zones() -> frozenset[str]:
    """The names of the IANA database, without `localtime` (the machine's own setting) and `Factory` (not a zone)."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
