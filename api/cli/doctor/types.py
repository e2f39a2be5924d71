"""What a check of `jaring doctor` finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: `FAIL` keeps the server from working, `WARN` only some of its uses."""

    OK = "ok"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the report; what is not well has a remedy."""

    part: str
    level: Level
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<4} {self.part}: {self.detail}"
        return f"{line}\n     {self.remedy}" if self.remedy else line


def well(part: str, detail: str) -> Diagnosis:
    return Diagnosis(part, Level.OK, detail)


def warning(part: str, detail: str, *, remedy: str) -> Diagnosis:
    return Diagnosis(part, Level.WARN, detail, remedy)


def failure(part: str, detail: str, *, remedy: str) -> Diagnosis:
    return Diagnosis(part, Level.FAIL, detail, remedy)
