"""The words of an answer: title, detail and the sentences of `errors[]`, in the language that is wanted.

The domain says in English what is wrong. In Indonesian its sentence is told where `SENTENCES` has it, with the same
values; otherwise the general sentence of its code is.
"""

import re
from collections.abc import Mapping
from typing import Any

from api.problem_codes.fields import FIELD_CODES
from api.problem_codes.inputs import GENERAL, INPUT_ERRORS, SAME
from api.problem_codes.problems import PROBLEMS
from api.problem_codes.sentences import SENTENCES, WORDS
from api.problem_codes.types import Language
from campaigns.kit.errors import Sentence


def title_of(code: str, language: Language) -> str | None:
    """The title of a type of problem; None for one that is not registered."""
    problem = PROBLEMS.get(code)
    return problem.title.told(language) if problem else None


def detail_of(code: str, detail: str, language: Language) -> str:
    """The sentence about the whole problem."""
    if language is Language.ENGLISH:
        return detail
    told = _translated(detail)
    title = title_of(code, language)
    return told or (f"{title}." if title else detail)


def field_detail_of(code: str, detail: str, language: Language) -> str:
    """The sentence about one field."""
    if language is Language.ENGLISH:
        return detail
    general = FIELD_CODES.get(code)
    return _translated(detail) or (general.general if general else GENERAL).told(language)


def input_error(error: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """The code and the sentence for an error of pydantic; for a kind that is not listed, the general ones."""
    kind = SAME.get(error["type"], error["type"])
    text = INPUT_ERRORS.get(kind)
    if text is None:
        return "invalid", GENERAL.told(language)
    values = {name: _plain(value) for name, value in error.get("ctx", {}).items()}
    try:
        return kind.replace("_", "-"), text.told(language).format_map(values)
    except KeyError:
        return kind.replace("_", "-"), GENERAL.told(language)


def _plain(value: object) -> str:
    """A value without pydantic's own words: the choices of an enumeration are joined by commas."""
    text = str(value)
    choices = re.findall(r"'([^']*)'", text)
    return ", ".join(choices) if choices else text


def _translated(detail: str) -> str | None:
    template = detail.template if isinstance(detail, Sentence) else detail
    known = SENTENCES.get(template)
    if known is None:
        return None
    values = detail.values if isinstance(detail, Sentence) else {}
    return known.format(**{name: WORDS.get(str(value), value) for name, value in values.items()})
