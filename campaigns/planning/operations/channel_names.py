"""Checks of a channel's source, medium and aliases against the channels in reach; used by `channels`."""

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
    """The names that channels in reach use: `{source or alias: its sources}`, and the media."""

    meanings: Mapping[str, Set[str]]
    media: Set[str]


async def lock_channel_names(session: AsyncSession, principal: Principal) -> ChannelVocabulary:
    """The names in reach, locked against changes by other transactions until this one ends."""
    # A unit shares the names of the units above it, so all changes of names take one lock: the national unit's row.
    # With `key_share`, rows that only refer to that unit can still be inserted.
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
    """The normal form of a source, medium or alias; appends to `corrections` and `errors`."""
    word, found = normalize_name(text, path=path, known=known)
    corrections += found
    with collect_errors(errors):
        word = fold_utm_name(word, path=path)
    return word


def find_near_duplicate_names(
    source: str, medium: str, words: ChannelVocabulary, keep_names: Collection[str]
) -> list[FieldError]:
    """Errors for a source that is a near-duplicate of a source or alias, and for a medium that is one of a medium."""
    issues = []
    for name, existing in find_near_duplicates([source], words.meanings, keep_names).items():
        # If the existing name is an alias, its source is suggested, since that is the name to use.
        issues.append(near_duplicate(("source",), name, min(words.meanings[existing])))
    for name, existing in find_near_duplicates([medium], words.media, keep_names).items():
        issues.append(near_duplicate(("medium",), name, existing))
    return [issue.as_error() for issue in issues]


def find_near_duplicate_aliases(
    aliases: Mapping[str, FieldPath], source: str, words: ChannelVocabulary, keep_names: Collection[str]
) -> list[FieldError]:
    """Errors for aliases (`{alias: its path}`) that are near-duplicates of another source or of its aliases."""
    others = {word: sources - {source} for word, sources in words.meanings.items() if sources - {source}}
    similar = find_near_duplicates(aliases, others, keep_names)
    errors = []
    for alias, path in aliases.items():
        # Aliases of the same source may resemble each other.
        if (existing := similar.get(alias)) in others:
            detail = (
                f'"{alias}" looks like a misspelling of "{existing}", a name of the source "{min(others[existing])}". '
                f'Remove "{alias}", or add it to `keep_names`.'
            )
            errors.append(replace(near_duplicate(path, alias, existing), detail=detail).as_error())
    return errors


def require_unambiguous(source: str, aliases: Iterable[str], words: ChannelVocabulary) -> None:
    """Raise Conflict if the source or an alias already stands for another source among the channels in reach."""
    for word in (source, *aliases):
        others = words.meanings.get(word, frozenset()) - {source}
        if others:
            raise Conflict("alias-taken", f'One of these spellings already belongs to the source "{min(others)}".')
