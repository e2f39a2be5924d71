"""How migrations run: one transaction each, under an advisory lock, giving up quickly on locks others hold."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from campaigns.tables import metadata

# Any constant will do; it must only be the same on every node that migrates this database.
MIGRATION_LOCK = 7_265_110


def run() -> None:
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        # A second node that migrates at the same time waits here, then finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        # Only now: the time-out holds for the lock above as well.
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SET statement_timeout = '10min'"))
        connection.commit()
        try:
            context.configure(
                connection=connection,
                target_metadata=metadata,
                transaction_per_migration=True,
                compare_server_default=True,
                user_module_prefix="sa.",
            )
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.commit()


run()
