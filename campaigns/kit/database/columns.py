"""Column makers that every `models.py` uses, so that names, types and constraints come out alike.

SQLModel ignores pydantic constraints on tables (DESIGN 13), so lengths and value lists are stated here as SQL.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, Integer, LargeBinary, Text, Uuid, false
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from campaigns.kit.ids import new_id

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def id_column() -> Any:
    """The primary key of a table: a version 7 UUID made by the application."""
    return Field(default_factory=new_id, sa_column=Column(Uuid, primary_key=True))


def reference_column(target: str, *, nullable: bool = False, index: bool = False, primary_key: bool = False) -> Any:
    """A foreign key to `target`, written `table.column` (a string, so that slices need not import each other)."""
    column: Column[UUID] = Column(Uuid, ForeignKey(target), nullable=nullable, index=index, primary_key=primary_key)
    return Field(sa_column=column) if not nullable else Field(default=None, sa_column=column)


def text_column(*, nullable: bool = False, unique: bool = False, default: str | None = None) -> Any:
    """A text; `default` is what rows have that say nothing, those older than the column among them."""
    column: Column[str] = Column(Text, nullable=nullable, unique=unique, server_default=default)
    if nullable or default is not None:
        return Field(default=default, sa_column=column)
    return Field(sa_column=column)


def texts_column() -> Any:
    """A list of texts, empty by default."""
    return Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))


def flag_column(*, nullable: bool = False) -> Any:
    """Yes or no, no by default; with `nullable`, null by default: not known."""
    if nullable:
        return Field(default=None, sa_column=Column(Boolean, nullable=True))
    return Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))


def json_column() -> Any:
    """A list of objects kept as one value, empty by default."""
    return Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]"))


def time_column(*, nullable: bool = False) -> Any:
    column: Column[datetime] = Column(DateTime(timezone=True), nullable=nullable)
    return Field(sa_column=column) if not nullable else Field(default=None, sa_column=column)


def sealed_column(*, nullable: bool = False) -> Any:
    """Personal data encrypted by `kit.encryption.cipher`; marked so that a test can list every such column."""
    column: Column[bytes] = Column(LargeBinary, nullable=nullable, info={"personal": True})
    return Field(sa_column=column) if not nullable else Field(default=None, sa_column=column)


def bytes_column(*, unique: bool = False, index: bool = False, nullable: bool = False) -> Any:
    column: Column[bytes] = Column(LargeBinary, nullable=nullable, unique=unique, index=index)
    return Field(sa_column=column) if not nullable else Field(default=None, sa_column=column)


def version_column() -> Any:
    """The number of the row's version, from 1; it is the resource's strong ETag."""
    return Field(default=1, sa_column=Column(Integer, nullable=False, server_default="1"))


def check_one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A CHECK that the text `column` holds one of `values` (null passes)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def check_length(column: str, length: int) -> CheckConstraint:
    """A CHECK that the text `column` has 1 to `length` characters."""
    return CheckConstraint(f"char_length({column}) BETWEEN 1 AND {length}", name=f"{column}_length")


def actor_checks(kinds: Iterable[str]) -> tuple[CheckConstraint, CheckConstraint]:
    """CHECKs that `actor_kind` is one of the kinds, and that `actor_id` is null for the system alone."""
    without_id = CheckConstraint("(actor_id IS NULL) = (actor_kind = 'system')", name="actor_id")
    return check_one_of("actor_kind", kinds), without_id
