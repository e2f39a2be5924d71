"""The counted tables, with the joins that their dimensions need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, SQLColumnExpression, and_, inspect
from sqlmodel import SQLModel, col

from campaigns.applicants.models import Application
from campaigns.attribution.models import Conversion, Touch
from campaigns.clicks.models import Agent, Click
from campaigns.links.models import Link
from campaigns.planning.models import Campaign
from campaigns.statistics.types import FactName


@dataclass(frozen=True, slots=True)
class Fact:
    """A counted table with its joins, the time of each row (`at`), and the unit it is counted for (`unit_id`)."""

    origin: FromClause
    at: SQLColumnExpression[datetime]
    unit_id: SQLColumnExpression[UUID]


def _table(model: type[SQLModel]) -> Any:
    return inspect(model).local_table


# Joins are outer joins on primary keys: they never change the number of rows, and PostgreSQL removes the joins that a
# query does not use. A click has the campaign of its link; joining by it too lets a filter on links use the primary key
# of clicks, which begins with the campaign. Agent 0 is for taps stored before user agents were: its columns are empty.
FACTS: Mapping[FactName, Fact] = {
    FactName.CLICKS: Fact(
        origin=_table(Click)
        .outerjoin(_table(Campaign), col(Campaign.id) == col(Click.campaign_id))
        .outerjoin(
            _table(Link), and_(col(Link.id) == col(Click.link_id), col(Link.campaign_id) == col(Click.campaign_id))
        )
        .outerjoin(_table(Agent), and_(col(Agent.id) == col(Click.agent_id), col(Agent.id) != 0)),
        at=col(Click.clicked_at),
        unit_id=col(Campaign.unit_id),
    ),
    FactName.CONVERSIONS: Fact(
        origin=_table(Conversion)
        .outerjoin(_table(Campaign), col(Campaign.id) == col(Conversion.campaign_id))
        .outerjoin(_table(Link), col(Link.id) == col(Conversion.link_id)),
        at=col(Conversion.occurred_at),
        unit_id=col(Conversion.unit_id),
    ),
    # Like a registration, a touch has the campaign and the time of the application; the link is the one it is about.
    FactName.TOUCHES: Fact(
        origin=_table(Touch)
        .join(_table(Application), col(Application.id) == col(Touch.application_id))
        .outerjoin(_table(Campaign), col(Campaign.id) == col(Application.campaign_id))
        .outerjoin(_table(Link), col(Link.id) == col(Touch.link_id)),
        at=col(Application.registered_at),
        unit_id=col(Application.unit_id),
    ),
}
