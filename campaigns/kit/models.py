"""Tables of the kit: stored responses for repeated requests, and the fingerprint of the master key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from campaigns.kit.database.columns import bytes_column, time_column


class IdempotencyRecord(SQLModel, table=True):
    """The first response to an `Idempotency-Key`; encrypted, since it can contain a secret."""

    __tablename__ = "idempotency_records"
    __table_args__ = (Index(None, "created_at"),)

    caller: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    request_digest: bytes = bytes_column()
    response_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = time_column()


class KeyCheck(SQLModel, table=True):
    """A single row: the master key's fingerprint. A server with another master key refuses to start."""

    __tablename__ = "key_checks"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(default=1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    fingerprint: bytes = bytes_column()
