"""The `jaring clicks` commands."""

import asyncio
from datetime import UTC, datetime

import psycopg
import typer

from api.cli.database import current_database
from api.cli.errors import CommandError
from campaigns.clicks.bots.reclassify import ReclassifyResult, exclusive_run, reclassify, request_all
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.settings import Settings


def reclassify_history(*, everything: bool) -> str:
    """Apply the current rules to stored clicks and links, showing progress; returns the text to print."""
    changed = ReclassifyResult()
    with current_database(Settings()) as url:
        asyncio.run(_work(psycopg_conninfo(url), everything, changed))
    return (
        f"Classified {changed.judged} user agents: {changed.flagged} are now bots, {changed.unflagged} now people.\n"
        f"{changed.taps_filtered} taps no longer count as clicks, {changed.taps_restored} taps count as clicks again.\n"
        f"Changed the burst flag of {changed.burst_marks} taps, the uniform flag of {changed.uniform_marks} taps "
        f"and the channel group of {changed.links} links."
    )


async def _work(conninfo: str, everything: bool, changed: ReclassifyResult) -> None:
    connection = await psycopg.AsyncConnection.connect(
        conninfo, autocommit=True, connect_timeout=5, application_name="jaring-reclassify"
    )
    async with connection, exclusive_run(connection) as alone:
        if not alone:
            raise CommandError("Another reclassification is running. Wait until it ends")
        now = datetime.now(UTC)
        if everything:
            await request_all(connection, now=now)
        async for work in reclassify(connection, changed=changed, now=now):
            with typer.progressbar(length=work.steps, label=work.label) as bar:
                async for done in work.doing:
                    bar.update(done)
