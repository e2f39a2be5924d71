"""When short links would be wrong in print, and the addresses that settings amount to."""

import pytest
from pydantic import ValidationError

from api.links.public_url import public_url_advice, serves_the_public
from campaigns.kit.environment.faults import value_faults
from campaigns.kit.settings import Settings


@pytest.mark.parametrize("public_url", ["https://s.example", "https://s.polri.example/r/", "https://203.0.114.9:8443"])
def test_a_public_address_is_fine(public_url: str) -> None:
    assert public_url_advice(Settings(public_url=public_url)) is None


@pytest.mark.parametrize(
    ("public_url", "problem"),
    [
        (None, "JARING_PUBLIC_URL is not set, so short links and QR codes begin with http://127.0.0.1:8000/"),
        ("http://s.example", "anybody on the way"),
        *(
            (address, "which the public cannot open")
            for address in (
                "https://localhost",
                "https://jaring",
                "https://jaring.local",
                "https://127.0.0.1",
                "https://0.0.0.0:8000",
                "https://10.1.2.3",
                "https://192.168.0.7",
                "https://[::1]:8000",
                "https://[fd00::1]",
            )
        ),
    ],
)
def test_other_addresses_are_warned_of_with_a_remedy(public_url: str | None, problem: str) -> None:
    advice = public_url_advice(Settings(public_url=public_url))
    assert advice is not None
    assert problem in advice.problem
    assert "JARING_PUBLIC_URL" in advice.remedy


@pytest.mark.parametrize(
    "public_url",
    [
        "s.example",
        "ftp://s.example",
        "https://",
        "https:///r",
        "https://s.example?x=1",
        "https://s.example/#top",
        "https://me:secret@s.example",
        "https://s.example/a b",
        " https://s.example",
        "https://s.exämple",
        "https://s.example\\@evil.example",
        "https://s.example\n",
    ],
)
def test_what_no_slug_can_follow_is_refused_without_being_shown(public_url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(public_url=public_url)
    (fault,) = value_faults(refused.value)
    assert fault.startswith("JARING_PUBLIC_URL: must ")
    assert "secret" not in fault


@pytest.mark.parametrize(
    ("host", "url", "public"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", False),
        ("localhost", "http://localhost:8000", False),
        ("::1", "http://[::1]:8000", False),
        ("0.0.0.0", "http://127.0.0.1:8000", True),
        ("::", "http://[::1]:8000", True),
        ("10.0.0.5", "http://10.0.0.5:8000", True),
        ("jaring.example", "http://jaring.example:8000", True),
    ],
)
def test_the_address_of_this_machine(host: str, url: str, public: bool) -> None:
    settings = Settings(host=host)
    assert (settings.local_url, settings.short_link_base) == (url, f"{url}/")
    assert serves_the_public(settings) is public


def test_a_proxy_and_a_public_address_are_for_the_public() -> None:
    assert serves_the_public(Settings.model_validate({"trusted_proxies": "10.0.0.0/8"}))
    assert serves_the_public(Settings(public_url="https://s.example"))
