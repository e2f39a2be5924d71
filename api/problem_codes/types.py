"""What the registry of problems is made of."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    ENGLISH = "en"
    INDONESIAN = "id"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in every language; `{name}` stands for a value."""

    en: str
    id: str

    def told(self, language: Language) -> str:
        return self.id if language is Language.INDONESIAN else self.en


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: the HTTP status, the title that people read, and when it occurs."""

    status: int
    title: Text
    occurs: str


@dataclass(frozen=True, slots=True)
class FieldCode:
    """A code of `errors[]`: when it occurs, and the sentence that is shown where no more exact one is translated."""

    occurs: str
    general: Text
