"""The contract of the probes."""

from typing import Literal

from pydantic import Field

from api.http.schemas import Out, example


class Alive(Out):
    """The process answers."""

    model_config = example({"status": "ok"})

    status: Literal["ok"]


class Ready(Out):
    """Whether the parts that requests need answer too."""

    model_config = example({"status": "ready", "database": "ok", "migrations": "ok", "taps_waiting": 0})

    status: Literal["ready", "degraded"] = Field(description="`degraded` is answered with 503.")
    database: Literal["ok", "unreachable"]
    migrations: Literal["ok", "outdated", "unknown"]
    taps_waiting: int = Field(description="Taps of this server process in memory, not stored yet.")
