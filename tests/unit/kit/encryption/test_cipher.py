"""Encrypted values can be decrypted only with their key, in their place, and unchanged."""

import base64
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kit.encryption.cipher import (
    DecryptionError,
    KeyRing,
    blind_index,
    derive_keys,
    new_key,
    new_master_key,
    seal,
    unseal,
)

KEY = bytes(range(32))
PLACE = "applications.name/1"
NAME = b"Sri Wahyuni"


@given(st.binary(max_size=300), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_sealed_value_opens_in_its_place(value: bytes, place: str) -> None:
    sealed = seal(KEY, value, place=place)
    assert unseal(KEY, sealed, place=place) == value
    assert len(sealed) == 1 + 12 + len(value) + 16


def test_a_value_of_an_older_version_opens() -> None:
    sealed = "012861445ad9909eff2e47c8be57c98996c88e941bad21e738fc6de79d715950c637f8a88034226c"
    assert unseal(KEY, bytes.fromhex(sealed), place=PLACE) == NAME


def test_equal_values_look_different() -> None:
    one, other = seal(KEY, NAME, place=PLACE), seal(KEY, NAME, place=PLACE)
    assert one != other
    assert NAME not in one


@pytest.mark.parametrize("place", ["applications.name/2", "applications.email/1", "", "applications.name/1 "])
def test_does_not_open_in_another_place(place: str) -> None:
    with pytest.raises(DecryptionError):
        unseal(KEY, seal(KEY, NAME, place=PLACE), place=place)


def test_two_values_that_swapped_places_do_not_open() -> None:
    first, second = seal(KEY, b"first", place="a/1"), seal(KEY, b"second", place="a/2")
    for sealed, place in ((second, "a/1"), (first, "a/2")):
        with pytest.raises(DecryptionError):
            unseal(KEY, sealed, place=place)


def test_does_not_open_with_another_key() -> None:
    sealed = seal(KEY, NAME, place=PLACE)
    for key in (new_key(), bytes(32), KEY[::-1]):
        with pytest.raises(DecryptionError):
            unseal(key, sealed, place=PLACE)


def test_no_changed_byte_goes_unnoticed() -> None:
    sealed = seal(KEY, NAME, place=PLACE)
    for place, byte in enumerate(sealed):
        changed = sealed[:place] + bytes([byte ^ 1]) + sealed[place + 1 :]
        with pytest.raises(DecryptionError):
            unseal(KEY, changed, place=PLACE)


def test_no_cut_goes_unnoticed() -> None:
    sealed = seal(KEY, NAME, place=PLACE)
    for cut in [sealed[:length] for length in range(len(sealed))] + [sealed + b"\x00"]:
        with pytest.raises(DecryptionError):
            unseal(KEY, cut, place=PLACE)


def test_refusals_do_not_tell_the_value() -> None:
    with pytest.raises(DecryptionError) as refused:
        unseal(new_key(), seal(KEY, NAME, place=PLACE), place=PLACE)
    assert (refused.value.__cause__, refused.value.__suppress_context__) == (None, True)


class TestKeys:
    def test_all_keys_of_a_ring_differ_and_come_back(self) -> None:
        master = new_master_key()
        ring = derive_keys(master)
        keys = [getattr(ring, field.name) for field in fields(KeyRing)]
        assert len(set(keys)) == len(keys)
        assert {len(key) for key in keys} == {32}
        assert derive_keys(master) == ring
        assert derive_keys(new_master_key()) != ring

    def test_a_ring_is_the_same_in_every_version(self) -> None:
        # Values sealed by an older version must open: these bytes may never change.
        ring = derive_keys(base64.b64encode(KEY).decode())
        assert {field.name: getattr(ring, field.name).hex() for field in fields(KeyRing)} == {
            "wrapping": "28ac12ffcae162f872d5aebd327a09d97e2aec82b1a80e70365844c35d845ecf",
            "index": "4128e4c5bf010fb853170693aec59a3d3a4f5e712703acfd7f8cd3acaca90bf1",
            "click_token": "cb0d8688ca1e68deabe420c3332c14cac1ee70321339b4e8dbcd80f3c151bc80",
            "visitor": "8f12bd7d063b3b2b7669bb834aab2b800e4c7657f80ae81b7bd5532ea017ef86",
            "response": "e9b475397ff809a18e6757aa034bf06efe0cb6b668cf7a5f839d7cb2736ac3e4",
            "check": "14c106e0b0927110979eb60a43d1d066931f9a4977f9f830246b236d324bd633",
        }

    def test_a_ring_does_not_show_its_keys(self) -> None:
        ring = derive_keys(new_master_key())
        assert not any(repr(getattr(ring, field.name)) in repr(ring) for field in fields(KeyRing))

    @pytest.mark.parametrize(
        "master",
        [
            "",
            "not base64!",
            base64.b64encode(bytes(31)).decode(),
            base64.b64encode(bytes(33)).decode(),
            base64.b64encode(bytes(range(32))).decode().rstrip("="),
            # A lenient decoder skips symbols outside the alphabet, and would take these for 32 bytes.
            "!" + base64.b64encode(bytes(range(32))).decode(),
            base64.b64encode(bytes(range(32))).decode().replace("A", "A ", 1),
            base64.b64encode(bytes(range(32))).decode() + "\n",
            "\u00e9" * 44,
        ],
    )
    def test_refuses_what_is_not_32_bytes_in_base64(self, master: str) -> None:
        with pytest.raises(ValueError, match="32 bytes in base64") as refused:
            derive_keys(master)
        assert not master or master not in str(refused.value)


class TestBlindIndex:
    def test_is_the_same_in_every_version(self) -> None:
        found = blind_index(KEY, "email", "a@b.example")
        assert found.hex() == "3776911b9b095df69975eff4d65b2578c160e08f36477dd25ab6a890a2250041"

    def test_equal_values_find_each_other(self) -> None:
        assert blind_index(KEY, "email", "a@b.example") == blind_index(KEY, "email", "a@b.example")

    def test_kinds_values_and_keys_do_not_meet(self) -> None:
        found = {
            blind_index(KEY, "email", "a"),
            blind_index(KEY, "phone", "a"),
            blind_index(KEY, "email", "b"),
            blind_index(KEY, "emai", "la"),
            blind_index(bytes(32), "email", "a"),
        }
        assert len(found) == 5
        assert {len(one) for one in found} == {32}
