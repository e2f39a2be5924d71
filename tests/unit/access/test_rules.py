"""The rules of access: which role may do what, and the shape of a key."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.access.rules import (
    DISPLAY_LENGTH,
    KEY_PREFIX,
    ROLES,
    digest_of,
    is_usable,
    is_well_formed,
    new_secret,
    require_scope,
)
from campaigns.access.types import SYSTEM, Principal, Role, Scope
from campaigns.kit.errors import Forbidden
from campaigns.kit.ids import BASE62, checksum6

READS = {Scope.PLANNING_READ, Scope.LINKS_READ, Scope.STATISTICS_READ}


class TestRoles:
    @pytest.mark.parametrize(
        ("role", "scopes"),
        [
            (Role.VIEWER, READS),
            (Role.MARKETER, READS | {Scope.CAMPAIGNS_WRITE, Scope.LINKS_WRITE}),
            (Role.RECRUITER, READS | {Scope.APPLICATIONS_READ, Scope.APPLICATIONS_WRITE}),
            (Role.ADMINISTRATOR, set(Scope)),
        ],
    )
    def test_each_role_has_exactly_these_scopes(self, role: Role, scopes: set[Scope]) -> None:
        assert ROLES[role] == scopes

    def test_every_role_is_in_the_table(self) -> None:
        assert set(ROLES) == set(Role)

    @pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
    def test_no_scope_of_a_marketer_or_viewer_reaches_applications(self, role: Role) -> None:
        assert not [scope for scope in ROLES[role] if scope.value.startswith("applications:")]

    def test_only_administrators_read_the_audit_trail_and_plan(self) -> None:
        for scope in (Scope.AUDIT_READ, Scope.PLANNING_WRITE):
            assert [role for role in Role if scope in ROLES[role]] == [Role.ADMINISTRATOR]

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("scope", Scope)
    def test_a_scope_is_required_by_the_table(self, role: Role, scope: Scope) -> None:
        principal = Principal(actor=SYSTEM, role=role, unit_id=UUID(int=2), unit_path="2/")
        if scope in ROLES[role]:
            require_scope(principal, scope)
            return
        with pytest.raises(Forbidden) as refused:
            require_scope(principal, scope)
        assert refused.value.code == "missing-scope"
        assert scope.value in refused.value.detail


class TestSecrets:
    def test_a_new_secret_has_the_documented_form(self) -> None:
        secret = new_secret()
        assert re.fullmatch(r"jrg_[0-9A-Za-z]{38}", secret)
        assert secret[-6:] == checksum6(secret[:-6])
        assert is_well_formed(secret)
        assert new_secret() != secret

    def test_what_is_shown_of_a_key_leaves_enough_hidden(self) -> None:
        hidden_symbols = len(new_secret()) - DISPLAY_LENGTH - 6  # the checksum adds nothing
        assert 62**hidden_symbols > 2**128

    @given(st.integers(min_value=len(KEY_PREFIX), max_value=41), st.sampled_from(BASE62))
    def test_a_typing_error_is_found(self, place: int, symbol: str) -> None:
        body = KEY_PREFIX + "0aZ9" * 8
        secret = body + checksum6(body)
        typed = secret[:place] + symbol + secret[place + 1 :]
        assert is_well_formed(typed) is (typed == secret)

    @given(st.text())
    def test_no_other_text_is_a_key(self, text: str) -> None:
        assert not is_well_formed(text)
        assert not is_well_formed(KEY_PREFIX + text)

    @pytest.mark.parametrize(
        "change",
        [
            lambda secret: secret[:-1],
            lambda secret: secret + "0",
            lambda secret: secret.lower() if secret != secret.lower() else secret.upper(),
            lambda secret: "JRG_" + secret[4:],
            lambda secret: " " + secret[1:],
            lambda secret: secret[:10] + "\u00e9" + secret[11:],
        ],
    )
    def test_a_damaged_key_is_no_key(self, change) -> None:  # type: ignore[no-untyped-def]
        assert not is_well_formed(change(new_secret()))

    @pytest.mark.parametrize("body", ["abc_" + "0" * 32, "jrg_" + "0" * 31, "jrg_" + "0" * 33])
    def test_a_right_checksum_makes_no_key_of_another_text(self, body: str) -> None:
        assert is_well_formed("jrg_" + "0" * 32 + checksum6("jrg_" + "0" * 32))
        assert not is_well_formed(body + checksum6(body))

    def test_the_digest_is_sha_256(self) -> None:
        assert digest_of("jrg_x") == hashlib.sha256(b"jrg_x").digest()


NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "usable"),
    [
        (NOW + timedelta(microseconds=1), None, True),
        (NOW, None, False),
        (NOW - timedelta(days=1), None, False),
        (NOW + timedelta(days=1), NOW - timedelta(days=1), False),
        (NOW + timedelta(days=1), NOW, False),
    ],
)
def test_a_key_is_usable_until_it_expires_or_is_revoked(
    expires_at: datetime, revoked_at: datetime | None, usable: bool
) -> None:
    assert is_usable(expires_at=expires_at, revoked_at=revoked_at, now=NOW) is usable
