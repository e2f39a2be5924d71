"""Certificates are verified against the name, although the connection goes to an address."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from campaigns.links.destination_checks.follow import open_transport
from campaigns.links.types import CheckVerdict
from tests.destination_checks.checker import Checker
from tests.destination_checks.sites import OUTSIDE, Names, Site, page, redirect, serving


def certificate(folder: Path, *names: x509.GeneralName, days: int = 1) -> Path:
    """A certificate that is its own authority, and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Jaring test")])
    start = datetime.now(UTC) - timedelta(days=2)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2 + days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.fixture
def names() -> Names:
    return Names({"daftar.example": [[OUTSIDE]], "lain.example": [[OUTSIDE]]})


@pytest.fixture
def pem(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    days = getattr(request, "param", 1)
    return certificate(tmp_path, x509.DNSName("daftar.example"), x509.IPAddress(ip_address(OUTSIDE)), days=days)


@pytest.fixture
async def secure(pem: Path) -> AsyncIterator[Site]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    async with serving(OUTSIDE, tls=context) as site:
        yield site


@pytest.fixture
async def trusting(check: Checker, pem: Path, secure: Site) -> AsyncIterator[Checker]:
    async with open_transport(ssl.create_default_context(cafile=pem)) as transport:
        check.transport = transport
        check.ports |= {secure.port}
        yield check


async def test_the_name_is_verified_and_the_address_is_connected_to(
    trusting: Checker, secure: Site, names: Names
) -> None:
    found = await trusting(secure.url("/", scheme="https"), names)
    assert found.verdict is CheckVerdict.OK
    assert secure.requests[0].headers["host"] == f"daftar.example:{secure.port}"


async def test_a_certificate_for_another_name_is_not_taken(trusting: Checker, secure: Site, names: Names) -> None:
    found = await trusting(secure.url("/", host="lain.example", scheme="https"), names)
    assert (found.verdict, found.status) == (CheckVerdict.UNREACHABLE, None)
    assert "certificate" in found.detail
    assert secure.requests == []


async def test_a_connection_verified_for_one_name_is_not_used_for_another(
    trusting: Checker, secure: Site, names: Names
) -> None:
    secure.pages["/"] = redirect(secure.url("/", host="lain.example", scheme="https"))
    found = await trusting(secure.url("/", scheme="https"), names)
    assert (found.verdict, found.hops) == (CheckVerdict.UNREACHABLE, 1)
    assert len(secure.requests) == 1


@pytest.mark.parametrize("pem", [-1], indirect=True)
async def test_an_expired_certificate_is_not_taken(trusting: Checker, secure: Site, names: Names) -> None:
    found = await trusting(secure.url("/", scheme="https"), names)
    assert found.verdict is CheckVerdict.UNREACHABLE
    assert "certificate" in found.detail


async def test_a_certificate_of_an_unknown_authority_is_rejected(check: Checker, secure: Site, names: Names) -> None:
    check.ports |= {secure.port}
    found = await check(secure.url("/", scheme="https"), names)
    assert found.verdict is CheckVerdict.UNREACHABLE
    assert "certificate" in found.detail


async def test_an_address_needs_a_certificate_of_its_own(trusting: Checker, secure: Site) -> None:
    trusting.allowed = (OUTSIDE,)
    assert (await trusting(secure.url("/", host=OUTSIDE, scheme="https"))).verdict is CheckVerdict.OK


async def test_https_where_none_is_spoken(check: Checker, site: Site) -> None:
    check.limits["connect_seconds"] = 0.3
    found = await check(site.url("/", scheme="https"))
    assert found.verdict is CheckVerdict.UNREACHABLE
    assert "certificate" not in found.detail


async def test_a_redirect_from_https_to_http_is_reported(
    trusting: Checker, secure: Site, site: Site, names: Names
) -> None:
    async def plain(writer: object) -> None:
        query = secure.requests[-1].target.partition("?")[2]
        writer.write(redirect(site.url(f"/?{query}")))  # type: ignore[attr-defined]

    secure.pages["/"] = plain
    found = await trusting(secure.url("/", scheme="https"), names)
    assert found.verdict is CheckVerdict.OK
    assert found.detail == "The page answers, and UTM and cid arrive there. A redirect changes from https to http."
    secure.pages["/"] = page()
    assert "https to http" not in (await trusting(secure.url("/", scheme="https"), names)).detail
