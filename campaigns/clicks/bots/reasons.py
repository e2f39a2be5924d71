"""The bot reasons of a tap as SQL expressions over its stored flags and its user agent's verdict.

Reasons are not stored with the tap: when the rules change, `jaring clicks reclassify` updates the agents and every
figure follows. Statistics and the list of links count with `IS_PERSON`; code that uses psycopg directly takes
`reasons_sql`. The expressions assume `clicks` outer joined to `agents`, unless other aliases are given.
"""

from collections.abc import Mapping
from functools import reduce
from operator import or_

from sqlalchemy import Boolean, ColumnElement, Integer, case, literal_column

from campaigns.clicks.types import BotReason, RequestFlag

# Request flags that are a bot reason by themselves.
_CERTAIN = {RequestFlag.HEAD: BotReason.HEAD, RequestFlag.SUBRESOURCE: BotReason.SUBRESOURCE}
_GUESSED = {
    RequestFlag.PREFETCH: BotReason.PREFETCH,
    RequestFlag.BURST: BotReason.BURST,
    RequestFlag.UNIFORM: BotReason.UNIFORM,
}

# Guesses from the pace or the headers of a tap. A registration with its click token refutes them; it does not refute
# that a robot named itself, or that no page was asked for.
REFUTABLE = reduce(or_, _GUESSED.values(), BotReason.IMPLAUSIBLE)

# A tap with several reasons is reported under the first of these; certain reasons come before likely ones.
ORDER_OF_REASONS = (
    BotReason.PREVIEW,
    BotReason.CRAWLER,
    BotReason.AUTOMATED,
    BotReason.EMPTY_AGENT,
    BotReason.HEAD,
    BotReason.SUBRESOURCE,
    BotReason.PREFETCH,
    BotReason.IMPLAUSIBLE,
    BotReason.BURST,
    BotReason.UNIFORM,
)


def reasons_sql(tap: str = "clicks", agent: str = "agents") -> str:
    """SQL text for the `types.BotReason` bits of a tap; 0 for a person's.

    A tap whose agent has no row has no reasons of the agent, and no header is expected of it.
    """
    guessed = f"CASE WHEN {_is_proven(tap)} THEN 0 ELSE {_guesses_sql(tap, agent)} END"
    return f"({' | '.join([f'coalesce({agent}.reasons, 0)', *_reasons_by_flag(tap, _CERTAIN), guessed])})"


def restored_sql(tap: str = "clicks", agent: str = "agents") -> str:
    """SQL text for whether a tap has no REFUTABLE reason only because somebody registered with its click token."""
    return f"({_is_proven(tap)} AND {_guesses_sql(tap, agent)} <> 0)"


def _is_proven(tap: str) -> str:
    return f"{tap}.observed & {RequestFlag.PROVEN.value} <> 0"


def _reasons_by_flag(tap: str, reasons: Mapping[RequestFlag, BotReason]) -> list[str]:
    return [
        f"CASE WHEN {tap}.observed & {seen.value} <> 0 THEN {reason.value} ELSE 0 END"
        for seen, reason in reasons.items()
    ]


def _guesses_sql(tap: str, agent: str) -> str:
    """SQL text for the REFUTABLE reasons of a tap."""
    observed = f"{tap}.observed"
    # Browsers send Sec-Fetch-Mode to secure origins only, so it is not missing elsewhere.
    excused = f"CASE WHEN {observed} & {RequestFlag.SECURE.value} <> 0 THEN 0 ELSE {RequestFlag.FETCH_MODE.value} END"
    missing = f"{agent}.expects & ~({observed} | {excused})"
    is_stripped = f"{observed} & {RequestFlag.STRIPPED.value} <> 0"
    implausible = f"CASE WHEN {missing} <> 0 AND NOT {is_stripped} THEN {BotReason.IMPLAUSIBLE.value} ELSE 0 END"
    return f"({' | '.join([*_reasons_by_flag(tap, _GUESSED), implausible])})"


def reasons_of(tap: str = "clicks", agent: str = "agents") -> ColumnElement[int]:
    """The same as a SQLAlchemy expression; the statement's FROM must name both tables."""
    return literal_column(reasons_sql(tap, agent), Integer)


def has_reason(reasons: ColumnElement[int], reason: BotReason) -> ColumnElement[bool]:
    return reasons.bitwise_and(reason.value) != 0


def word_of(reason: BotReason) -> str:
    """The API's name of a single reason, such as `empty_agent`."""
    return str(reason.name).lower()


def first_reason(reasons: ColumnElement[int]) -> ColumnElement[str | None]:
    """The API's name of a tap's first reason in ORDER_OF_REASONS; null for a person's."""
    return case(*((has_reason(reasons, one), word_of(one)) for one in ORDER_OF_REASONS))


def is_person(reasons: ColumnElement[int]) -> ColumnElement[bool]:
    return reasons == 0


def is_preview(reasons: ColumnElement[int]) -> ColumnElement[bool]:
    return has_reason(reasons, BotReason.PREVIEW)


def is_filtered(reasons: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a tap counts neither as a click nor as a preview."""
    return (reasons != 0) & ~is_preview(reasons)


REASONS = reasons_of()
IS_RESTORED: ColumnElement[bool] = literal_column(restored_sql(), Boolean)
IS_PERSON = is_person(REASONS)
IS_PREVIEW = is_preview(REASONS)
IS_FILTERED = is_filtered(REASONS)
