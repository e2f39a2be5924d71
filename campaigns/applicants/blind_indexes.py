"""The keyed digests by which a person and alike applications are found without being readable; pure.

Both sides of a comparison are brought to one form first (`answers/`). The kinds that the digests are made with, and
these forms, are part of what is stored: a changed one finds nobody who is there.
"""

from dataclasses import dataclass
from datetime import date

from campaigns.applicants.answers.email_address import comparable_email, email_skeleton
from campaigns.applicants.answers.name import comparable_name
from campaigns.applicants.types import Answers
from campaigns.kit.encryption.cipher import KeyRing, blind_index


@dataclass(frozen=True, slots=True, repr=False)
class BlindIndexes:
    """The digests of one registration; `identity` is the person's, the others are columns of the application."""

    identity: bytes
    email: bytes
    email_skeleton: bytes
    phone: bytes
    name_birth_date: bytes

    def columns(self) -> dict[str, bytes]:
        """By the name of the application's column."""
        return {
            "email_index": self.email,
            "email_skeleton_index": self.email_skeleton,
            "phone_index": self.phone,
            "name_birth_date_index": self.name_birth_date,
        }


def blind_indexes(keys: KeyRing, answers: Answers) -> BlindIndexes:
    """All digests of checked answers."""
    name = f"{comparable_name(answers.name)}\0{answers.birth_date.isoformat()}"
    return BlindIndexes(
        identity=identity_index(keys, answers.email, answers.birth_date),
        email=email_index(keys, comparable_email(answers.email)),
        email_skeleton=blind_index(keys.index, "applications.email-skeleton", email_skeleton(answers.email)),
        phone=phone_index(keys, answers.phone),
        name_birth_date=blind_index(keys.index, "applications.name-and-birth-date", name),
    )


def identity_index(keys: KeyRing, email: str, birth_date: date) -> bytes:
    """Who has this digest is the same person. A number of the identity card will be one more digest beside it."""
    value = f"{comparable_email(email)}\0{birth_date.isoformat()}"
    return blind_index(keys.index, "applicants.email-and-birth-date", value)


def email_index(keys: KeyRing, spelling: str) -> bytes:
    """The digest of an e-mail address in the form it is compared in."""
    return blind_index(keys.index, "applicants.email", spelling)


def first_release_index(keys: KeyRing, email: str) -> bytes:
    """The digest by which release 0.1 found a person: by the address in lower case alone."""
    return email_index(keys, email.lower())


def phone_index(keys: KeyRing, phone: str) -> bytes:
    """The digest of a telephone number in E.164 form."""
    return blind_index(keys.index, "applications.phone", phone)
