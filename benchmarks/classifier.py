"""How many user agents the bot rules classify per second, and how many they flag.

    python -m benchmarks.classifier

Reads the samples of people's and robots' agents in ../shared/data or, if they are missing, the agents of the tests.
"cold" classifies every agent; "warm" is the redirect's look-up of a known agent in its cache. Rates are of one core,
the median of several rounds.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from campaigns.clicks.bots.classifier import RULES_VERSION, classify_user_agent
from campaigns.clicks.capture.agent_cache import UserAgentCache
from tests.unit.clicks.bots.agents import PEOPLE, ROBOTS

ROUNDS = 5
WARM_LOOKS = 200_000
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data"


def agents(file: str, otherwise: Iterable[str]) -> list[str]:
    """The lines of a sample, or the tests' agents if it is missing."""
    path = SAMPLES / file
    return path.read_text().splitlines() if path.exists() else list(otherwise)


def rate(judge: Callable[[], int], rounds: int) -> float:
    """Agents per second, the median of several rounds; `judge` returns the number of agents."""
    rates = []
    for _ in range(rounds):
        begun = time.perf_counter()
        done = judge()
        rates.append(done / (time.perf_counter() - begun))
    return statistics.median(rates)


def cold(texts: list[str]) -> int:
    for text in texts:
        classify_user_agent(text)
    return len(texts)


def warm(book: UserAgentCache, headers: list[bytes]) -> int:
    for header in itertools.islice(itertools.cycle(headers), WARM_LOOKS):
        book.get(header)
    return WARM_LOOKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    samples = {
        "people": agents("user-agents-people.txt", (text for text, _ in PEOPLE)),
        "robots": agents("user-agents-bots.txt", (text for text, _ in ROBOTS)),
    }
    print(f"rules {RULES_VERSION}, median of {options.rounds} rounds, one core")
    print(f"{'':<8} {'agents':>8} {'flagged':>8} {'share':>9} {'cold/s':>10} {'warm/s':>12}")
    for name, texts in samples.items():
        flagged = sum(1 for text in texts if classify_user_agent(text).reasons)
        headers = [text.encode() for text in texts]
        book = UserAgentCache()
        warm(book, headers)
        cold_rate = rate(lambda texts=texts: cold(texts), options.rounds)  # type: ignore[misc]
        warm_rate = rate(lambda book=book, headers=headers: warm(book, headers), options.rounds)  # type: ignore[misc]
        share = f"{flagged / len(texts):.3%}"
        print(f"{name:<8} {len(texts):>8,} {flagged:>8,} {share:>9} {cold_rate:>10,.0f} {warm_rate:>12,.0f}")


if __name__ == "__main__":
    main()
