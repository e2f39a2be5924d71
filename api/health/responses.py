"""The contract of the probes."""

from typing import Literal

from pydantic import Field

from api.http.schemas import ResponseModel, example


class Alive(ResponseModel):
    """The process answers."""

    model_config = example({"status": "ok"})

    status: Literal["ok"]


class LoopHealth(ResponseModel):
    """How one background loop of this server process is doing."""

    name: str = Field(description="As in logs and metrics; docs/operating.md explains each.")
    age_seconds: float = Field(description="Since it last succeeded, or since it began if it has not yet.")
    failures: int = Field(description="Failures since it last succeeded.")


class Ready(ResponseModel):
    """Whether the parts that requests need answer too."""

    model_config = example(
        {
            "status": "ready",
            "database": "ok",
            "migrations": "ok",
            "capture": "direct",
            "taps_waiting": 0,
            "taps_journalled": 0,
            "taps_lost": 0,
            "loops": [{"name": "journal-drainer", "age_seconds": 0.2, "failures": 0}],
        }
    )

    status: Literal["ready", "degraded"] = Field(description="`degraded` is answered with 503.")
    database: Literal["ok", "unreachable"]
    migrations: Literal["ok", "outdated", "unknown"]
    capture: Literal["direct", "journal"] = Field(description="Where this server process puts taps now.")
    taps_waiting: int = Field(description="Taps of this server process in memory, on no disk yet.")
    taps_journalled: int = Field(description="Taps of this server process in its journal, not in the database yet.")
    taps_lost: int = Field(description="Taps this server process gave up since it began; statistics tell of them.")
    loops: list[LoopHealth] = Field(
        description="Background loops of this server process. They do not decide whether it is ready."
    )
