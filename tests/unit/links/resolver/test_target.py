"""Which variant of a link a visitor gets."""

from collections import Counter
from uuid import UUID

import pytest

from campaigns.clicks.visitors import visitor_of
from campaigns.links.resolver.target import Target
from tests.factories.links import target

VISITORS = [visitor_of(b"salt", f"114.4.{number // 250}.{number % 250}".encode(), b"", b"") for number in range(20_000)]


def shown(link: Target) -> list[str | None]:
    return [link.choose(device="android", language=None, visitor=visitor).variant for visitor in VISITORS]


@pytest.mark.parametrize("weights", [{"a": 1, "b": 1}, {"a": 1, "b": 2, "c": 7}, {"a": 1000, "b": 1}, {"a": 3}])
def test_variants_share_visitors_by_weight(weights: dict[str, int]) -> None:
    counts = Counter(shown(target("0199e3f0-1111-7abc-8123-456789abcdef", weights)))
    total = sum(weights.values())
    for key, weight in weights.items():
        # Five standard deviations of a fair draw: once in two million runs, were the visitors other ones each time.
        share = weight / total
        slack = 5 * (len(VISITORS) * share * (1 - share)) ** 0.5
        assert abs(counts[key] - len(VISITORS) * share) <= slack


@pytest.mark.parametrize("last", ["456789abcdee", "c56789abcdef", "000000000000"])
def test_variants_of_different_links_are_independent(last: str) -> None:
    one = shown(target("0199e3f0-1111-7abc-8123-456789abcdef", {"a": 1, "b": 1}))
    other = shown(target(str(UUID(f"0199e3f0-1111-7abc-8123-{last}")), {"a": 1, "b": 1}))
    same = sum(first == second for first, second in zip(one, other, strict=True))
    assert abs(same - len(VISITORS) / 2) <= 5 * (len(VISITORS) / 4) ** 0.5
