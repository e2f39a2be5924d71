"""Reads the checks of links' destinations, as the API shows them with a link."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.links.models import DestinationCheck
from campaigns.links.types import CheckVerdict

# From most to least urgent for a marketer.
_GRAVEST_FIRST = (
    CheckVerdict.REFUSED,
    CheckVerdict.HOST_NOT_ALLOWED,
    CheckVerdict.UNREACHABLE,
    CheckVerdict.BROKEN,
    CheckVerdict.PARAMETERS_LOST,
    CheckVerdict.OK,
)


async def read_checks(session: AsyncSession, link_ids: Sequence[UUID]) -> dict[UUID, list[DestinationCheck]]:
    """The checks of each link ordered by place, pending ones included; none for a retired link."""
    statement = (
        select(DestinationCheck)
        .where(col(DestinationCheck.link_id).in_(link_ids))
        .order_by(col(DestinationCheck.place))
        .execution_options(populate_existing=True)
    )
    checks: dict[UUID, list[DestinationCheck]] = {link_id: [] for link_id in link_ids}
    for check in (await session.exec(statement)).all():
        checks[check.link_id].append(check)
    return checks


def worst_check(checks: Iterable[DestinationCheck]) -> DestinationCheck | None:
    """The check with the most urgent verdict, the first place if several are equal; None before any check ran."""
    judged = [check for check in checks if check.verdict is not None]
    return min(judged, key=lambda check: _GRAVEST_FIRST.index(check.verdict), default=None)
