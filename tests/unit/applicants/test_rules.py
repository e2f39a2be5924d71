"""The registration form's rules: what is accepted, and how it is stored."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from campaigns.applicants.provinces import PROVINCES
from campaigns.applicants.rules import (
    CLOCK_TOLERANCE,
    FORM,
    LONGEST_TYPED,
    MAX_AGE,
    MIN_AGE,
    age_on,
    clock_of,
    read_answers,
    require_open,
)
from campaigns.applicants.types import Answers, ConsentClock, ConsentGiven, RegistrationForm
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


def read(notice: str = "1", **changed: str) -> Answers:
    form = RegistrationForm({**GOOD, **changed}, ConsentGiven(notice, NOW))
    return read_answers(form, notice_version="1", today=TODAY)


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


class TestBirthDate:
    @pytest.mark.parametrize("typed", ["2012-11-23", "1925-11-24", "2008-02-29"])
    def test_accepts_ages_up_to_both_limits(self, typed: str) -> None:
        assert read(birth_date=typed).birth_date == date.fromisoformat(typed)

    @pytest.mark.parametrize(
        "typed",
        [
            "\u200e2006-02-28\u200b",
            "2006\u201102\u201128",
            "2006\u201302\u201328",
            "\uff12\uff10\uff10\uff16\uff0d\uff10\uff12\uff0d\uff12\uff18",
            "٢٠٠٦-٠٢-٢٨",
        ],
    )
    def test_reads_what_a_keyboard_writes_for_hyphens_and_digits(self, typed: str) -> None:
        assert read(birth_date=typed).birth_date == date(2006, 2, 28)

    @pytest.mark.parametrize("typed", ["2012-11-24", "1925-11-23", "2030-01-01", "0001-01-01", "9999-12-31"])
    def test_refuses_other_ages(self, typed: str) -> None:
        expected = [(("birth_date",), "age-out-of-range")]
        assert [(error.path, error.code) for error in refusals(birth_date=typed)] == expected

    @pytest.mark.parametrize(
        "typed", ["2007-02-29", "20060228", "2006-W09-2", "28-02-2006", "2006-2-8", "2006-02-28T00:00"]
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
    @pytest.mark.parametrize(
        ("said", "clock"),
        [
            (NOW, ConsentClock.AGREES),
            (NOW + CLOCK_TOLERANCE, ConsentClock.AGREES),
            (NOW - CLOCK_TOLERANCE, ConsentClock.AGREES),
            (NOW + CLOCK_TOLERANCE + timedelta(seconds=1), ConsentClock.DIFFERS),
            (datetime(2000, 1, 1, tzinfo=UTC), ConsentClock.DIFFERS),
            (None, ConsentClock.UNREADABLE),
        ],
    )
    def test_says_what_the_clock_said(self, said: datetime | None, clock: ConsentClock) -> None:
        assert clock_of(said, recorded_at=NOW) is clock

    def test_refuses_an_old_notice(self) -> None:
        with pytest.raises(Invalid) as refused:
            read(notice="0")
        assert [error.code for error in refused.value.fields] == ["outdated-notice"]


@pytest.mark.parametrize("field", [field.key for field in FORM])
class TestEveryField:
    @pytest.mark.parametrize("blank", ["", " \u00a0\t", "\u3164\u3164", "\u2800\u2800", "\u200b\ufeff\u00ad\u202e\0"])
    def test_nothing_visible_is_nothing(self, field: str, blank: str) -> None:
        assert [(error.path, error.code) for error in refusals(**{field: blank})] == [((field,), "missing")]

    def test_is_read_without_what_is_invisible(self, field: str) -> None:
        typed = "\u202a\t" + "\u200b".join(GOOD[field]) + "\u202c\ufe0f\u00a0"
        assert read(**{field: typed}) == read()

    def test_has_an_end(self, field: str) -> None:
        found = refusals(**{field: GOOD[field] + "\u200b" * LONGEST_TYPED})
        assert [(error.path, error.code) for error in found] == [((field,), "too-long")]


def test_reports_every_invalid_field_once() -> None:
    typed = {"name": "...", "email": "canary", "phone": "12", "birth_date": "2026-01-01", "province": "Mars"}
    with pytest.raises(Invalid) as refused:
        read(notice="0", **typed)
    assert [error.path for error in refused.value.fields] == [
        ("name",),
        ("email",),
        ("phone",),
        ("birth_date",),
        ("province",),
        ("consent", "notice_version"),
    ]
    told = " ".join(error.detail for error in refused.value.fields)
    assert not any(value in told for value in typed.values())
