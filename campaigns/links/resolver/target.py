"""A link as the redirect uses it: every address it can lead to, composed beforehand, and what decides between them.

On the redirect's hot path, so it imports nothing heavy. A link's facts are JSON as `FACTS_SQL` makes it: PostgreSQL
answers with the same text that the snapshot on disk holds.

A process remembers some hundred thousand of these, and a collection of Python's garbage that walks over all their parts
stops every tap for most of a second. So they are structs that the collector does not know (`gc=False`), holding tuples
and never lists: nothing in them can refer back to what holds it.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from sys import intern
from typing import Any
from uuid import UUID

from msgspec import Struct

from campaigns.links.standing import LifeCycle
from campaigns.links.target_url import CLICK_PARAMETER, compose_target, parameter_name
from campaigns.links.types import CheckVerdict, LinkState, Utm
from campaigns.planning.types import CampaignState

_TOKEN_NAME = f"&{CLICK_PARAMETER}=".encode()

# One row a link: its slug and its facts. The successor that was chosen for a link is named while it leads on to where
# it should; other links pay nothing for it.
FACTS_SQL = f"""
    SELECT link.slug, json_build_object(
        'id', link.id, 'campaign_id', link.campaign_id, 'state', link.state, 'destination', link.destination,
        'utm', json_build_array(
            link.utm_source, link.utm_medium, link.utm_campaign, link.utm_term, link.utm_content),
        'starts_at', link.starts_at, 'ends_at', link.ends_at, 'ended_destination', link.ended_destination,
        'pass_query', link.pass_query, 'rules', link.rules, 'variants', link.variants,
        'title', coalesce(link.preview_title, campaign.preview_title, campaign.name),
        'description', coalesce(link.preview_description, campaign.preview_description),
        'image', coalesce(link.preview_image, campaign.preview_image),
        'campaign', campaign.name, 'campaign_state', campaign.state, 'unit', unit.name, 'programme', programme.name,
        'doubtful', EXISTS (
            SELECT FROM destination_checks found
            WHERE found.link_id = link.id
                AND found.verdict IN ('{CheckVerdict.REFUSED}', '{CheckVerdict.HOST_NOT_ALLOWED}')),
        'successor', CASE WHEN link.successor_id IS NOT NULL THEN (
            SELECT live.slug FROM links live JOIN campaigns its ON its.id = live.campaign_id
            WHERE live.id = link.successor_id
                AND live.state = '{LinkState.ACTIVE}' AND its.state = '{CampaignState.ACTIVE}'
                AND (live.starts_at IS NULL OR live.starts_at <= now())
                AND (live.ends_at IS NULL OR live.ends_at > now())
                AND NOT EXISTS (
                    SELECT FROM destination_checks found
                    WHERE found.link_id = live.id
                        AND found.verdict IN ('{CheckVerdict.REFUSED}', '{CheckVerdict.HOST_NOT_ALLOWED}'))) END
    )::text
    FROM links link
    JOIN campaigns campaign ON campaign.id = link.campaign_id
    JOIN units unit ON unit.id = campaign.unit_id
    JOIN intakes intake ON intake.id = campaign.intake_id
    JOIN programmes programme ON programme.id = intake.programme_id
"""  # noqa: S608 - only words of our own enums are put in


class TargetUrl(Struct, frozen=True, gc=False):
    """One address that a link can lead to: `prefix`, `utm_suffix`, the click token, `fragment`.

    `utm_suffix` is the UTM parameters and the token's name, which all addresses of a link share. `variant` is the key
    of the variant that the address belongs to.
    """

    prefix: bytes
    utm_suffix: bytes
    fragment: bytes
    variant: str | None

    def with_token(self, token: bytes) -> bytes:
        return self.prefix + self.utm_suffix + token + self.fragment

    def without_token(self) -> bytes:
        return self.prefix + self.utm_suffix.removesuffix(_TOKEN_NAME) + self.fragment

    def with_parameters(self, parameters: Sequence[tuple[bytes, bytes]]) -> "TargetUrl":
        """The same address with more parameters (name, value; percent-encoded), in front of the click token.

        A parameter that the address has already stays as it is, so nobody can change a link's values by adding to it.
        """
        query = (self.prefix + self.utm_suffix).decode("ascii").partition("?")[2]
        own = {parameter_name(part.partition("=")[0]) for part in query.split("&")}
        free = (pair for pair in parameters if parameter_name(pair[0].decode("ascii")) not in own)
        added = b"".join(b"&%s=%s" % pair for pair in free)
        suffix = self.utm_suffix.removesuffix(_TOKEN_NAME) + added + _TOKEN_NAME
        return TargetUrl(self.prefix, suffix, self.fragment, self.variant)


class LinkInfo(Struct, frozen=True, gc=False):
    """What the pages about a link show; `successor` is the slug of the link that was chosen to be named instead.

    `destinations` are all that taps can be sent to while the link is active, `ended` where they are sent afterwards.
    """

    destinations: tuple[str, ...]
    ended: str | None
    title: str
    description: str | None
    image: str | None
    campaign: str
    unit: str
    programme: str
    successor: str | None


class Target(Struct, frozen=True, gc=False):
    """A link, ready to serve. Its id and its campaign's are UUIDs of 16 bytes.

    `plain` says that every tap goes to `default`, whoever makes it and whenever. Otherwise the state decides, then
    the dates (Unix milliseconds), then the first rule that matches, then the variants. Of those each has the visitors
    whose number falls below its `weights` entry and not below the one before.
    """

    link_id: bytes
    campaign_id: bytes
    plain: bool
    default: TargetUrl
    life: LifeCycle
    ended: TargetUrl | None
    rules: tuple[tuple[str | None, str | None, TargetUrl], ...]
    variants: tuple[TargetUrl, ...]
    weights: tuple[int, ...]
    pass_query: bool
    info: LinkInfo

    def choose(self, *, device: str, language: str | None, visitor: int) -> TargetUrl:
        """Where a tap of this visitor goes while the link is active."""
        for wanted_device, wanted_language, url in self.rules:
            if (wanted_device is None or wanted_device == device) and (
                wanted_language is None or wanted_language == language
            ):
                return url
        if self.variants:
            return self.variants[bisect_right(self.weights, _share(visitor, self.link_id) % self.weights[-1])]
        return self.default


def target_of(facts: str) -> Target:
    """The target of a link's facts."""
    read: dict[str, Any] = json.loads(facts)
    utm = Utm(*read["utm"])
    ended = read["ended_destination"]
    life = LifeCycle(
        state=LinkState(read["state"]),
        starts_ms=_milliseconds(read["starts_at"]),
        ends_ms=_milliseconds(read["ends_at"]),
        has_ended_destination=ended is not None,
        campaign_state=_shared(read["campaign_state"]),
        is_doubtful=read["doubtful"],
    )
    utm_suffix = compose_target("", utm)[0].removeprefix(b"?")

    def url_of(destination: str, variant: str | None = None) -> TargetUrl:
        before, fragment = compose_target(destination, utm)
        return TargetUrl(before.removesuffix(utm_suffix), utm_suffix, fragment, _shared(variant))

    rules = tuple((one["device"], one["language"], url_of(one["destination"])) for one in read["rules"])
    variants = tuple(url_of(one["destination"], one["key"]) for one in read["variants"])
    weights = tuple(accumulate(one["weight"] for one in read["variants"]))
    is_dated = life.starts_ms is not None or life.ends_ms is not None
    return Target(
        link_id=UUID(read["id"]).bytes,
        campaign_id=UUID(read["campaign_id"]).bytes,
        plain=life.state is LinkState.ACTIVE and not (is_dated or rules or variants or read["pass_query"]),
        default=url_of(read["destination"]),
        life=life,
        ended=None if ended is None else url_of(ended),
        rules=rules,
        variants=variants,
        weights=weights,
        pass_query=read["pass_query"],
        info=LinkInfo(
            destinations=_destinations(read),
            ended=ended,
            title=_shared(read["title"]),
            description=_shared(read["description"]),
            image=_shared(read["image"]),
            campaign=_shared(read["campaign"]),
            unit=_shared(read["unit"]),
            programme=_shared(read["programme"]),
            # Snapshots of older releases have none.
            successor=_shared(read.get("successor")),
        ),
    )


def _destinations(read: dict[str, Any]) -> tuple[str, ...]:
    """Every address a tap can be sent to, each once: by a rule, else by a variant, without variants by default."""
    otherwise = [one["destination"] for one in read["variants"]] or [read["destination"]]
    return tuple(dict.fromkeys([one["destination"] for one in read["rules"]] + otherwise))


def _shared(text: Any) -> Any:
    """The same text (or null), kept once for all links that say it."""
    return None if text is None else intern(text)


def _milliseconds(moment: str | None) -> int | None:
    return None if moment is None else int(datetime.fromisoformat(moment).timestamp() * 1000)


def _share(visitor: int, link_id: bytes) -> int:
    # Mixed with the link, so that a visitor who has the first variant of one link need not have that of all.
    mixed = visitor.to_bytes(8, "big", signed=True) + link_id
    return int.from_bytes(hashlib.blake2b(mixed, digest_size=8).digest(), "big")
