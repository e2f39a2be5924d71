"""User agents that one server process has met: classified at first sight, and stored before their first tap.

On the redirect's hot path: a known agent costs one look-up in a dictionary.
"""

import hashlib

from msgspec import Struct

from campaigns.clicks.bots.classifier import RULES_VERSION, classify_user_agent
from campaigns.clicks.capture.bounded_cache import BoundedCache
from campaigns.clicks.types import AgentVerdict, BotReason

MAX_AGENT_BYTES = 1000  # a longer one is cut, then kept and classified
MAX_CACHED_BYTES = 32_000_000
# What Python needs for an agent and its verdict beside the texts themselves.
_ENTRY_BYTES = 600


class CachedAgent(Struct, eq=False, gc=False):
    """One user agent: its row in `agents`, and whether PostgreSQL is known to have it.

    `is_preview`: a link-preview crawler, which gets an HTML page instead of a redirect.
    """

    id: int
    text: str
    verdict: AgentVerdict
    is_preview: bool
    stored: bool = False

    def row(self) -> tuple[int, str, int, int, str, str | None, int]:
        """Its row, in the order of `store.AgentRow`."""
        verdict = self.verdict
        return (
            self.id,
            self.text,
            int(verdict.reasons),
            int(verdict.expects),
            verdict.device.value,
            verdict.app,
            RULES_VERSION,
        )


class UserAgentCache:
    """The user agents of one server process; the oldest are forgotten beyond `max_bytes`."""

    def __init__(self, max_bytes: int = MAX_CACHED_BYTES) -> None:
        self._known = BoundedCache[bytes, CachedAgent](max_bytes, _weight)

    @property
    def bytes_kept(self) -> int:
        """About how much memory the cache takes."""
        return self._known.bytes

    def get(self, header: bytes) -> CachedAgent:
        """The agent of a User-Agent header; empty for a request that has none."""
        header = header[:MAX_AGENT_BYTES]
        agent = self._known.get(header)
        if agent is None:
            text = agent_text(header)
            verdict = classify_user_agent(text)
            agent = CachedAgent(agent_id(text), text, verdict, BotReason.PREVIEW in verdict.reasons)
            self._known.keep(header, agent)
        return agent


def _weight(header: bytes, agent: CachedAgent) -> int:
    # A text with one character beyond Latin-1 takes up to four bytes for each.
    return _ENTRY_BYTES + len(header) + (1 if agent.text.isascii() else 4) * len(agent.text)


def agent_text(header: bytes) -> str:
    """A header's text as it is stored and classified; PostgreSQL takes it, whatever bytes came in."""
    return header[:MAX_AGENT_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")


def agent_id(text: str) -> int:
    """The agent's key: BLAKE2b (RFC 7693) of its text as a signed 64-bit number, so that no look-up is needed."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
