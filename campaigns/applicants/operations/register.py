"""Registering a candidate: one transaction from the form to an application with touches, consent and a conversion.

A person who registers again with the unit for an intake gets a receipt of the same shape, so that nobody learns who is
registered; what was typed is stored as a repeat of the first application.
"""

import hmac
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.blind_indexes import blind_indexes
from campaigns.applicants.operations.find_person import find_or_create_person
from campaigns.applicants.operations.propose_duplicates import lock_alike
from campaigns.applicants.operations.store_registration import (
    Registration,
    id_of_application,
    store_registration,
)
from campaigns.applicants.queries.public import read_public_campaign
from campaigns.applicants.receipts import decode_receipt, encode_receipt, encode_request, new_receipt, token_digest
from campaigns.applicants.rules import read_answers, require_open
from campaigns.applicants.types import Answers, PublicCampaign, Receipt, RegistrationForm
from campaigns.attribution.operations import verify_touches
from campaigns.attribution.types import ConversionContext, Credit
from campaigns.kit.encryption.cipher import KeyRing, blind_index
from campaigns.kit.idempotency import begin_once, finish_once


async def register_candidate(
    session: AsyncSession,
    *,
    keys: KeyRing,
    slug: str,
    idempotency_key: str,
    form: RegistrationForm,
    timezone: ZoneInfo,
    now: datetime,
) -> Receipt:
    """Register a candidate through a campaign; the same request with the same key gets the first receipt again.

    Ages are counted by the day in `timezone`. Raises NotFound, Conflict (`registration-closed`,
    `registration-not-open`), Invalid with every field at fault, or Invalid (`idempotency-key-reused`).
    """
    campaign = await read_public_campaign(session, slug=slug, now=now)
    caller = _caller(keys, campaign.campaign_id, form)
    # A key is a text of the sender's choice, and some choose an address.
    key = blind_index(keys.index, "idempotency-key", idempotency_key).hex()
    request = encode_request(form)
    response = await begin_once(session, keys=keys, caller=caller, key=key, request=request, now=now)
    if response is not None:
        return decode_receipt(response)
    require_open(campaign.registration)
    today = now.astimezone(timezone).date()
    answers = read_answers(form, notice_version=campaign.notice_version, today=today)
    receipt = new_receipt(campaign.slug, now)
    registration = await _prepare(session, keys, campaign, form, answers, receipt)
    await store_registration(session, registration, now=now)
    response = encode_receipt(receipt)
    await finish_once(session, keys=keys, caller=caller, key=key, response=response)
    return receipt


def _caller(keys: KeyRing, campaign_id: UUID, form: RegistrationForm) -> str:
    """Under which name the `Idempotency-Key`s of this candidate are kept.

    Candidates have no account: whoever types the same e-mail address is the same caller, so that nobody can use up the
    keys of others.
    """
    typed = str(form.typed.get("email", "")).strip().casefold().encode("utf-8", "replace")
    return f"public:{campaign_id}:{hmac.digest(keys.index, typed, 'sha256').hex()[:32]}"


async def _prepare(
    session: AsyncSession,
    keys: KeyRing,
    campaign: PublicCampaign,
    form: RegistrationForm,
    answers: Answers,
    receipt: Receipt,
) -> Registration:
    """Find or create the person, and judge the touches."""
    indexes = blind_indexes(keys, answers)
    await lock_alike(session, indexes)
    applicant_id, vault = await find_or_create_person(session, keys, answers, now=receipt.registered_at)
    touches, credit = await verify_touches(
        session,
        click_key=keys.click_token,
        tokens=form.touches,
        applicant_id=applicant_id,
        now=receipt.registered_at,
    )
    return Registration(
        applicant_id=applicant_id,
        vault=vault,
        answers=answers,
        indexes=indexes,
        consent=form.consent,
        touches=touches,
        context=_conversion_context(campaign, credit, receipt.registered_at),
        campaign_slug=campaign.slug,
        reference=receipt.reference,
        status_token_digest=token_digest(receipt.status_token),
        registered_at=receipt.registered_at,
    )


def _conversion_context(campaign: PublicCampaign, credit: Credit | None, now: datetime) -> ConversionContext:
    return ConversionContext(
        application_id=id_of_application(now),
        unit_id=campaign.unit_id,
        intake_id=campaign.intake_id,
        campaign_id=campaign.campaign_id,
        link_id=credit.link_id if credit else None,
        source=credit.source if credit else None,
        medium=credit.medium if credit else None,
    )
