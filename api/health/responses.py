"""The contract of the probes."""

from typing import Literal

from pydantic import Field

from api.http.schemas import ResponseModel, example


class Alive(ResponseModel):
    """Whether the process works."""

    model_config = example({"status": "ok", "broken": []})

    status: Literal["ok", "broken"] = Field(description="The response is 503 for `broken`.")
    broken: list[str] = Field(
        description="Names of the permanent tasks of this server process that have ended or hang. "
        "`docs/operating.md` explains the loops among them."
    )


class LoopHealth(ResponseModel):
    """State of one background loop of the process that answers, or of an API process."""

    name: str = Field(description="The name in logs and metrics. `docs/operating.md` explains each loop.")
    age_seconds: float = Field(
        description="Seconds since the last success, or since the start if there was no success yet."
    )
    failures: int = Field(description="Number of failures since the last success.")


class Ready(ResponseModel):
    """Whether the parts that requests need are available."""

    model_config = example(
        {
            "status": "ready",
            "database": "ok",
            "migrations": "ok",
            "api": "ok",
            "capture": "direct",
            "taps_waiting": 0,
            "oldest_tap_seconds": 0.0,
            "taps_journalled": 0,
            "taps_lost": 0,
            "stripped_headers": [],
            "loops": [{"name": "journal-drainer", "age_seconds": 0.2, "failures": 0}],
        }
    )

    status: Literal["ready", "degraded"] = Field(description="The response is 503 for `degraded`.")
    database: Literal["ok", "not_committing", "unreachable"] = Field(
        description="`not_committing`: it answers, and a transaction that writes fails, as on a standby or a full disk."
    )
    migrations: Literal["ok", "outdated", "unknown"]
    api: Literal["ok", "unreachable"] = Field(
        description="Whether a process for candidates and one for staff answer. Short links need neither."
    )
    capture: Literal["direct", "journal"] = Field(description="Where this server process stores taps now.")
    taps_waiting: int = Field(description="Taps of this server process that are in memory and on no disk yet.")
    oldest_tap_seconds: float = Field(description="How long the oldest of them has been waiting; 0 if there is none.")
    taps_journalled: int = Field(
        description="Taps of this server process that are in its journal and not in the database yet."
    )
    taps_lost: int = Field(
        description="Taps that this server process has lost since its start. Statistics count them as `lost_taps`."
    )
    stripped_headers: list[str] = Field(
        description="Headers that a proxy seems to take off requests: browsers always send them, and most of the last "
        "addresses did not. Taps without them count as people's. They do not affect `status`."
    )
    loops: list[LoopHealth] = Field(
        description="Background loops of this server process and of an API process. They do not affect `status`."
    )
