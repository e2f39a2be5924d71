"""Why a tap is not counted as a person's, worked out in SQL from what is stored of it and of its user agent.

Nothing of this is stored with the tap: when the rules change, `jaring clicks reclassify` judges the agents again, and
every figure follows. Statistics and lists of links count with `IS_PERSON`; what speaks to psycopg takes `reasons_sql`.
Tables are read as `clicks` outer joined to `agents`, unless other aliases are given.
"""

from sqlalchemy import ColumnElement, Integer, case, literal_column

from campaigns.clicks.types import BotReason, RequestFlag

# What is observed of the single tap and a reason by itself.
_OF_THE_TAP = {
    RequestFlag.PREFETCH: BotReason.PREFETCH,
    RequestFlag.HEAD: BotReason.HEAD,
    RequestFlag.BURST: BotReason.BURST,
}

# A tap with several reasons is shown under the first of these: what it surely is before what it only looks like.
ORDER_OF_REASONS = (
    BotReason.PREVIEW,
    BotReason.CRAWLER,
    BotReason.AUTOMATED,
    BotReason.EMPTY_AGENT,
    BotReason.HEAD,
    BotReason.PREFETCH,
    BotReason.IMPLAUSIBLE,
    BotReason.BURST,
)


def reasons_sql(tap: str = "clicks", agent: str = "agents") -> str:
    """The bits of `types.Reason` that hold for a tap, as SQL text; 0 is a person's.

    An agent without a row has no reasons and expects nothing.
    """
    observed = f"{tap}.observed"
    of_the_tap = [
        f"CASE WHEN {observed} & {seen.value} <> 0 THEN {reason.value} ELSE 0 END"
        for seen, reason in _OF_THE_TAP.items()
    ]
    # Browsers send Sec-Fetch-Mode to trustworthy addresses only: elsewhere it is not missing.
    excused = f"CASE WHEN {observed} & {RequestFlag.SECURE.value} <> 0 THEN 0 ELSE {RequestFlag.FETCH_MODE.value} END"
    missing = f"{agent}.expects & ~({observed} | {excused})"
    implausible = f"CASE WHEN {missing} <> 0 THEN {BotReason.IMPLAUSIBLE.value} ELSE 0 END"
    return f"({' | '.join([f'coalesce({agent}.reasons, 0)', *of_the_tap, implausible])})"


def reasons_of(tap: str = "clicks", agent: str = "agents") -> ColumnElement[int]:
    """The same for SQLAlchemy; the statement's FROM has to name the two tables itself."""
    return literal_column(reasons_sql(tap, agent), Integer)


def has_reason(reasons: ColumnElement[int], reason: BotReason) -> ColumnElement[bool]:
    return reasons.bitwise_and(reason.value) != 0


def word_of(reason: BotReason) -> str:
    """The word that the API has for a single reason, such as `empty_agent`."""
    return str(reason.name).lower()


def first_reason(reasons: ColumnElement[int]) -> ColumnElement[str | None]:
    """The word of a tap's first reason in ORDER_OF_REASONS; null for a person's."""
    return case(*((has_reason(reasons, one), word_of(one)) for one in ORDER_OF_REASONS))


def is_person(reasons: ColumnElement[int]) -> ColumnElement[bool]:
    return reasons == 0


def is_preview(reasons: ColumnElement[int]) -> ColumnElement[bool]:
    return has_reason(reasons, BotReason.PREVIEW)


def is_filtered(reasons: ColumnElement[int]) -> ColumnElement[bool]:
    """Neither counted as a click nor as a preview."""
    return (reasons != 0) & ~is_preview(reasons)


REASONS = reasons_of()
IS_PERSON = is_person(REASONS)
IS_PREVIEW = is_preview(REASONS)
IS_FILTERED = is_filtered(REASONS)
