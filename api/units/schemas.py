"""The public contract of units."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, Field, StringConstraints

from api.http.schemas import In, Name, Out, example
from campaigns.planning.rules import UNIT_CODE_LENGTH, UNIT_CODE_PATTERN
from campaigns.planning.types import UnitKind

MOST_HOSTS = 50

_EXAMPLE = {
    "parent_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000000",
    "kind": "province",
    "name": "West Java",
    "code": "ID-JB",
    "allowed_hosts": ["daftar.example", "*.jabar.example"],
}
_LISTED = {
    **_EXAMPLE,
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000001",
    "created_at": "2026-10-20T02:00:00Z",
    "version": 1,
}

Code = Annotated[str, StringConstraints(min_length=1, max_length=UNIT_CODE_LENGTH, pattern=UNIT_CODE_PATTERN)]
# A host name has at most 253 characters (RFC 1035); the rest is for a leading `*.`. The domain says what is wrong.
Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Hosts = Annotated[
    list[Host],
    Field(
        max_length=MOST_HOSTS,
        description="Hosts that landing pages may be on, `*.` for all below one; empty: those of the unit above hold.",
    ),
]


class UnitCreate(In):
    """A new unit."""

    model_config = example(_EXAMPLE)

    parent_id: UUID = Field(description="The unit it stands below: national above province above district.")
    kind: Literal["province", "district"]
    name: Name
    code: Code = Field(description="Its short name in figures, unique; cannot be changed.")
    allowed_hosts: Hosts = Field(default_factory=list)


class UnitChange(In):
    """What to change; fields left out stay."""

    model_config = example({"name": "Jawa Barat", "allowed_hosts": ["daftar.example"]})

    name: Name | MISSING = MISSING
    allowed_hosts: Hosts | MISSING = MISSING


class UnitListed(Out):
    """A unit as lists show it."""

    model_config = example(_LISTED)

    id: UUID
    parent_id: UUID | None = Field(description="Null for the national unit.")
    kind: UnitKind
    name: str
    code: str
    allowed_hosts: list[str]
    created_at: datetime
    version: int = Field(description="Counts changes; also the ETag.")


class UnitOut(UnitListed):
    """A unit."""

    model_config = example({**_LISTED, "effective_hosts": ["daftar.example", "*.jabar.example"]})

    effective_hosts: list[str] = Field(
        description="The allow-list that holds for it: its own, or that of the nearest unit above that has one."
    )
