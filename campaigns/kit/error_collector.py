"""Finding everything that is wrong with a request before refusing it, so that one answer names it all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from campaigns.kit.errors import FieldError, Invalid


@contextmanager
def collect_errors(faults: list[FieldError]) -> Iterator[None]:
    """Add the fields of an `Invalid` raised inside to `faults` and go on after the block."""
    try:
        yield
    except Invalid as refused:
        faults.extend(refused.fields)


def raise_if_any(faults: Sequence[FieldError]) -> None:
    """Raise one `Invalid` with all the faults, if there are any."""
    if faults:
        raise Invalid("invalid-input", "The request has fields that cannot be accepted.", tuple(faults))
