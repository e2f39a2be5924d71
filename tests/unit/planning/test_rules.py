"""The pure rules of planning: the tree, stage lists, names of sources, and when registration is open."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from campaigns.kit.errors import FieldPath, Invalid
from campaigns.naming.utm import fold_utm_name
from campaigns.planning.rules import (
    DEFAULT_STAGES,
    MAX_STAGES,
    STAGE_KEY_LENGTH,
    STAGE_KEY_PATTERN,
    allowed_address,
    allowed_picture,
    printable_text,
    registration_state,
    require_order,
    require_parent_kind,
    require_stages,
    unit_path,
)
from campaigns.planning.types import RegistrationState, StageKind, StagePlan, UnitKind


def stage(key: str, kind: StageKind) -> StagePlan:
    return StagePlan(key, key.title(), kind)


FIRST = stage("first", StageKind.REGISTERED)
LAST = stage("last", StageKind.ACCEPTED)


class TestTree:
    @pytest.mark.parametrize("kind", UnitKind)
    @pytest.mark.parametrize("parent", [None, *UnitKind])
    def test_each_kind_has_one_place(self, kind: UnitKind, parent: UnitKind | None) -> None:
        allowed = {
            (UnitKind.NATIONAL, None),
            (UnitKind.PROVINCE, UnitKind.NATIONAL),
            (UnitKind.DISTRICT, UnitKind.PROVINCE),
        }
        if (kind, parent) in allowed:
            require_parent_kind(kind, parent)
            return
        with pytest.raises(Invalid) as refused:
            require_parent_kind(kind, parent)
        assert [(field.path, field.code) for field in refused.value.fields] == [(("parent_id",), "wrong-parent")]

    @pytest.mark.parametrize(
        ("kind", "named"),
        [(UnitKind.DISTRICT, {"district", "province"}), (UnitKind.NATIONAL, {"national"})],
    )
    def test_the_refusal_names_that_place(self, kind: UnitKind, named: set[str]) -> None:
        with pytest.raises(Invalid) as refused:
            require_parent_kind(kind, UnitKind.DISTRICT)
        detail = refused.value.fields[0].detail
        assert {word for word in ("national", "province", "district", "None") if word in detail} == named

    def test_a_path_begins_with_the_parents_path_and_with_no_siblings(self) -> None:
        top = unit_path("", UUID(int=1))
        one, other = unit_path(top, UUID(int=2)), unit_path(top, UUID(int=3))
        assert top == f"{1:032x}/"
        assert one == f"{1:032x}/{2:032x}/"
        assert not other.startswith(one)


class TestStages:
    def test_accepts_the_stages_it_proposes(self) -> None:
        require_stages(DEFAULT_STAGES)
        assert {plan.kind for plan in DEFAULT_STAGES} == set(StageKind)
        assert len(DEFAULT_STAGES) <= MAX_STAGES
        assert all(re.fullmatch(STAGE_KEY_PATTERN, plan.key) for plan in DEFAULT_STAGES)
        assert max(len(plan.key) for plan in DEFAULT_STAGES) <= STAGE_KEY_LENGTH

    @pytest.mark.parametrize(
        "stages",
        [
            [FIRST, LAST],
            [FIRST, LAST, stage("late", StageKind.ASSESSED)],
            [FIRST, LAST, stage("again", StageKind.ACCEPTED)],
            [FIRST, stage("a", StageKind.ASSESSED), stage("b", StageKind.ASSESSED), LAST],
        ],
    )
    def test_accepts_any_order_behind_the_first(self, stages: list[StagePlan]) -> None:
        require_stages(stages)

    @pytest.mark.parametrize(
        ("stages", "errors"),
        [
            ([], [(("stages", 0, "kind"), "first-stage"), (("stages",), "no-accepted-stage")]),
            ([FIRST], [(("stages",), "no-accepted-stage")]),
            ([LAST], [(("stages", 0, "kind"), "first-stage")]),
            ([LAST, FIRST], [(("stages", 0, "kind"), "first-stage"), (("stages", 1, "kind"), "first-stage")]),
            ([FIRST, LAST, stage("more", StageKind.REGISTERED)], [(("stages", 2, "kind"), "first-stage")]),
            ([FIRST, LAST, stage("last", StageKind.REJECTED)], [(("stages", 2, "key"), "repeated")]),
            (
                [FIRST, LAST, LAST, LAST],
                [(("stages", 2, "key"), "repeated"), (("stages", 3, "key"), "repeated")],
            ),
        ],
    )
    def test_names_every_fault(self, stages: list[StagePlan], errors: list[tuple[FieldPath, str]]) -> None:
        with pytest.raises(Invalid) as refused:
            require_stages(stages)
        assert [(field.path, field.code) for field in refused.value.fields] == errors


class TestOrder:
    BEGINNING = datetime(2027, 1, 1, tzinfo=UTC)

    @pytest.mark.parametrize("later", [None, BEGINNING + timedelta(microseconds=1)])
    def test_accepts_what_is_after(self, later: datetime | None) -> None:
        require_order(self.BEGINNING, later, path=("x",))

    @pytest.mark.parametrize("later", [BEGINNING, BEGINNING - timedelta(microseconds=1)])
    def test_refuses_what_is_not(self, later: datetime) -> None:
        with pytest.raises(Invalid) as refused:
            require_order(self.BEGINNING, later, path=("x",))
        assert refused.value.fields[0].path == ("x",)


class TestUtmName:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("instagram", "instagram"),
            ("  InstaGram\t", "instagram"),
            ("a.b_c-d", "a.b_c-d"),
            ("7", "7"),
            ("x" * 50, "x" * 50),
            (f" {'X' * 50} ", "x" * 50),
            ("\u212a", "k"),  # the Kelvin sign folds to a plain k, in which no confusion is left
        ],
    )
    def test_folds_to_one_spelling(self, text: str, name: str) -> None:
        assert fold_utm_name(text, path=("source",)) == name

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "x" * 51,
            "-a",
            ".a",
            "_a",
            "a b",
            "a\nb",
            "a\x00",
            "a/b",
            "a&utm_medium=b",
            "(not set)",
            "\u0130",  # folds to two characters
            "\uff49\uff47",  # full-width letters
            "caf\u00e9",
            "\ud800",
        ],
    )
    def test_refuses_other_characters(self, text: str) -> None:
        with pytest.raises(Invalid) as refused:
            fold_utm_name(text, path=("aliases", 3))
        assert [(field.path, field.code) for field in refused.value.fields] == [(("aliases", 3), "not-a-utm-name")]


class TestAddress:
    HOSTS: ClassVar = ["daftar.example", "info.example"]

    def test_is_stored_in_its_normal_form(self) -> None:
        stored = allowed_address("HTTPS://INFO.example/A", hosts=self.HOSTS, path=("landing_url",))
        assert stored == "https://info.example/A"

    @pytest.mark.parametrize("hosts", [HOSTS, []])
    def test_the_refusal_of_a_host_names_those_allowed(self, hosts: list[str]) -> None:
        with pytest.raises(Invalid) as refused:
            allowed_address("https://elsewhere.example/", hosts=hosts, path=("landing_url",))
        (fault,) = refused.value.fields
        assert (fault.path, fault.code) == (("landing_url",), "host-not-allowed")
        assert all(host in fault.detail for host in hosts)
        assert "()" not in fault.detail

    def test_of_a_picture_is_https(self) -> None:
        picture = "https://info.example/a.png"
        assert allowed_picture(picture, hosts=self.HOSTS, path=("preview_image",)) == picture
        with pytest.raises(Invalid) as refused:
            allowed_picture("http://info.example/a.png", hosts=self.HOSTS, path=("preview_image",))
        assert [(fault.path, fault.code) for fault in refused.value.fields] == [
            (("preview_image",), "scheme-not-allowed")
        ]


class TestPrintableText:
    @pytest.mark.parametrize(("text", "stored"), [(" a ", "a"), ("abcde", "abcde"), ("caf\u00e9", "caf\u00e9")])
    def test_is_trimmed(self, text: str, stored: str) -> None:
        assert printable_text(text, longest=5, path=("name",)) == stored

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("  ", "wrong-length"),
            ("abcdef", "wrong-length"),
            ("a\x00b", "unsafe-characters"),
            ("a\ud800", "unsafe-characters"),
        ],
    )
    def test_has_a_length_and_no_control_characters(self, text: str, code: str) -> None:
        with pytest.raises(Invalid) as refused:
            printable_text(text, longest=5, path=("name",))
        assert [(fault.path, fault.code) for fault in refused.value.fields] == [(("name",), code)]


class TestRegistration:
    OPENS = datetime(2027, 1, 10, tzinfo=UTC)
    CLOSES = datetime(2027, 3, 10, tzinfo=UTC)
    STARTS = datetime(2027, 1, 20, tzinfo=UTC)
    ENDS = datetime(2027, 2, 20, tzinfo=UTC)
    TICK = timedelta(microseconds=1)

    def state(self, **changed: Any) -> RegistrationState:
        return registration_state(
            **{
                "campaign_state": "active",
                "campaign_starts": self.STARTS,
                "campaign_ends": self.ENDS,
                "intake_state": "active",
                "intake_opens": self.OPENS,
                "intake_closes": self.CLOSES,
                "programme_state": "active",
                "now": self.STARTS,
                **changed,
            }
        )

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            (OPENS - TICK, "not_yet_open"),
            (OPENS, "not_yet_open"),
            (STARTS - TICK, "not_yet_open"),
            (STARTS, "open"),
            (ENDS - TICK, "open"),
            (ENDS, "closed"),
            (CLOSES, "closed"),
        ],
    )
    def test_begins_inclusive_and_ends_exclusive(self, now: datetime, expected: str) -> None:
        assert self.state(now=now) == expected

    @pytest.mark.parametrize(
        ("now", "expected"),
        [(OPENS - TICK, "not_yet_open"), (OPENS, "open"), (CLOSES - TICK, "open"), (CLOSES, "closed")],
    )
    def test_the_intake_bounds_a_campaign_without_dates_of_its_own(self, now: datetime, expected: str) -> None:
        assert self.state(campaign_starts=self.OPENS - timedelta(days=9), campaign_ends=None, now=now) == expected

    def test_the_intakes_end_holds_for_a_campaign_that_ends_later(self) -> None:
        assert self.state(campaign_ends=self.CLOSES + timedelta(days=9), now=self.CLOSES) == "closed"

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"campaign_state": "draft"}, "not_yet_open"),
            ({"campaign_state": "closed"}, "closed"),
            ({"intake_state": "closed"}, "closed"),
            ({"programme_state": "closed"}, "closed"),
            # What is over does not open again, so it is never "not yet".
            ({"campaign_state": "draft", "now": ENDS}, "closed"),
            ({"campaign_state": "draft", "programme_state": "closed"}, "closed"),
            ({"intake_state": "closed", "now": OPENS - TICK}, "closed"),
        ],
    )
    def test_all_three_must_be_open(self, changed: dict[str, Any], expected: str) -> None:
        assert self.state(**changed) == expected
