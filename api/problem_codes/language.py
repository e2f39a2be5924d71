"""Which language a problem is told in, by `Accept-Language` (RFC 9110, 12.5.4); English where neither is wanted."""

from api.problem_codes.types import Language

# The first part of a language tag; `in` is what older Android phones send for Indonesian.
_OF_TAG = {"en": Language.ENGLISH, "id": Language.INDONESIAN, "in": Language.INDONESIAN, "*": Language.ENGLISH}
# No more of a header is read: no browser sends longer ones.
MAX_LENGTH = 200


def preferred_language(accept_language: str | None) -> Language:
    """The language that is wanted most; of equally wanted ones the first."""
    best, weight = Language.ENGLISH, 0.0
    for part in (accept_language or "")[:MAX_LENGTH].split(","):
        tag, _, parameter = part.partition(";")
        language = _OF_TAG.get(tag.strip().lower().replace("_", "-").partition("-")[0])
        wanted = _weight(parameter)
        if language is not None and wanted > weight:
            best, weight = language, wanted
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return min(1.0, float(value)) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
