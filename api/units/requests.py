"""The public contract of units."""

from typing import Annotated
from uuid import UUID

from pydantic import MISSING, Field, StringConstraints

from api.http.schemas import Name, RequestModel, example
from campaigns.naming.templates import CONTENT_PLACEHOLDERS, TEMPLATE_LENGTH, TERM_PLACEHOLDERS
from campaigns.planning.rules import UNIT_CODE_LENGTH, UNIT_CODE_PATTERN
from campaigns.planning.types import LowerUnitKind

MAX_HOSTS = 50

EXAMPLE = {
    "parent_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000000",
    "kind": "province",
    "name": "West Java",
    "code": "ID-JB",
    "allowed_hosts": ["daftar.example", "*.jabar.example"],
}

Code = Annotated[str, StringConstraints(min_length=1, max_length=UNIT_CODE_LENGTH, pattern=UNIT_CODE_PATTERN)]
# A host name has at most 253 characters (RFC 1035), plus a leading `*.`. The domain validates it.
Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Hosts = Annotated[
    list[Host],
    Field(
        max_length=MAX_HOSTS,
        description="Hosts that are allowed for landing pages. `*.` before a host allows all its subdomains. If the "
        "list is empty, the allow-list of the unit above applies.",
    ),
]
# The domain says what is wrong with it.
Template = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEMPLATE_LENGTH)]
_TEMPLATE = (
    "Template for the {what} of links that are created without one. Null: the template of the unit above applies. "
    "Placeholders: {names}. The result is converted to lower case with hyphens."
)


def _described(what: str, placeholders: tuple[str, ...]) -> str:
    return _TEMPLATE.format(what=what, names=", ".join(f"`{{{name}}}`" for name in placeholders))


class UnitCreate(RequestModel):
    """A new unit."""

    model_config = example(EXAMPLE)

    parent_id: UUID = Field(
        description="The unit above this one: a province belongs to the national unit, a district to a province."
    )
    kind: LowerUnitKind
    name: Name
    code: Code = Field(description="Short code, unique among all units. It cannot be changed.")
    allowed_hosts: Hosts = Field(default_factory=list)


class UnitChange(RequestModel):
    """Fields to change. Omitted fields keep their values."""

    model_config = example(
        {"name": "Jawa Barat", "allowed_hosts": ["daftar.example"], "content_template": "{name}-{month}"}
    )

    name: Name | MISSING = MISSING
    allowed_hosts: Hosts | MISSING = MISSING
    term_template: Template | MISSING | None = Field(MISSING, description=_described("term", TERM_PLACEHOLDERS))
    content_template: Template | MISSING | None = Field(
        MISSING, description=_described("content", CONTENT_PLACEHOLDERS)
    )
