"""Values that version 0.1 stored still open, and its indexes still match: none of these bytes may ever change.

A failure here means that an upgrade would lose people: their data would not open, or they would not be found.
All values were made once, with the invented master key `bytes(range(32))`.
"""

import base64
from datetime import date
from uuid import UUID

from campaigns.applicants.answers.email_address import comparable_email
from campaigns.applicants.blind_indexes import (
    blind_indexes,
    email_index,
    first_release_index,
    identity_index,
    phone_index,
)
from campaigns.applicants.encryption import open_vault
from campaigns.applicants.receipts import token_digest
from campaigns.applicants.types import Answers
from campaigns.kit.encryption.cipher import derive_keys

KEYS = derive_keys(base64.b64encode(bytes(range(32))).decode())
APPLICANT_ID = UUID("01900000-0000-7000-8000-000000000001")
APPLICATION_ID = UUID("01900000-0000-7000-8000-000000000002")
CHANGE_ID = UUID("01900000-0000-7000-8000-000000000003")
REPEAT_ID = UUID("01900000-0000-7000-8000-000000000004")
WRAPPED_KEY = bytes.fromhex(
    "01a57f7dc761ae5fe8e11bd8416ebf0b008e16fa6d0d0806030b8d9ef69d5a559b6618347046d37815d32bdd1a178fa101e1"
    "18e0cf8a8465bd1356be99"
)
SEALED_ANSWERS = {
    "name": bytes.fromhex("0187c3b89c0134d95faec96e8fdb19b6ee9caffcd4f3c52886963b572f80e6531ed8bc1b9358f210"),
    "email": bytes.fromhex(
        "012c606ad8a52a540572131559561f593bcaed8557c407e1d649adb0ab88b8c1dbdf0f2616e02f165c06eccc876ee28264297b52"
    ),
    "phone": bytes.fromhex("01642b4dd42023ad09ee8bde1741a1bf264da58e2dd28087ee207ae39e1022162c88147a98f43bd937ab7c"),
    "birth_date": bytes.fromhex("01548dde054f554b87fb2ea13f67ce80028b9c7cd4ae32989ca3dd065951b270d289a4f943319c"),
}
SEALED_REASON = bytes.fromhex("01942cd549f78eb9e3cae42cf871b8e43d875a8b0260739392a85f87a9675fa9358b70220a1b64f0393d44")
SEALED_REPEAT = bytes.fromhex(
    "011a495156221ad85c9688458914afe6d632c0f77258c7c72db2efca56fa50c4eae0634741927add1732de2c99e980b12fda"
    "630a0407b9f7f84bca04bed8cc1c6012b868fcea163fac4c4e83a9a2dc671e6c2c7b9c3d5ffb30e1787f3648b1b6f6465357"
    "6c555334da5250711a6fd7d2d30bd04b5fc2da5de68312ffbfd18bbae3660ac0317a61c8614a226e7594558fefb194a66d76"
    "ea80eae6ff9394bca1219e49a50596303ab655c926f34e3f41ae171f48b8132c240c11fc9ddcad21c09873b57cb4a6bee641"
    "412068ce8d33164cc5066213878d4c7c19ba61634acb6dc0e93de00a098ca6b928953d61a763ce3565a8d25a0699a06c0a"
)


def test_answers_reason_and_repeat_open() -> None:
    vault = open_vault(KEYS, APPLICANT_ID, WRAPPED_KEY)
    opened = {column: vault.decrypt_answer(APPLICATION_ID, column, sealed) for column, sealed in SEALED_ANSWERS.items()}
    assert opened == {
        "name": "Sari Contoh",
        "email": "Sari.Contoh@example.com",
        "phone": "+6281234567890",
        "birth_date": date(2006, 2, 28).isoformat(),
    }
    assert vault.decrypt_reason(CHANGE_ID, SEALED_REASON) == "Documents\nseen"
    assert vault.decrypt_repeat(REPEAT_ID, SEALED_REPEAT) == {
        **opened,
        "province": "ID-JB",
        "consent": {"notice_version": "2026-1", "accepted_at": "2026-11-23T02:12:00+00:00"},
    }


def test_indexes_are_the_same() -> None:
    email = email_index(KEYS, comparable_email("Sari.Contoh@EXAMPLE.com"))
    assert email.hex() == "6af2eee3a1fc67304f7f0b94ff26911a36680d5ed4edbd317addd66e06d1e0c8"
    assert first_release_index(KEYS, "Sari.Contoh@EXAMPLE.com") == email
    phone = phone_index(KEYS, "+6281234567890")
    assert phone.hex() == "f13d3fd44080981eac8cfdf9fda34f88fca016f4b451366efec1b6adcea6d192"


def test_indexes_of_a_person_and_of_what_resembles_are_the_same() -> None:
    """Made with the release after 0.1, from other spellings of the same answers."""
    answers = Answers("contoh, SARI", "SARI.contoh+x@Example.com", "+6281234567890", date(2006, 2, 28), "ID-JB")
    found = blind_indexes(KEYS, answers)
    assert {
        "identity": identity_index(KEYS, "sari.contoh@example.com", date(2006, 2, 28)).hex(),
        "email_skeleton": found.email_skeleton.hex(),
        "name_birth_date": found.name_birth_date.hex(),
    } == {
        "identity": "571a440de17aa4b541e79ba8bb11701ddd3965f4186871a78127cf8b295e275e",
        "email_skeleton": "f0e2289637d8abec1110a0ddcc9a9738ca2f306944f9b0caf4f39359b7969652",
        "name_birth_date": "509f3dbc5084388d7a5897648cd2587879120e722c271f50e933a9e85f5d32ee",
    }
    assert found.email == email_index(KEYS, "sari.contoh+x@example.com")
    assert found.phone == phone_index(KEYS, "+6281234567890")


def test_the_digest_of_a_status_token_is_the_same() -> None:
    digest = token_digest("vZ6xq0mC8bq9Tn2pYd4sWf1uKj7hRe3a")
    assert digest.hex() == "8e7e4fae76427ce7b7bba2d1e4433cda6327997ebbfd71b0e54e9ba533188f63"
