"""Tables of access: API keys and the audit trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from campaigns.access.rules import MAX_NAME_LENGTH
from campaigns.access.types import ActorKind, Role
from campaigns.kit.database.columns import (
    bytes_column,
    check_length,
    check_one_of,
    id_column,
    reference_column,
    text_column,
    time_column,
)


class ApiKey(SQLModel, table=True):
    """A key by its SHA-256; `unit_path` repeats the unit's, which never changes, so that a request needs no join."""

    __tablename__ = "api_keys"
    __table_args__ = (check_one_of("role", Role), check_length("name", MAX_NAME_LENGTH))

    id: UUID = id_column()
    name: str = text_column()
    shown: str = text_column()
    digest: bytes = bytes_column(unique=True)
    role: str = text_column()
    unit_id: UUID = reference_column("units.id", index=True)
    unit_path: str = text_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    revoked_at: datetime | None = time_column(nullable=True)


class AuditEntry(SQLModel, table=True):
    """One change that was made; a trigger refuses to change or delete entries. Never holds personal data."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        check_one_of("actor_kind", ActorKind),
        Index(None, "unit_id", "id"),
        Index(None, "object_type", "object_id"),
    )

    id: UUID = id_column()
    at: datetime = time_column()
    actor_kind: str = text_column()
    actor_id: UUID | None = Field(default=None, sa_column=Column(Uuid, nullable=True))
    unit_id: UUID | None = reference_column("units.id", nullable=True)
    action: str = text_column()
    object_type: str = text_column()
    object_id: UUID | None = Field(default=None, sa_column=Column(Uuid, nullable=True))
    changes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
