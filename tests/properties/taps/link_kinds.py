"""A link of every kind that the redirect decides about."""

from datetime import UTC, datetime, timedelta
from typing import Any

SITE = "https://daftar.example"

# Parameters of its own, in spellings that a page reads as `lang`, `a[]`, `name` and `my key`.
OWN_QUERY = "lang=id&a[]=1&n%61me=x&my+key=v"

DAY = timedelta(days=1)

NOW = datetime.now(UTC)

LINKS: dict[str, dict[str, Any]] = {
    "passing": {"pass_query": True, "destination": f"{SITE}/form?{OWN_QUERY}#top"},
    "deciding": {
        "pass_query": True,
        "rules": [
            {"device": "ios", "language": None, "destination": f"{SITE}/ios?{OWN_QUERY}"},
            {"device": None, "language": "jv", "destination": f"{SITE}/jv#x"},
        ],
        "variants": [
            {"key": "a", "destination": f"{SITE}/a", "weight": 1},
            {"key": "b", "destination": f"{SITE}/b?{OWN_QUERY}", "weight": 2},
        ],
    },
    "ended": {"ends_at": NOW - DAY, "ended_destination": f"{SITE}/late"},
    "over": {"ends_at": NOW - DAY},
    "later": {"starts_at": NOW + DAY},
    "paused": {"state": "paused"},
    "draft": {"state": "draft"},
    "retired": {"state": "retired", "retired_at": NOW},
}

LEADING = ["abc", "passing", "deciding", "ended"]
