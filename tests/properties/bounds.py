"""The number of examples of the property tests: the same ones in every run, and few enough for `make test`."""

from hypothesis import HealthCheck, settings

# Examples of one test share its fixtures. Each test here looks at what its own example added, so that does no harm.
_SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)


def bounded(examples: int) -> settings:
    """A number of examples without a time limit for each, since the machine may be busy."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=_SHARED,
    )
