"""The registration form's rules: what is accepted, and how it is stored."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.applicants.provinces import PROVINCES
from campaigns.applicants.rules import (
    CLOCK_SKEW,
    FORM,
    MAX_AGE,
    MIN_AGE,
    age_on,
    identity_of,
    read_answers,
    require_open,
)
from campaigns.applicants.types import Answers, ConsentGiven, RegistrationForm
from campaigns.kit.errors import Conflict, FieldError, Invalid
from campaigns.planning.types import RegistrationState

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
GOOD = {
    "name": "Sari Contoh",
    "email": "sari@example.com",
    "phone": "081234567890",
    "birth_date": "2006-02-28",
    "province": "ID-JB",
}


def read(notice: str = "1", accepted_at: datetime = NOW, **changed: str) -> Answers:
    form = RegistrationForm({**GOOD, **changed}, ConsentGiven(notice, accepted_at))
    return read_answers(form, notice_version="1", today=TODAY, now=NOW)


def refusals(**changed: Any) -> list[FieldError]:
    with pytest.raises(Invalid) as refused:
        read(**changed)
    return list(refused.value.fields)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (RegistrationState.NOT_YET_OPEN, "registration-not-open"),
        (RegistrationState.CLOSED, "registration-closed"),
        (RegistrationState.OPEN, None),
    ],
)
def test_nobody_registers_before_or_after(state: RegistrationState, code: str | None) -> None:
    if code is None:
        require_open(state)
        return
    with pytest.raises(Conflict) as refused:
        require_open(state)
    assert refused.value.code == code


def test_every_field_of_the_form_is_read() -> None:
    assert {field.key for field in FORM} == set(GOOD) == set(Answers.__dataclass_fields__)


class TestName:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Sari Contoh ", "Sari Contoh"),
            ("I\u00a0Made", "I Made"),
            ("Ny", "Ny"),
            ("Jose\u0301", "José"),
            ("D'Costa-Wira, S.H.", "D'Costa-Wira, S.H."),
            ("Ä" * 200, "Ä" * 200),
        ],
    )
    def test_keeps_names_as_people_write_them(self, typed: str, kept: str) -> None:
        assert read(name=typed).name == kept

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("", "missing"),
            (" \u00a0 ", "missing"),
            ("X", "too-short"),
            ("x" * 201, "too-long"),
            ("Sa\u0000ri", "unsafe-characters"),
            ("Sari\nContoh", "unsafe-characters"),
            ("Sari\u202eContoh", "unsafe-characters"),
        ],
    )
    def test_refuses(self, typed: str, code: str) -> None:
        assert [(error.path, error.code) for error in refusals(name=typed)] == [(("name",), code)]


class TestEmail:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            (" Sari@Example.COM ", "Sari@example.com"),
            ("sari+polri@example.co.id", "sari+polri@example.co.id"),
            ("sari@xn--mnchen-3ya.de", "sari@münchen.de"),
        ],
    )
    def test_normalises(self, typed: str, kept: str) -> None:
        assert read(email=typed).email == kept

    def test_two_spellings_are_one_person(self) -> None:
        spellings = ("Sari@Example.com", "sari@example.COM", "SARI@EXAMPLE.COM")
        assert len({identity_of(read(email=spelling).email) for spelling in spellings}) == 1

    @pytest.mark.parametrize(
        "typed", ["sari", "sari@", "@example.com", "sari@localhost", "a b@example.com", "Sari <sari@example.com>"]
    )
    def test_refuses(self, typed: str) -> None:
        assert [(error.path, error.code) for error in refusals(email=typed)] == [(("email",), "not-an-email")]


class TestPhone:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("081234567890", "+6281234567890"),
            ("0812-3456-7890", "+6281234567890"),
            ("6281234567890", "+6281234567890"),
            ("62 812 3456 7890", "+6281234567890"),
            ("+62 812-3456-7890", "+6281234567890"),
            ("+62 (0)812 3456 7890", "+6281234567890"),
            ("81234567890", "+6281234567890"),
            ("(021) 555.1234", "+62215551234"),
            ("+65 8123 4567", "+6581234567"),
            ("+1 202 555 0123", "+12025550123"),
        ],
    )
    def test_writes_every_form_alike(self, typed: str, kept: str) -> None:
        assert read(phone=typed).phone == kept

    @pytest.mark.parametrize(
        "typed",
        ["12", "0812", "62", "+", "0812-CALL-NOW", "081234567890;ext=3", "tel:081234567890", "+999 1234567", "----"],
    )
    def test_refuses(self, typed: str) -> None:
        assert [(error.path, error.code) for error in refusals(phone=typed)] == [(("phone",), "not-a-phone-number")]

    @given(st.text(max_size=40))
    def test_answers_any_text_with_a_number_or_a_refusal(self, typed: str) -> None:
        try:
            kept = read(phone=typed).phone
        except Invalid as refused:
            kept = ""
            paths = [error.path for error in refused.fields]
        assert kept.startswith("+") or paths == [("phone",)]


class TestBirthDate:
    @pytest.mark.parametrize("typed", ["2012-11-23", "1925-11-24", "2008-02-29"])
    def test_accepts_ages_up_to_both_limits(self, typed: str) -> None:
        assert read(birth_date=typed).birth_date == date.fromisoformat(typed)

    @pytest.mark.parametrize("typed", ["2012-11-24", "1925-11-23", "2030-01-01", "0001-01-01", "9999-12-31"])
    def test_refuses_other_ages(self, typed: str) -> None:
        expected = [(("birth_date",), "age-out-of-range")]
        assert [(error.path, error.code) for error in refusals(birth_date=typed)] == expected

    @pytest.mark.parametrize(
        "typed", ["2007-02-29", "20060228", "2006-W09-2", "28-02-2006", "2006-2-8", "٢٠٠٦-٠٢-٢٨", "2006-02-28T00:00"]
    )
    def test_refuses_what_is_no_date(self, typed: str) -> None:
        assert [(error.path, error.code) for error in refusals(birth_date=typed)] == [(("birth_date",), "not-a-date")]

    def test_counts_completed_years(self) -> None:
        born = date(2008, 2, 29)
        assert [age_on(born, day) for day in (date(2022, 2, 28), date(2022, 3, 1))] == [13, 14]
        assert (MIN_AGE, MAX_AGE) == (14, 100)


class TestProvince:
    def test_knows_the_38_provinces(self) -> None:
        assert len(PROVINCES) == len(set(PROVINCES.values())) == 38
        assert {"ID-PD", "ID-PE", "ID-PS", "ID-PT"} <= set(PROVINCES)

    @pytest.mark.parametrize("typed", ["JB", "id-jb", "ID-XX", "Jawa Barat"])
    def test_refuses(self, typed: str) -> None:
        expected = [(("province",), "unknown-choice")]
        assert [(error.path, error.code) for error in refusals(province=typed)] == expected


class TestConsent:
    def test_allows_for_a_phone_that_is_fast(self) -> None:
        read(accepted_at=NOW + CLOCK_SKEW)

    def test_refuses_the_future(self) -> None:
        with pytest.raises(Invalid) as refused:
            read(accepted_at=NOW + CLOCK_SKEW + timedelta(seconds=1))
        assert [error.path for error in refused.value.fields] == [("consent", "accepted_at")]

    def test_refuses_an_old_notice(self) -> None:
        with pytest.raises(Invalid) as refused:
            read(notice="0")
        assert [error.code for error in refused.value.fields] == ["outdated-notice"]


def test_reports_every_invalid_field_once() -> None:
    typed = {"name": "\u0007bell", "email": "canary", "phone": "12", "birth_date": "2026-01-01", "province": "Mars"}
    with pytest.raises(Invalid) as refused:
        read(notice="0", accepted_at=NOW + timedelta(days=1), **typed)
    assert [error.path for error in refused.value.fields] == [
        ("name",),
        ("email",),
        ("phone",),
        ("birth_date",),
        ("province",),
        ("consent", "notice_version"),
        ("consent", "accepted_at"),
    ]
    told = " ".join(error.detail for error in refused.value.fields)
    assert not any(value in told for value in typed.values())
