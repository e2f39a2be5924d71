"""The redirect's large caches are not traversed by the garbage collector."""

import gc
from collections.abc import Callable

import pytest

from campaigns.clicks.capture.request_headers import HeaderParser
from tests.factories.links import target

MANY = 1000


def remember_links() -> object:
    # As the resolver keeps them, with two numbers.
    return {
        number: (target(f"0199e3f0-1111-7abc-8123-{number:012}", {"a": 1, "b": 2}), float(number), 1)
        for number in range(MANY)
    }


def remember_agents() -> object:
    notes = HeaderParser()
    for number in range(MANY):
        notes.parse({b"user-agent": b"Mozilla/5.0 (Linux; Android 14; CPH%d)" % number}, head=False, secure=True)
    return notes


@pytest.mark.parametrize("remember", [remember_links, remember_agents])
def test_nothing_of_it_is_walked_over(remember: Callable[[], object]) -> None:
    remember()  # what is built once, on first use
    before = walked_over()
    remembered = remember()
    assert walked_over() - before < MANY / 10
    assert remembered is not None


def walked_over() -> int:
    """The number of objects that the next collection traverses."""
    gc.collect()
    gc.collect()  # a tuple is let off once all that it holds has been
    return len(gc.get_objects())
