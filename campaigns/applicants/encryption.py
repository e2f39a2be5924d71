"""The person's data key, and what is sealed under it; pure functions over bytes.

Each applicant has a random key, wrapped under the deployment's wrapping key. Every sealed value is bound to the row it
stands in, so that values swapped between rows do not open. Once the wrapped key is deleted, nothing here opens again.
"""

import json
from uuid import UUID

from campaigns.applicants.types import Answers, ConsentGiven
from campaigns.kit.encryption.cipher import DecryptionError, KeyRing, blind_index, new_key, seal, unseal


def email_index(keys: KeyRing, identity: str) -> bytes:
    """What a person is found by: the keyed digest of `rules.identity_of` the e-mail address."""
    return blind_index(keys.index, "applicants.email", identity)


def phone_index(keys: KeyRing, phone: str) -> bytes:
    return blind_index(keys.index, "applications.phone", phone)


def new_person_key(keys: KeyRing, applicant_id: UUID) -> tuple[bytes, bytes]:
    """A fresh data key, and the same wrapped for storage."""
    data_key = new_key()
    return data_key, seal(keys.wrapping, data_key, place=f"applicant_keys.wrapped_key/{applicant_id}")


def open_person_key(keys: KeyRing, applicant_id: UUID, wrapped: bytes) -> bytes:
    """The data key that `new_person_key` wrapped for this applicant; raises CannotOpen."""
    return unseal(keys.wrapping, wrapped, place=f"applicant_keys.wrapped_key/{applicant_id}")


def person_key_or_none(keys: KeyRing, applicant_id: UUID, wrapped: bytes | None) -> bytes | None:
    """The data key for reading; null once it was deleted, or when it does not open."""
    try:
        return open_person_key(keys, applicant_id, wrapped) if wrapped is not None else None
    except DecryptionError:
        return None


def seal_answers(data_key: bytes, application_id: UUID, answers: Answers) -> dict[str, bytes]:
    """The sealed columns of an application."""
    values = {
        "name": answers.name,
        "email": answers.email,
        "phone": answers.phone,
        "birth_date": answers.birth_date.isoformat(),
    }
    return {
        f"{column}_sealed": seal(data_key, value.encode(), place=_place(column, application_id))
        for column, value in values.items()
    }


def open_answer(data_key: bytes | None, application_id: UUID, column: str, sealed: bytes) -> str | None:
    """The value of an application's sealed column (named without `_sealed`); null if it does not open."""
    return _opened(data_key, sealed, place=_place(column, application_id))


def seal_reason(data_key: bytes, change_id: UUID, reason: str) -> bytes:
    return seal(data_key, reason.encode(), place=_reason_place(change_id))


def open_reason(data_key: bytes | None, change_id: UUID, sealed: bytes) -> str | None:
    """The reason of a stage change; null if it does not open."""
    return _opened(data_key, sealed, place=_reason_place(change_id))


def seal_repeat(data_key: bytes, repeat_id: UUID, answers: Answers, consent: ConsentGiven) -> bytes:
    """What was typed in a repeated application, as JSON."""
    typed = {
        "name": answers.name,
        "email": answers.email,
        "phone": answers.phone,
        "birth_date": answers.birth_date.isoformat(),
        "province": answers.province,
        "consent": {"notice_version": consent.notice_version, "accepted_at": consent.accepted_at.isoformat()},
    }
    return seal(data_key, json.dumps(typed).encode(), place=f"repeated_applications.answers/{repeat_id}")


def open_repeat(data_key: bytes | None, repeat_id: UUID, sealed: bytes) -> dict[str, str]:
    """What was typed in a repeated application, by field; empty once the person was erased."""
    opened = _opened(data_key, sealed, place=f"repeated_applications.answers/{repeat_id}")
    typed: dict[str, str] = json.loads(opened) if opened is not None else {}
    return typed


def _opened(data_key: bytes | None, sealed: bytes, *, place: str) -> str | None:
    # A value does not open when the person was erased (no key, or a key from after the erasure) or when it was
    # tampered with: either way there is nothing to show, and no reason to refuse the rest of a list.
    if data_key is None:
        return None
    try:
        return unseal(data_key, sealed, place=place).decode()
    except DecryptionError:
        return None


def _place(column: str, application_id: UUID) -> str:
    return f"applications.{column}/{application_id}"


def _reason_place(change_id: UUID) -> str:
    return f"stage_changes.reason/{change_id}"
