"""Names as people have them: one letter or many, in any script; pure.

Nothing is said about what a name looks like, only that a person can read it out.
"""

import unicodedata
from itertools import groupby

from campaigns.applicants.types import AnswerError

# Unicode Technical Standard 39, 5.4: more marks on one letter are no writing but an attempt to hide what is near.
MAX_MARKS = 4


def read_name(line: str) -> str:
    """The name in a plain line (`kit.text.typed`); raises AnswerError without a letter, or if marks bury one."""
    if not any(unicodedata.category(char).startswith("L") for char in line):
        raise AnswerError("no-letters", "This field needs at least one letter.")
    # Decomposed, since a composed letter brings marks of its own.
    marks = (unicodedata.category(char) in ("Mn", "Me") for char in unicodedata.normalize("NFD", line))
    if any(marked and sum(1 for _ in run) > MAX_MARKS for marked, run in groupby(marks)):
        raise AnswerError("too-many-marks", f"A letter can have at most {MAX_MARKS} marks above and below it.")
    return line


def comparable_name(name: str) -> str:
    """The form in which names are compared: words in order of the alphabet, without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(sorted("".join(_comparable(char) for char in folded).split()))


def _comparable(char: str) -> str:
    """The character; nothing for an accent or what is written inside a word; a space for what divides words."""
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf" or char in "'\u2018\u2019":
        return ""
    return char if unicodedata.category(char)[0] in "LMN" else " "
