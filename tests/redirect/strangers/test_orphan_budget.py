"""How many taps on unknown links one server process stores."""

from pathlib import Path

from prometheus_client import REGISTRY

from campaigns.clicks.capture.budget import Budget
from campaigns.clicks.journal.failover import Failover
from campaigns.kit.client_address import TrustedProxies
from campaigns.links.models import Link
from campaigns.links.resolver.snapshot import LinkSnapshot
from tests.redirect.taps import running_redirect


def not_stored() -> float:
    return REGISTRY.get_sample_value("jaring_orphan_taps_not_stored_total") or 0.0


async def test_beyond_the_limit_they_are_answered_and_only_counted(
    link: Link, conninfo: str, fallback: Failover, tmp_path: Path
) -> None:
    before = not_stored()
    async with running_redirect(
        link=link,
        conninfo=conninfo,
        fallback=fallback,
        proxies=TrustedProxies([]),
        snapshot=LinkSnapshot(tmp_path / "links.sqlite"),
        orphan_budget=Budget(2, 1, lambda: 0.0),
    ) as taps:
        for number in range(5):
            assert (await taps.client.get(f"/unknown-{number}")).status_code == 404
        assert (await taps.client.get("/abc")).status_code == 302
        assert len(await taps.stored("orphan_taps")) == 2
        assert len(await taps.stored("clicks")) == 1
    assert not_stored() - before == 3
