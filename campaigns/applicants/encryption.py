"""Encryption of a person's data under that person's own key; pure functions over bytes.

Each applicant has a random data key, stored encrypted ("wrapped") under the deployment's wrapping key. Every value is
bound to the table, column and row it is stored in, so values swapped between rows do not decrypt. Deleting the wrapped
key erases the person: nothing encrypted under it can be read again.

- `new_vault`, `open_vault` -> `PersonVault`: encrypts and decrypts; for writes
- `open_reader` -> `PersonReader`: decrypts what can still be decrypted; for reads
"""

import json
from dataclasses import dataclass
from uuid import UUID

from campaigns.applicants.types import Answers, ConsentGiven
from campaigns.kit.encryption.cipher import DecryptionError, KeyRing, new_key, seal, unseal


@dataclass(frozen=True, slots=True, repr=False)
class PersonReader:
    """Decrypts one person's values; each is None if the person was erased or the value was tampered with."""

    data_key: bytes | None

    def decrypt_answer(self, application_id: UUID, column: str, sealed: bytes) -> str | None:
        """The value of an application's encrypted column, which is named without `_sealed`."""
        return self._decrypt(sealed, place=_answer_place(application_id, column))

    def decrypt_reason(self, change_id: UUID, sealed: bytes) -> str | None:
        """The reason of a stage change."""
        return self._decrypt(sealed, place=_reason_place(change_id))

    def decrypt_repeat(self, repeat_id: UUID, sealed: bytes) -> dict[str, str]:
        """What was typed in a repeated application, by field; empty where the other values would be None."""
        decrypted = self._decrypt(sealed, place=_repeat_place(repeat_id))
        typed: dict[str, str] = json.loads(decrypted) if decrypted is not None else {}
        return typed

    def _decrypt(self, sealed: bytes, *, place: str) -> str | None:
        # One value that cannot be decrypted must not make the rest of a list unreadable.
        if self.data_key is None:
            return None
        try:
            return unseal(self.data_key, sealed, place=place).decode()
        except DecryptionError:
            return None


@dataclass(frozen=True, slots=True, repr=False)
class PersonVault(PersonReader):
    """Encrypts and decrypts one person's values; `wrapped_key` is the data key as it is stored."""

    data_key: bytes
    wrapped_key: bytes

    def encrypt_answers(self, application_id: UUID, answers: Answers) -> dict[str, bytes]:
        """The encrypted columns of an application, by column name."""
        return {
            f"{column}_sealed": self._encrypt(value, place=_answer_place(application_id, column))
            for column, value in _personal_values(answers).items()
        }

    def encrypt_reason(self, change_id: UUID, reason: str) -> bytes:
        """The reason of a stage change."""
        return self._encrypt(reason, place=_reason_place(change_id))

    def encrypt_repeat(self, repeat_id: UUID, answers: Answers, consent: ConsentGiven) -> bytes:
        """What was typed in a repeated application, as JSON."""
        typed = {
            **_personal_values(answers),
            "province": answers.province,
            "consent": {
                "notice_version": consent.notice_version,
                "accepted_at": consent.accepted_at.isoformat() if consent.accepted_at else None,
            },
        }
        return self._encrypt(json.dumps(typed), place=_repeat_place(repeat_id))

    def _encrypt(self, value: str, *, place: str) -> bytes:
        return seal(self.data_key, value.encode(), place=place)


def new_vault(keys: KeyRing, applicant_id: UUID) -> PersonVault:
    """A vault with a fresh data key, for a person who has none."""
    data_key = new_key()
    return PersonVault(data_key, seal(keys.wrapping, data_key, place=_key_place(applicant_id)))


def open_vault(keys: KeyRing, applicant_id: UUID, wrapped_key: bytes) -> PersonVault:
    """The vault of a stored key; raises DecryptionError unless it was wrapped for this applicant."""
    return PersonVault(unseal(keys.wrapping, wrapped_key, place=_key_place(applicant_id)), wrapped_key)


def open_reader(keys: KeyRing, applicant_id: UUID, wrapped_key: bytes | None) -> PersonReader:
    """A reader of the person's values; reads nothing once the key was deleted, or if it does not decrypt."""
    try:
        return PersonReader(None) if wrapped_key is None else open_vault(keys, applicant_id, wrapped_key)
    except DecryptionError:
        return PersonReader(None)


def _personal_values(answers: Answers) -> dict[str, str]:
    return {
        "name": answers.name,
        "email": answers.email,
        "phone": answers.phone,
        "birth_date": answers.birth_date.isoformat(),
    }


# The places are authenticated with every stored value: changing one makes what is stored unreadable.
def _key_place(applicant_id: UUID) -> str:
    return f"applicant_keys.wrapped_key/{applicant_id}"


def _answer_place(application_id: UUID, column: str) -> str:
    return f"applications.{column}/{application_id}"


def _reason_place(change_id: UUID) -> str:
    return f"stage_changes.reason/{change_id}"


def _repeat_place(repeat_id: UUID) -> str:
    return f"repeated_applications.answers/{repeat_id}"
