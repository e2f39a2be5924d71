"""Runs migrations: one transaction each, under an advisory lock, with a short lock timeout."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from campaigns.kit.database.locks import AdvisoryLock, hold_session_lock
from campaigns.tables import metadata

LIMITS = ("SET lock_timeout = '5s'", "SET statement_timeout = '10min'")


def run() -> None:
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    # A second node that migrates at the same time waits for this lock and then finds nothing to do.
    with engine.connect() as connection, hold_session_lock(connection, AdvisoryLock.MIGRATION):
        # Not earlier: the timeout would also apply to waiting for the advisory lock.
        for limit in LIMITS:
            connection.execute(text(limit))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            compare_server_default=True,
            user_module_prefix="sa.",
        )
        with context.begin_transaction():
            context.run_migrations()


def print_sql() -> None:
    """Write the statements to standard output, without a database (`alembic upgrade --sql`)."""
    context.configure(
        dialect_name="postgresql", target_metadata=metadata, transaction_per_migration=True, literal_binds=True
    )
    with context.begin_transaction():
        for limit in LIMITS:
            context.execute(limit)
        context.run_migrations()


if context.is_offline_mode():
    print_sql()
else:
    run()
