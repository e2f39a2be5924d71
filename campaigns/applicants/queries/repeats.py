"""Further registrations of a person, as the recruiters of the unit see them that she registered with.

Release 0.1 also stored what was typed in another unit's campaign with the first application; that is shown to nobody
until the server has made an application of it (`operations.index_stored`).
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.encryption import PersonReader
from campaigns.applicants.models import Application, RepeatedApplication
from campaigns.applicants.types import RepeatView
from campaigns.kit.database.rows import fetch_rows
from campaigns.planning.models import Campaign

# The campaign of the repeat; a list joins that of the application too.
_THROUGH = aliased(Campaign)
_OF_ITS_UNIT = (
    col(RepeatedApplication.application_id) == Application.id,
    col(_THROUGH.id) == RepeatedApplication.campaign_id,
    col(_THROUGH.unit_id) == Application.unit_id,
)


def repeat_count() -> ScalarSelect[int]:
    """How many repeats of an application of the enclosing select are stored."""
    counted = select(func.count()).select_from(RepeatedApplication).where(*_OF_ITS_UNIT)
    return counted.correlate(Application).scalar_subquery()


def has_repeats() -> ColumnElement[bool]:
    """Whether an application of the enclosing select has repeats."""
    return exists().where(*_OF_ITS_UNIT).correlate(Application)


async def stored_repeats(session: AsyncSession, application_id: UUID) -> list[tuple[UUID, datetime]]:
    """Id and time of the repeats of an application that are stored, oldest first."""
    statement: Select[UUID, datetime] = (
        select(col(RepeatedApplication.id), col(RepeatedApplication.registered_at))
        .join(Application, col(Application.id) == RepeatedApplication.application_id)
        .where(col(RepeatedApplication.application_id) == application_id, *_OF_ITS_UNIT)
        .order_by(col(RepeatedApplication.id))
    )
    return [(repeat_id, registered_at) for repeat_id, registered_at in await fetch_rows(session, statement)]


async def read_repeats(session: AsyncSession, application_id: UUID, reader: PersonReader) -> list[RepeatView]:
    """What was typed in the person's further registrations, oldest first; recruiters judge what of it is right."""
    statement: Select[RepeatedApplication, str] = (
        select(RepeatedApplication, col(_THROUGH.slug))
        .join(Application, col(Application.id) == RepeatedApplication.application_id)
        .where(col(RepeatedApplication.application_id) == application_id, *_OF_ITS_UNIT)
        .order_by(col(RepeatedApplication.id))
    )
    return [_repeat_view(repeat, slug, reader) for repeat, slug in await fetch_rows(session, statement)]


def _repeat_view(repeat: RepeatedApplication, campaign_slug: str, reader: PersonReader) -> RepeatView:
    typed = reader.decrypt_repeat(repeat.id, repeat.answers_sealed)
    birth_date = typed.get("birth_date")
    return RepeatView(
        registered_at=repeat.registered_at,
        campaign_slug=campaign_slug,
        name=typed.get("name"),
        email=typed.get("email"),
        phone=typed.get("phone"),
        birth_date=date.fromisoformat(birth_date) if birth_date is not None else None,
        province=typed.get("province"),
    )
