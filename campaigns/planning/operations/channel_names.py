"""Checks of channels' sources, media and aliases against those in reach, for `channels`, which creates them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, replace

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import Conflict, FieldError, FieldPath, collect_errors
from campaigns.naming.normal_form import normalize_name
from campaigns.naming.similar_names import find_near_duplicates, near_duplicate
from campaigns.naming.types import NameIssue
from campaigns.naming.utm import fold_utm_name
from campaigns.planning.models import Channel, Unit
from campaigns.planning.queries import in_reach


@dataclass(frozen=True, slots=True)
class ChannelVocabulary:
    """The words of the channels in reach: the sources that each spelling of one stands for, and the media."""

    meanings: Mapping[str, Set[str]]
    media: Set[str]


async def lock_channel_names(session: AsyncSession, principal: Principal) -> ChannelVocabulary:
    """The words in reach, which no other transaction changes before this one ends."""
    # The national unit's row is the lock that makes any two changes to the vocabulary wait for each other, for a unit
    # shares the words of those above it; `key_share` lets rows that only refer to the unit be made meanwhile.
    await session.exec(select(Unit.id).where(col(Unit.parent_id).is_(None)).with_for_update(key_share=True))
    statement = select(Channel.source, Channel.medium, Channel.aliases)
    rows = (await session.exec(statement.where(col(Channel.unit_id).in_(in_reach(principal))))).all()
    meanings: dict[str, set[str]] = defaultdict(set)
    for source, _, aliases in rows:
        for word in (source, *aliases):
            meanings[word].add(source)
    return ChannelVocabulary(dict(meanings), {medium for _, medium, _ in rows})


def normalize_channel_name(
    text: str, known: Collection[str], *, path: FieldPath, corrections: list[NameIssue], errors: list[FieldError]
) -> str:
    """The source, medium or alias in its normal form; what was corrected and what is wrong is added to the lists."""
    word, found = normalize_name(text, path=path, known=known)
    corrections += found
    with collect_errors(errors):
        word = fold_utm_name(word, path=path)
    return word


def find_near_duplicate_names(
    source: str, medium: str, words: ChannelVocabulary, keep_names: Collection[str]
) -> list[FieldError]:
    """An error for a source that is a near-duplicate of another or of an alias, and for such a medium."""
    found = []
    for name, double in find_near_duplicates([source], words.meanings, keep_names).items():
        # Where an alias is resembled, its source is suggested, since that is the name to use.
        found.append(near_duplicate(("source",), name, min(words.meanings[double])))
    for name, double in find_near_duplicates([medium], words.media, keep_names).items():
        found.append(near_duplicate(("medium",), name, double))
    return [fault.as_error() for fault in found]


def find_near_duplicate_aliases(
    aliases: Mapping[str, FieldPath], source: str, words: ChannelVocabulary, keep_names: Collection[str]
) -> list[FieldError]:
    """An error for each alias, given with its path, that is a near-duplicate of a spelling of another source."""
    others = {word: sources - {source} for word, sources in words.meanings.items() if sources - {source}}
    doubles = find_near_duplicates(aliases, others, keep_names)
    found = []
    for alias, path in aliases.items():
        # Aliases of one source may be as near to each other as they like.
        if (double := doubles.get(alias)) in others:
            detail = (
                f'"{alias}" looks like a misspelling of "{double}", which stands for the source {min(others[double])}. '
                f'Leave it out, or add "{alias}" to `keep_names`.'
            )
            found.append(replace(near_duplicate(path, alias, double), detail=detail).as_error())
    return found


def require_unambiguous(source: str, aliases: Iterable[str], words: ChannelVocabulary) -> None:
    """Raise Conflict if a spelling would stand for two sources among the channels in reach."""
    for word in (source, *aliases):
        others = words.meanings.get(word, frozenset()) - {source}
        if others:
            raise Conflict("alias-taken", f"One of these spellings already stands for the source {min(others)}.")
