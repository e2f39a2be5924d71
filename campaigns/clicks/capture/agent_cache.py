"""User agents that one server process has met: classified at first sight, and stored before their first tap.

On the redirect's hot path: a known agent costs one look-up in a dictionary. What is stored of an agent is bounded
twice: its text by `bots/known_words.py`, and how many new ones a process may add, since they stay.
"""

import hashlib

from msgspec import Struct
from prometheus_client import Counter

from campaigns.clicks.bots.classifier import RULES_VERSION
from campaigns.clicks.bots.known_words import in_known_words, stand_in
from campaigns.clicks.capture.bounded_cache import BoundedCache
from campaigns.clicks.capture.budget import Budget
from campaigns.clicks.types import AgentVerdict, BotReason

MAX_AGENT_BYTES = 1000  # a longer one is cut, then kept and classified
MAX_CACHED_BYTES = 32_000_000
# New agents that a process stores at once, which is more than a campaign's phones are, and then for each hour. The taps
# of others name the agent that stands for all of their kind.
MAX_NEW_AGENTS, NEW_PER_HOUR = 5_000, 100
# What Python needs for an agent and its verdict beside the texts themselves.
_ENTRY_BYTES = 600

UNTOLD = Counter("jaring_agents_not_stored_total", "New user agents whose taps name the agent of their kind instead.")


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

    def __init__(self, max_bytes: int = MAX_CACHED_BYTES, budget: Budget | None = None) -> None:
        self._known = BoundedCache[bytes, CachedAgent](max_bytes, _weight)
        # Many headers are one agent in known words.
        self._by_id = BoundedCache[int, CachedAgent](max_bytes, _weight_of_agent)
        self._budget = budget or Budget(MAX_NEW_AGENTS, NEW_PER_HOUR)

    @property
    def bytes_kept(self) -> int:
        """About how much memory the cache takes."""
        return self._known.bytes + self._by_id.bytes

    def get(self, header: bytes) -> CachedAgent:
        """The agent of a User-Agent header; empty for a request that has none."""
        header = header[:MAX_AGENT_BYTES]
        agent = self._known.get(header)
        if agent is None:
            agent = self._agent(*in_known_words(header.decode("utf-8", "replace")))
            self._known.keep(header, agent)
        return agent

    def _agent(self, text: str, verdict: AgentVerdict) -> CachedAgent:
        agent = self._by_id.get(agent_id(text))
        if agent is None:
            if not self._budget.take():
                UNTOLD.inc()
                text, verdict = stand_in(verdict)
                agent = self._by_id.get(agent_id(text))
                if agent is not None:
                    return agent
            agent = CachedAgent(agent_id(text), text, verdict, BotReason.PREVIEW in verdict.reasons)
            self._by_id.keep(agent.id, agent)
        return agent


def _weight(header: bytes, _agent: CachedAgent) -> int:
    # The agent itself is weighed where it is kept by its id.
    return _ENTRY_BYTES // 4 + len(header)


def _weight_of_agent(_id: int, agent: CachedAgent) -> int:
    return _ENTRY_BYTES + len(agent.text)


def agent_id(text: str) -> int:
    """The agent's key: BLAKE2b (RFC 7693) of its text as a signed 64-bit number, so that no look-up is needed."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
