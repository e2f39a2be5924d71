"""A pytest plugin that notes which test reaches which line, where pytest runs under coverage.py."""

import coverage


def pytest_runtest_logstart(nodeid: str) -> None:
    """Book what runs from now on to this test."""
    if (measured := coverage.Coverage.current()) is not None:
        measured.switch_context(nodeid)
