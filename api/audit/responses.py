"""The public contract of the audit trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.http.schemas import ResponseModel, example
from campaigns.access.types import ActorKind


class AuditEntryOut(ResponseModel):
    """A recorded change. Entries cannot be changed or deleted, and contain no personal data."""

    model_config = example(
        {
            "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000009",
            "at": "2026-11-02T03:04:05Z",
            "actor_kind": "key",
            "actor_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000008",
            "unit_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000001",
            "action": "campaign.changed",
            "object_type": "campaign",
            "object_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004",
            "changes": {"state": {"from": "draft", "to": "active"}},
        }
    )

    id: UUID
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None = Field(
        description="ID of the API key, or of the application of the candidate. Null for the system."
    )
    unit_id: UUID = Field(description="The unit of the object.")
    action: str = Field(description="`<object type>.<action>`.")
    object_type: str
    object_id: UUID | None
    changes: dict[str, Any] = Field(
        description="For a changed object: `{field: {from, to}}`. For a new object: its values."
    )
