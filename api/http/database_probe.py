"""Whether PostgreSQL answers and commits, for probes."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from campaigns.kit.database.engine import SessionFactory

_REVISION = text("SELECT version_num FROM alembic_version")
# A message in the write-ahead log is the smallest thing whose commit waits for the disk, and for replicas where commits
# wait for them: no table grows, and no replica, standby or subscriber does anything with it.
_WRITE = text(
    "SELECT set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'jaring', 'probe')"
    " WHERE current_setting('transaction_read_only') = 'off'"
)


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """`revision`: of the schema; `commits`: whether a transaction that writes has just been committed, on disk."""

    answers: bool
    commits: bool = False
    revision: str | None = None


async def ask_database(sessions: SessionFactory) -> DatabaseState:
    """Ask for the schema's revision, and commit something that changes nothing."""
    answers, revision = False, None
    try:
        async with sessions() as session, session.begin():
            connection = await session.connection()
            revision = (await connection.execute(_REVISION)).scalar_one_or_none()
            answers = True
            wrote = (await connection.execute(_WRITE)).first() is not None
    except (SQLAlchemyError, OSError):
        return DatabaseState(answers, revision=revision)
    return DatabaseState(answers, commits=wrote, revision=revision)
