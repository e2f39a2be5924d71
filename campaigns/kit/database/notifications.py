"""NOTIFY in the caller's transaction, for the caches of every process, this one included.

Other processes hear of a change over their LISTEN connection, a moment after its commit. The process that commits it
need not wait for its own: it reads `sent_notifications` and acts before it answers (`api.http.sessions`).
"""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, func, literal
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

_SENT = "sent_notifications"


async def notify(session: AsyncSession, channel: str, payloads: Sequence[str]) -> None:
    """Send a notification for each payload, in one statement; listeners get them if the transaction commits."""
    listed = func.unnest(literal(list(payloads), ARRAY(Text))).column_valued("payload")
    await session.exec(select(func.pg_notify(channel, listed)))
    session.info.setdefault(_SENT, []).extend((channel, payload) for payload in payloads)


def sent_notifications(session: AsyncSession) -> Sequence[tuple[str, str]]:
    """Channel and payload of each notification of this session, those that a savepoint took back among them."""
    sent: list[tuple[str, str]] = session.info.get(_SENT, [])
    return sent
