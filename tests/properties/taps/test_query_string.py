"""Any query of a short link gives values valid for URL and database, without personal data."""

import re
from urllib.parse import unquote

from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.acquisition.ad_parameters import AD_PARAMETERS
from campaigns.acquisition.networks import CLICK_IDS
from campaigns.clicks.capture.query_string import (
    MAX_CLICK_ID_LENGTH,
    MAX_NAME_LENGTH,
    MAX_PARAMETERS,
    MAX_PASSED_BYTES,
    MAX_VALUE_LENGTH,
    REMOVED,
    read_query,
)
from tests.properties import hostile
from tests.properties.bounds import bounded

OWN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "cid", "via")
ADDRESS_SAFE = re.compile(rb"[A-Za-z0-9_.~%-]*")

personal = st.sampled_from(
    ["siti@example.com", "0812-3456-7890", "3204 0101 0101 0001", "+62 (812) 345.678", "siti%2540example.com"]
)
percent_encoded = st.text(hostile.characters, max_size=12).map(
    lambda text: text.encode("utf-8", "surrogatepass").hex("%")
)


@given(query=hostile.queries | percent_encoded.map(lambda text: f"%{text}=%{text}".encode()))
@example(b"via=QR&via=x&VIA=%51r")
@example(b"=" * 1000 + b"&" * 1000)
@bounded(250)
def test_any_query_gives_values_valid_for_url_and_database(query: bytes) -> None:
    asked = read_query(query)
    assert asked.via in (None, "qr")
    assert set(asked.click_ids) <= CLICK_IDS.keys()
    assert asked.extras is None or re.fullmatch(r"[A-Za-z0-9_.~%&=-]+", asked.extras)
    assert len(asked.passed) <= MAX_PARAMETERS
    for name, value in asked.passed:
        assert ADDRESS_SAFE.fullmatch(name + value)
        assert 1 <= len(unquote(name.decode(), errors="strict")) <= MAX_NAME_LENGTH
        longest = MAX_CLICK_ID_LENGTH if unquote(name.decode()).lower() in CLICK_IDS else MAX_VALUE_LENGTH
        assert len(unquote(value.decode(), errors="strict")) <= longest
        assert unquote(name.decode()).lower() not in OWN
        assert "\0" not in unquote((name + value).decode())


@given(
    before=hostile.queries, value=personal | st.just("Zqxwvcanarian"), name=st.sampled_from([*AD_PARAMETERS, "nama"])
)
@bounded(60)
def test_no_value_of_a_person_is_kept(before: bytes, value: str, name: str) -> None:
    asked = read_query(b"&".join([*before[:1000].split(b"&")[:5], f"{name}={value}".encode()]))
    assert not re.search(r"siti|0812|3204|345|zqx", kept_text(asked.extras).lower())
    assert kept_text(asked.extras).endswith(f"{name}={REMOVED}") == (name in AD_PARAMETERS)


@given(value=personal | st.just("Zqxwvcanarian"), rest=st.sampled_from(["", "=", "=1"]))
@example("siti@example.com", "")
@bounded(20)
def test_nor_is_a_name_that_is_no_known_parameter(value: str, rest: str) -> None:
    assert read_query(f"{value}{rest}".encode()).extras is None


@given(value=st.text(hostile.characters, max_size=MAX_VALUE_LENGTH), number=st.integers(1, 30))
@bounded(30)
def test_a_destination_is_given_a_bounded_number_of_bytes(value: str, number: int) -> None:
    one = b"%" + value.encode("utf-8", "replace").hex("%").encode()
    asked = read_query(b"&".join(b"p%d=%s" % (place, one) for place in range(number)))
    assert sum(len(name) + len(sent) + 2 for name, sent in asked.passed) <= MAX_PASSED_BYTES
    assert len(asked.passed) == min(number, MAX_PARAMETERS) or len(one) * number > MAX_PASSED_BYTES / 9


def kept_text(extras: str | None) -> str:
    return unquote(extras or "", errors="strict")
