"""Public routes, used by candidates and their front ends without an API key."""

from typing import Annotated, Any

from fastapi import Header, Path, Response, Security
from fastapi.security import APIKeyHeader

from api.fields import Slug
from api.http.conditional import with_content_etag
from api.http.context import CurrentContext, Now
from api.http.contract.once import REPLAYED
from api.http.contract.router import ContractRouter
from api.http.problems import invalid_parameter, refuses
from api.http.schemas import IdempotencyKey
from api.http.sessions import ReadSession, UnitOfWork
from api.public.minimum_duration import MinimumDuration
from api.public.requests import RegistrationCreate
from api.public.responses import FormFieldOut, NoticeOut, PublicCampaignOut, ReceiptOut, StatusOut
from campaigns.applicants.operations.register import register_candidate
from campaigns.applicants.queries.public import read_public_campaign, read_status
from campaigns.applicants.rules import FORM
from campaigns.applicants.types import ConsentGiven, RegistrationForm
from campaigns.kit.errors import Conflict
from campaigns.kit.idempotency import was_replayed

router = ContractRouter(prefix="/v1/public", tags=["public"])

status_token: Any = Security(
    APIKeyHeader(
        name="Status-Token",
        scheme_name="status_token",
        auto_error=False,
        description="The `status_token` of the receipt of the registration.",
    )
)

FormKey = Annotated[
    IdempotencyKey,
    Header(
        description="A unique key for each completed form, such as a UUID. Repeating the request with the same key is "
        "safe.",
    ),
]


@router.get("/campaigns/{slug}", name="campaign")
async def campaign(slug: Slug, session: ReadSession, now: Now, response: Response) -> PublicCampaignOut:
    """Get the public data of a campaign with its registration form."""
    found = await read_public_campaign(session, slug=slug, now=now)
    shown = PublicCampaignOut(
        name=found.name,
        slug=found.slug,
        unit_name=found.unit_name,
        programme_name=found.programme_name,
        intake_name=found.intake_name,
        registration=found.registration,
        opens_at=found.opens_at,
        closes_at=found.closes_at,
        notice=NoticeOut(version=found.notice_version, url=found.notice_url),
        fields=[FormFieldOut.model_validate(field) for field in FORM],
    )
    return with_content_etag(response, shown)


@router.post(
    "/campaigns/{slug}/applications",
    name="register",
    status_code=201,
    dependencies=[MinimumDuration],
    responses=refuses(Conflict),
)
async def register(
    slug: Slug,
    body: RegistrationCreate,
    idempotency_key: FormKey,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    response: Response,
) -> ReceiptOut:
    """Register a candidate. A person who registers again for the same intake gets a receipt with the same fields."""
    receipt = await register_candidate(
        session,
        keys=context.keys,
        slug=slug,
        idempotency_key=idempotency_key,
        form=RegistrationForm(
            typed=body.model_dump(exclude={"consent", "touches"}),
            consent=ConsentGiven(body.consent.notice_version, body.consent.accepted_at),
            touches=body.touches,
        ),
        timezone=context.settings.zone,
        now=now,
    )
    response.headers["Cache-Control"] = "no-store"
    if was_replayed(session):
        response.headers[REPLAYED] = "true"
    return ReceiptOut.model_validate(receipt)


@router.get("/applications/{reference}", name="status")
async def status(
    reference: Annotated[str, Path(max_length=40, description="In upper or lower case, with or without hyphens.")],
    session: ReadSession,
    response: Response,
    token: str | None = status_token,
) -> StatusOut:
    """Get the status of an application. Reference and status token are on the receipt of the registration."""
    if token is None:
        raise invalid_parameter("status-token", "The header `Status-Token` is required.", "missing")
    found = await read_status(session, reference=reference, token=token)
    response.headers["Cache-Control"] = "no-store"
    return with_content_etag(response, StatusOut.model_validate(found))
