"""The faults that a mutation trial plants."""

from tests.mutants.mutations import find_mutants

QUERY = '''"""Documented; 1 < 2."""
def due(now: int = 5, *, most: int) -> str:
    """Not 3 either."""
    if now < most and not done(now):
        wait(seconds=2)
        log.info("waited", seconds=2)
    return """
        SELECT id FROM checks WHERE due_at <= %s
        AND state = 'open'
        ORDER BY due_at LIMIT 5 FOR UPDATE SKIP LOCKED
    """
'''


def planted() -> set[tuple[int, str, str]]:
    return {(mutant.line, " ".join(mutant.old.split()), mutant.new) for mutant in find_mutants("a.py", QUERY)}


def test_python_is_changed_at_comparisons_conditions_constants_and_calls() -> None:
    assert {
        (2, "5", "6"),
        (4, "<", "<="),
        (4, "now < most", "True"),
        (4, "not done(now)", "done(now)"),
        (4, "and", "or"),
        (4, "now < most and not done(now)", "False"),
        (5, "wait(seconds=2)", "pass"),
        (5, "seconds=2", ""),
        (5, "2", "3"),
    } <= planted()


def test_sql_loses_conditions_bounds_order_and_locks() -> None:
    assert {
        (8, "<=", "<"),
        (9, "AND state = 'open'", ""),
        (10, "ORDER BY due_at", ""),
        (10, "LIMIT 5", ""),
        (10, "FOR UPDATE SKIP LOCKED", ""),
        (10, "SKIP LOCKED", ""),
    } <= planted()


def test_documentation_annotations_and_logs_stay() -> None:
    assert not [mutant for mutant in find_mutants("a.py", QUERY) if mutant.line in (1, 3, 6)]


def test_each_is_one_change_of_the_text() -> None:
    for mutant in find_mutants("a.py", QUERY):
        assert mutant.apply(QUERY) != QUERY
        assert len(mutant.apply(QUERY)) == len(QUERY) - len(mutant.old) + len(mutant.new)
