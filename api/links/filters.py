"""The filters of links, which the list and the export take alike."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from api.http.schemas import SearchText
from api.links.requests import Tag
from campaigns.links.queries import LinkFilters
from campaigns.links.rules import MAX_TAGS
from campaigns.links.types import CheckVerdict, LinkState


def _filters(
    campaign_id: Annotated[UUID | None, Query(description="Only links of this campaign.")] = None,
    channel_id: Annotated[UUID | None, Query(description="Only links on this channel.")] = None,
    state: Annotated[LinkState | None, Query(description="Only links in this state.")] = None,
    tag: Annotated[
        list[Tag] | None,
        Query(
            max_length=MAX_TAGS, description="Only links with this tag. Repeat the parameter to require several tags."
        ),
    ] = None,
    search: Annotated[
        SearchText | None,
        Query(
            description="Only links with this text in `name`, `slug`, `utm_content` or `destination`. Upper and lower "
            "case are the same."
        ),
    ] = None,
    check: Annotated[
        CheckVerdict | None,
        Query(
            description="Only links with a destination that has this verdict. `ok`: only links without a worse verdict."
        ),
    ] = None,
) -> LinkFilters:
    return LinkFilters(
        campaign_id=campaign_id, channel_id=channel_id, state=state, tags=tag or (), search=search, check=check
    )


Filters = Annotated[LinkFilters, Depends(_filters)]
