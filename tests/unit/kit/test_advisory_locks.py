"""The registry of advisory locks: different numbers, and no lock anywhere else."""

from pathlib import Path

from campaigns.kit.database.locks import AdvisoryLock

PROJECT = Path(__file__).parents[3]


def test_no_two_advisory_locks_share_a_number() -> None:
    numbers = [lock.value for lock in AdvisoryLock.__members__.values()]
    assert len(set(numbers)) == len(numbers)


def test_every_advisory_lock_is_in_the_registry() -> None:
    sources = [path for root in ("api", "campaigns", "alembic") for path in (PROJECT / root).rglob("*.py")]
    users = [path for path in sources if "pg_advisory" in path.read_text() or "pg_try_advisory" in path.read_text()]
    assert users == [PROJECT / "campaigns" / "kit" / "database" / "locks.py"]
