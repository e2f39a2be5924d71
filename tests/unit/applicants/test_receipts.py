"""Receipts: the form of references and status tokens, and when two requests are the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.applicants.receipts import (
    decode_receipt,
    encode_receipt,
    encode_request,
    new_receipt,
    new_reference,
    new_status_token,
    normalize_reference,
)
from campaigns.applicants.types import ConsentGiven, Receipt, RegistrationForm
from campaigns.kit.ids import SPOKEN_ALPHABET

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class TestReference:
    def test_has_at_least_45_random_bits(self) -> None:
        assert len(SPOKEN_ALPHABET) ** (len(new_reference()) - len("JR--")) >= 2**45

    def test_is_found_however_it_is_written(self) -> None:
        reference = "JR-7K3M9-QXT01"
        for typed in (
            "jr-7k3m9-qxt01",
            "JR7K3M9QXT01",
            " jr 7k3m9 qxt0l",
            "\u200ejr\u20117k3m9\u2013qxt01\u200b",
            "\uff2a\uff32\uff0d7K3M9\u00a0QXT01",
            "JR-7K3M9-QXTOI",
        ):
            assert normalize_reference(typed) == reference

    def test_reads_back_what_it_makes(self) -> None:
        made = {new_reference() for _ in range(200)}
        assert len(made) == 200
        assert {normalize_reference(reference) for reference in made} == made

    @pytest.mark.parametrize(
        "typed",
        ["", "JR", "JR-7K3M9-QXT0", "JR-7K3M9-QXT011", "XX-7K3M9-QXT01", "JR-7K3M9-QXT0U", "JR-\u0000K3M9-QXT01"],
    )
    def test_rejects_invalid_references(self, typed: str) -> None:
        assert normalize_reference(typed) is None

    @given(st.text(max_size=40))
    def test_answers_any_text(self, typed: str) -> None:
        normalized = normalize_reference(typed)
        assert normalized is None or normalize_reference(normalized) == normalized


def test_status_tokens_differ_and_hold_192_bits() -> None:
    tokens = {new_status_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {32}


def test_a_receipt_is_given_again_as_it_was() -> None:
    receipt = new_receipt("bintara-jabar", NOW + timedelta(microseconds=1))
    assert decode_receipt(encode_receipt(receipt)) == receipt


def test_a_receipt_stored_by_the_first_release_is_still_given_again() -> None:
    stored = (
        b'{"reference": "JR-7K3M9-QXT4C", "status_token": "secret", "submitted_at": "2026-11-23T01:02:03.004000+00:00",'
        b' "campaign": "bintara-2027-jabar"}'
    )
    moment = datetime(2026, 11, 23, 1, 2, 3, 4000, tzinfo=UTC)
    assert decode_receipt(stored) == Receipt("JR-7K3M9-QXT4C", "secret", moment, "bintara-2027-jabar")


class TestRequest:
    FORM = RegistrationForm({"name": "Sari", "phone": "1"}, ConsentGiven("2026-1", NOW), ["a", "b"])

    def test_the_order_of_fields_makes_no_difference(self) -> None:
        reordered = replace(self.FORM, typed={"phone": "1", "name": "Sari"})
        assert encode_request(reordered) == encode_request(self.FORM)

    @pytest.mark.parametrize(
        "other",
        [
            replace(FORM, typed={"name": "Sari", "phone": "2"}),
            replace(FORM, consent=ConsentGiven("2026-2", NOW)),
            replace(FORM, consent=ConsentGiven("2026-1", None)),
            replace(FORM, consent=ConsentGiven("2026-1", NOW + timedelta(microseconds=1))),
            replace(FORM, touches=["a"]),
            replace(FORM, touches=["b", "a"]),
        ],
    )
    def test_every_part_makes_a_difference(self, other: RegistrationForm) -> None:
        assert encode_request(other) != encode_request(self.FORM)
