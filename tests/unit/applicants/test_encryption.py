"""Encrypted values decrypt with the person's key in their own place, and nowhere else."""

from datetime import UTC, date, datetime

import pytest

from campaigns.applicants.blind_indexes import email_index, phone_index
from campaigns.applicants.encryption import (
    PersonReader,
    new_vault,
    open_reader,
    open_vault,
)
from campaigns.applicants.types import Answers, ConsentGiven
from campaigns.kit.encryption.cipher import DecryptionError, derive_keys, new_master_key
from campaigns.kit.ids import new_id

KEYS = derive_keys(new_master_key())
ANSWERS = Answers("Sari Contoh", "sari@example.com", "+6281234567890", date(2006, 2, 28), "ID-JB")


def test_answers_decrypt_in_their_own_place_only() -> None:
    own, other, vault = new_id(), new_id(), new_vault(KEYS, new_id())
    sealed = vault.encrypt_answers(own, ANSWERS)
    assert vault.decrypt_answer(own, "name", sealed["name_sealed"]) == "Sari Contoh"
    assert vault.decrypt_answer(own, "birth_date", sealed["birth_date_sealed"]) == "2006-02-28"
    assert vault.decrypt_answer(other, "name", sealed["name_sealed"]) is None
    assert vault.decrypt_answer(own, "email", sealed["name_sealed"]) is None


def test_only_the_persons_vault_decrypts() -> None:
    application_id, vault = new_id(), new_vault(KEYS, new_id())
    sealed = vault.encrypt_answers(application_id, ANSWERS)["phone_sealed"]
    assert new_vault(KEYS, new_id()).decrypt_answer(application_id, "phone", sealed) is None
    assert PersonReader(bytes(32)).decrypt_answer(application_id, "phone", sealed) is None


def test_a_wrapped_key_opens_the_vault_of_that_person_only() -> None:
    applicant_id, application_id = new_id(), new_id()
    vault = new_vault(KEYS, applicant_id)
    sealed = vault.encrypt_answers(application_id, ANSWERS)["name_sealed"]
    opened = open_vault(KEYS, applicant_id, vault.wrapped_key)
    assert opened.decrypt_answer(application_id, "name", sealed) == "Sari Contoh"
    assert opened.wrapped_key == vault.wrapped_key
    with pytest.raises(DecryptionError):
        open_vault(KEYS, new_id(), vault.wrapped_key)


def test_two_vaults_never_share_a_key() -> None:
    applicant_id = new_id()
    assert new_vault(KEYS, applicant_id).data_key != new_vault(KEYS, applicant_id).data_key


def test_a_reader_of_an_erased_person_reads_nothing() -> None:
    applicant_id, row_id = new_id(), new_id()
    vault = new_vault(KEYS, applicant_id)
    answer = vault.encrypt_answers(row_id, ANSWERS)["email_sealed"]
    reason = vault.encrypt_reason(row_id, "Documents seen")
    repeat = vault.encrypt_repeat(row_id, ANSWERS, ConsentGiven("2026-1", datetime(2026, 11, 23, tzinfo=UTC)))
    found = {
        wrapped: (
            reader.decrypt_answer(row_id, "email", answer),
            reader.decrypt_reason(row_id, reason),
            reader.decrypt_repeat(row_id, repeat).get("name"),
        )
        for wrapped in (vault.wrapped_key, None, new_vault(KEYS, new_id()).wrapped_key)
        for reader in [open_reader(KEYS, applicant_id, wrapped)]
    }
    assert found.pop(vault.wrapped_key) == ("sari@example.com", "Documents seen", "Sari Contoh")
    assert set(found.values()) == {(None, None, None)}


def test_reasons_and_repeats_are_bound_to_their_row() -> None:
    own, vault = new_id(), new_vault(KEYS, new_id())
    reason = vault.encrypt_reason(own, "Documents\nseen")
    assert vault.decrypt_reason(own, reason) == "Documents\nseen"
    assert vault.decrypt_reason(new_id(), reason) is None
    repeat = vault.encrypt_repeat(own, ANSWERS, ConsentGiven("2026-1", datetime(2026, 11, 23, tzinfo=UTC)))
    assert vault.decrypt_repeat(own, repeat)["province"] == "ID-JB"
    assert vault.decrypt_repeat(new_id(), repeat) == {}


def test_indexes_of_equal_values_differ_by_kind_and_deployment() -> None:
    other = derive_keys(new_master_key())
    assert email_index(KEYS, "x") == email_index(KEYS, "x")
    assert len({email_index(KEYS, "x"), phone_index(KEYS, "x"), email_index(other, "x")}) == 3


def test_personal_data_and_keys_are_not_printed() -> None:
    vault = new_vault(KEYS, new_id())
    assert "Sari" not in repr(ANSWERS)
    assert repr(vault.data_key) not in repr(vault)
    assert repr(vault.data_key) not in repr(PersonReader(vault.data_key))
