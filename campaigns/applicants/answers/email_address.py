"""E-mail addresses as they are typed and pasted, and the forms in which they are compared; pure."""

import re
from contextlib import suppress

from email_validator import EmailNotValidError, validate_email

from campaigns.applicants.types import AnswerError
from campaigns.kit.text.typed import plain_spelling

# `Sari Contoh <sari@example.com>`, as mail programs copy it.
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>[^<>]*")
_MAILTO = re.compile(r"mailto:([^?]*)(?:\?.*)?", re.IGNORECASE)
# What stands around an address in a sentence, and cannot end one.
_AROUND = ' \t.,;:!?()[]{}<>"\u201c\u201d\u201e\u00ab\u00bb`'
# Keyboards put a blank behind a full stop, and beside `@` when they complete a word.
_BLANKS_AT_MARKS = re.compile(r"\s*([@.])\s*")

# Letters of other scripts that look like Latin ones (Unicode, confusables.txt: those of one stroke order and form).
_CYRILLIC = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u04cf",
    "aeopcyxijsdhqwl",
)
_GREEK = ("\u03bf\u03b1\u03bd\u03c1\u03b9\u03ba\u03c5\u03c7\u0261\u0131", "oavpikuxgi")
_LOOKALIKES = str.maketrans(_CYRILLIC[0] + _GREEK[0], _CYRILLIC[1] + _GREEK[1])
# Domains of one provider for one mailbox.
_SAME_MAILBOXES = {"googlemail.com": "gmail.com"}


def read_email(line: str) -> str:
    """The address in a line, normalised as `email_validator` does; raises AnswerError if it holds none.

    Addresses that no server takes are refused (RFC 5321, 4.5.3.1: 64 octets before the `@`); those with a quoted name
    too, since hardly a form or server takes them. Whether a domain gives addresses for a day only is not asked.
    """
    text = plain_spelling(line).replace("\u3002", ".")
    if matched := _IN_BRACKETS.fullmatch(text):
        text = matched[1]
    if matched := _MAILTO.fullmatch(text.strip(_AROUND)):
        text = matched[1]
    text = _BLANKS_AT_MARKS.sub(r"\1", text.strip(_AROUND))
    if len(text) > 2 and text[0] == text[-1] == "'":
        text = text[1:-1]
    try:
        return validate_email(text, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        raise AnswerError("not-an-email", "This is not a valid e-mail address.") from None


def comparable_email(email: str) -> str:
    """The form in which addresses of one mailbox are equal: without case, with the domain in ASCII (IDNA)."""
    local, _, domain = email.rpartition("@")
    # One that only an earlier release of the library accepted is compared as it stands.
    with suppress(EmailNotValidError):
        domain = validate_email(f"x@{domain}", check_deliverability=False).ascii_domain
    return f"{plain_spelling(local).casefold()}@{domain.lower()}"


def email_skeleton(email: str) -> str:
    """What is left of an address that somebody varies: no dots and no `+tag`, look-alikes of Latin letters as those."""
    local, _, domain = comparable_email(email).rpartition("@")
    plain = local.partition("+")[0].replace(".", "") or local
    return f"{plain.translate(_LOOKALIKES)}@{_SAME_MAILBOXES.get(domain, domain)}"
