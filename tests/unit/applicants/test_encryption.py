"""Sealed values open with the person's key in their own place, and nowhere else."""

from datetime import date

import pytest

from campaigns.applicants.encryption import (
    email_index,
    new_person_key,
    open_answer,
    open_person_key,
    open_reason,
    phone_index,
    seal_answers,
    seal_reason,
)
from campaigns.applicants.types import Answers
from campaigns.kit.encryption.cipher import DecryptionError, derive_keys, new_master_key
from campaigns.kit.ids import new_id

KEYS = derive_keys(new_master_key())
ANSWERS = Answers("Sari Contoh", "sari@example.com", "+6281234567890", date(2006, 2, 28), "ID-JB")


def test_answers_open_in_their_own_place_only() -> None:
    own, other, data_key = new_id(), new_id(), new_person_key(KEYS, new_id())[0]
    sealed = seal_answers(data_key, own, ANSWERS)
    assert open_answer(data_key, own, "name", sealed["name_sealed"]) == "Sari Contoh"
    assert open_answer(data_key, own, "birth_date", sealed["birth_date_sealed"]) == "2006-02-28"
    assert open_answer(data_key, other, "name", sealed["name_sealed"]) is None
    assert open_answer(data_key, own, "email", sealed["name_sealed"]) is None


def test_nothing_opens_without_the_key_or_with_another() -> None:
    application_id, data_key = new_id(), new_person_key(KEYS, new_id())[0]
    sealed = seal_answers(data_key, application_id, ANSWERS)["phone_sealed"]
    assert open_answer(None, application_id, "phone", sealed) is None
    assert open_answer(bytes(32), application_id, "phone", sealed) is None


def test_a_persons_key_opens_for_that_person_only() -> None:
    applicant_id = new_id()
    data_key, wrapped = new_person_key(KEYS, applicant_id)
    assert open_person_key(KEYS, applicant_id, wrapped) == data_key
    with pytest.raises(DecryptionError):
        open_person_key(KEYS, new_id(), wrapped)


def test_reasons_are_bound_to_their_change() -> None:
    change_id, data_key = new_id(), new_person_key(KEYS, new_id())[0]
    sealed = seal_reason(data_key, change_id, "Documents\nseen")
    assert open_reason(data_key, change_id, sealed) == "Documents\nseen"
    assert open_reason(data_key, new_id(), sealed) is None


def test_indexes_of_equal_values_differ_by_kind_and_deployment() -> None:
    other = derive_keys(new_master_key())
    assert email_index(KEYS, "x") == email_index(KEYS, "x")
    assert len({email_index(KEYS, "x"), phone_index(KEYS, "x"), email_index(other, "x")}) == 3


def test_personal_data_is_not_printed() -> None:
    assert "Sari" not in repr(ANSWERS)
