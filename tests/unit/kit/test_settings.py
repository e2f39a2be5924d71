"""Misspelt settings and wrong values are refused in sentences of our own that never show a value."""

import pytest
from pydantic import ValidationError

from campaigns.kit.environment.faults import UnknownSetting, value_faults
from campaigns.kit.settings import Settings


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("JARING_PROT", "JARING_PORT"),
        ("JARING_DATABSE_URL", "JARING_DATABASE_URL"),
        ("jaring_prot", "JARING_PORT"),
        ("JARING_CORS_ORIGIN", "JARING_CORS_ORIGINS"),
    ],
)
def test_a_misspelt_setting_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch, name: str, near: str) -> None:
    monkeypatch.setenv(name, "s3cret")
    with pytest.raises(UnknownSetting) as refused:
        Settings()
    assert name.upper() in str(refused.value)
    assert near in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_setting_like_no_other_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARING_XYZZY", "1")
    with pytest.raises(UnknownSetting, match=r"JARING_XYZZY is not a setting. docs/settings.md"):
        Settings()


def test_settings_in_lower_case_and_other_variables_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("jaring_port", "8123")
    monkeypatch.setenv("XJARING_PROT", "1")
    assert Settings().port == 8123


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TRUSTED_PROXIES", "foo", "JARING_TRUSTED_PROXIES: write a network such as 10.0.0.0/8 or fd00::/8."),
        ("PORT", "tcp://10.0.0.1:80", "JARING_PORT: write a whole number."),
        ("PORT", "70000", "JARING_PORT: write a number that is at most 65535."),
        ("LOG_LEVEL", "loud", "JARING_LOG_LEVEL: write one of 'debug', 'info', 'warning' or 'error'."),
        ("MIGRATE_ON_START", "perhaps", "JARING_MIGRATE_ON_START: write true or false."),
        ("TIMEZONE", "Jakarta", "JARING_TIMEZONE: not a time zone of the IANA database."),
        (
            "HOME_URL",
            "http://daftar.example",
            "JARING_HOME_URL: must start with https:// and have no user name or password.",
        ),
        (
            "HOME_URL",
            "https://a@daftar.example",
            "JARING_HOME_URL: must start with https:// and have no user name or password.",
        ),
        ("HOME_URL", "daftar", "JARING_HOME_URL: is not a URL."),
        ("CHECK_PORTS", "80,http", "JARING_CHECK_PORTS: write a whole number."),
    ],
)
def test_a_wrong_value_names_the_remedy(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    monkeypatch.setenv(f"JARING_{name}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert list(value_faults(refused.value)) == [sentence]


def test_the_bare_host_cannot_lead_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARING_PUBLIC_URL", "https://s.example")
    monkeypatch.setenv("JARING_HOME_URL", "https://S.example/")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "would lead to itself" in next(value_faults(refused.value))
    monkeypatch.setenv("JARING_HOME_URL", "https://s.example/daftar")
    assert Settings().home_url == "https://s.example/daftar"


def test_the_address_of_the_bare_host_is_written_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARING_HOME_URL", "https://d\u00e4ftar.example/\u00e4")
    assert Settings().home_url == "https://xn--dftar-gra.example/%C3%A4"
