"""Receipts of registrations: references, status tokens, and the stored form by which a receipt is given again; pure."""

import hashlib
import json
import secrets
from datetime import datetime

from campaigns.applicants.types import Receipt, RegistrationForm
from campaigns.kit.ids import SPOKEN_ALPHABET, random_text
from campaigns.kit.text.typed import plain_spelling

REFERENCE_PREFIX = "JR"
REFERENCE_SYMBOLS = 10  # 50 random bits
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
TOKEN_BYTES = 24


def new_receipt(campaign_slug: str, now: datetime) -> Receipt:
    """A receipt with a fresh reference and status token."""
    return Receipt(new_reference(), new_status_token(), now, campaign_slug)


def new_reference() -> str:
    """A reference such as `JR-7K3M9-QXT4C`, to be read out on the telephone."""
    drawn = random_text(SPOKEN_ALPHABET, REFERENCE_SYMBOLS)
    return f"{REFERENCE_PREFIX}-{drawn[:5]}-{drawn[5:]}"


def normalize_reference(typed: str) -> str | None:
    """A reference as it is stored, from how somebody wrote it; None if it cannot be one.

    Case, spaces, invisible characters and dashes of any kind do not matter, and letters that look like digits are read
    as those (Crockford's base 32).
    """
    symbols = plain_spelling(typed).upper().translate(_LOOKALIKES)
    drawn = symbols.removeprefix(REFERENCE_PREFIX)
    if symbols == drawn or len(drawn) != REFERENCE_SYMBOLS or not set(drawn) <= set(SPOKEN_ALPHABET):
        return None
    return f"{REFERENCE_PREFIX}-{drawn[:5]}-{drawn[5:]}"


def new_status_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """The SHA-256 a status token is stored as; enough for 192 random bits (OWASP ASVS 5.0, 11.4)."""
    return hashlib.sha256(token.encode()).digest()


def encode_request(form: RegistrationForm) -> bytes:
    """What two requests must have in common to be the same one, however their JSON was laid out."""
    accepted_at = form.consent.accepted_at
    parts = {
        "typed": dict(form.typed),
        "consent": [form.consent.notice_version, accepted_at.isoformat() if accepted_at else None],
        "touches": list(form.touches),
    }
    return json.dumps(parts, sort_keys=True).encode()


def encode_receipt(receipt: Receipt) -> bytes:
    """The receipt as JSON, to be stored for a repeated request."""
    parts = {
        "reference": receipt.reference,
        "status_token": receipt.status_token,
        "registered_at": receipt.registered_at.isoformat(),
        "campaign": receipt.campaign,
    }
    return json.dumps(parts).encode()


def decode_receipt(stored: bytes) -> Receipt:
    """The receipt that `encode_receipt` stored, also that of release 0.1.0, which had another name for its time."""
    parts = json.loads(stored)
    registered_at = parts.pop("submitted_at", None) or parts.pop("registered_at")
    return Receipt(**parts, registered_at=datetime.fromisoformat(registered_at))
