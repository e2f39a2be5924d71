"""The transactional outbox: an event is recorded in the transaction of its change, and read once by each consumer.

A consumer gets every event exactly once, and after all events that the event's transaction could see. Positions alone
do not guarantee that, since a sequence is not in the order of commits. So a consumer's progress is a snapshot: its next
events are those visible in a newer snapshot but not in this one, by position. PgQ uses the same method
(https://wiki.postgresql.org/wiki/PGQ_Tutorial). docs/decisions/0013-outbox.md has the reasons.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, delete, literal_column, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Actor, Principal, actor_of
from campaigns.events.models import Event, EventCursor
from campaigns.events.types import EventType
from campaigns.kit.database.rows import fetch_first, fetch_values

RETENTION = timedelta(days=7)

_CURRENT_SNAPSHOT: ColumnElement[str] = literal_column("pg_current_snapshot()::text", Text)
# The first condition is implied by the second; it is there because it can use an index.
_IN_BATCH = """
    transaction_id >= pg_snapshot_xmin(CAST(:read_snapshot AS pg_snapshot))::text::bigint
    AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, CAST(:read_snapshot AS pg_snapshot))
    AND pg_visible_in_snapshot(transaction_id::text::xid8, CAST(:batch_snapshot AS pg_snapshot))
"""
_READ_BY_ALL = text("""
    NOT EXISTS (
        SELECT FROM event_cursors
        WHERE NOT pg_visible_in_snapshot(events.transaction_id::text::xid8, event_cursors.read_snapshot::pg_snapshot))
""")


def record_change(
    session: AsyncSession,
    by: Principal | Actor,
    event_type: EventType,
    *,
    object_id: UUID,
    unit_id: UUID,
    now: datetime,
    changes: dict[str, Any] | None = None,
) -> None:
    """Write a change to the audit trail and record the event of the same name.

    `changes` goes to the audit trail only. It must not contain personal data.
    """
    record_audit(
        session,
        by,
        event_type.object_type,
        event_type.done,
        object_id=object_id,
        unit_id=unit_id,
        now=now,
        changes=changes,
    )
    record_event(session, by, event_type, object_id=object_id, unit_id=unit_id, now=now)


def record_event(
    session: AsyncSession,
    by: Principal | Actor,
    event_type: EventType,
    *,
    object_id: UUID,
    unit_id: UUID,
    now: datetime,
) -> None:
    """Record an event in the transaction of its change. Events of one flush, up to a thousand, take one statement."""
    actor = actor_of(by)
    session.add(
        Event(
            type=event_type.value,
            object_id=object_id,
            unit_id=unit_id,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            recorded_at=now,
        )
    )


async def add_consumer(session: AsyncSession, consumer: str) -> None:
    """Add a consumer, which reads the events committed from now on; does nothing if it exists."""
    values = {"consumer": consumer, "read_snapshot": _CURRENT_SNAPSHOT}
    await session.exec(insert(EventCursor).values(values).on_conflict_do_nothing())


async def remove_consumer(session: AsyncSession, consumer: str) -> None:
    """Remove a consumer, so that its unread events can be deleted."""
    await session.exec(delete(EventCursor).where(col(EventCursor.consumer) == consumer))


async def read_batch(session: AsyncSession, consumer: str, *, limit: int) -> Sequence[Event]:
    """The consumer's next events, in order; they are marked as read when the caller's transaction commits.

    Empty if there are none, or if another transaction is reading for the same consumer. Events of the caller's own
    transaction come in a later batch. Raises LookupError for an unknown consumer.
    """
    statement = select(EventCursor).where(EventCursor.consumer == consumer)
    locked = statement.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    cursor = await fetch_first(session, locked)
    if cursor is None:
        if await fetch_first(session, statement) is None:
            raise LookupError(f"no consumer of events is named {consumer}")
        return []
    if cursor.batch_snapshot is None:
        batch_snapshot, position = (await session.exec(select(_CURRENT_SNAPSHOT))).one(), 0
    else:
        batch_snapshot, position = cursor.batch_snapshot, cursor.position
    in_batch = text(_IN_BATCH).bindparams(read_snapshot=cursor.read_snapshot, batch_snapshot=batch_snapshot)
    unread = select(Event).where(in_batch, col(Event.position) > position)
    # One more than asked for tells whether the batch goes on.
    found = await fetch_values(session, unread.order_by(col(Event.position)).limit(limit + 1))
    events = found[:limit]
    if len(found) > limit:
        cursor.batch_snapshot, cursor.position = batch_snapshot, events[-1].position or 0
    elif events:
        cursor.read_snapshot, cursor.batch_snapshot, cursor.position = batch_snapshot, None, 0
    await session.flush()
    return events


async def delete_read_events(session: AsyncSession, *, kept: timedelta, now: datetime) -> int:
    """Delete events older than `kept` that every consumer has read; returns how many."""
    old = delete(Event).where(col(Event.recorded_at) < now - kept, _READ_BY_ALL)
    return (await session.exec(old.execution_options(synchronize_session=False))).rowcount
