"""How long the fuzz tests look: the same examples in every run, and few enough for everybody's `make test`."""

from hypothesis import HealthCheck, settings

# Examples of one test share its fixtures. Each test here looks at what its own example added, so that does no harm.
_SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)


def bounded(examples: int) -> settings:
    """So many examples, without a time limit for each, since other people's work shares the processor."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=_SHARED,
    )
