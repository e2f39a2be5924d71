"""The tables that are counted, joined to what their rows can be broken down by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, SQLColumnExpression, and_, inspect
from sqlmodel import SQLModel, col

from campaigns.attribution.models import Conversion
from campaigns.clicks.models import Agent, Click
from campaigns.links.models import Link
from campaigns.planning.models import Campaign
from campaigns.statistics.types import FactName


@dataclass(frozen=True, slots=True)
class Fact:
    """One table with its joins: when each row happened, and the unit it is counted for."""

    origin: FromClause
    at: SQLColumnExpression[datetime]
    unit_id: SQLColumnExpression[UUID]


def _table(model: type[SQLModel]) -> Any:
    return inspect(model).local_table


# Joins are outer joins on primary keys: they never change the number of rows, and PostgreSQL leaves out those from
# which a query takes nothing. A click names its link's campaign; saying so lets a filter on links use the key of
# clicks, which begins with the campaign. Agent 0 stands for taps from before agents were kept: nothing is known of it.
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
}
