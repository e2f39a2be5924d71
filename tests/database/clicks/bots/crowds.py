"""Crowds and robots as arrival times: what people do with a link behind one address, and what programs do."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Seconds = list[float]


def together(people: int, *, median: float, spread: float = 0.6) -> Callable[[random.Random], Seconds]:
    """People who were told at once: reaction times are log-normal around `median` seconds."""
    return lambda chance: [median * chance.lognormvariate(0, spread) for _ in range(people)]


def steady(rate: float, seconds: float) -> Callable[[random.Random], Seconds]:
    """People who know nothing of each other: a Poisson process of `rate` taps a second."""

    def arrivals(chance: random.Random) -> Seconds:
        at, moments = chance.expovariate(rate), []
        while at < seconds:
            moments.append(at)
            at += chance.expovariate(rate)
        return moments

    return arrivals


def regular(rate: float, seconds: float) -> Callable[[random.Random], Seconds]:
    """A program that waits for each answer."""
    return lambda _: [place / rate for place in range(int(rate * seconds))]


@dataclass(frozen=True)
class Crowd:
    """`addresses` share the taps evenly; `marked` is the share of the taps that is marked as a burst."""

    name: str
    arrivals: Callable[[random.Random], Seconds]
    addresses: int
    marked: float


# docs/decisions/0008 shows the same table.
CROWDS = (
    Crowd("a class of 40 scans a poster within a minute", together(40, median=15), 1, 0),
    Crowd("25 pupils scan within 9 seconds", regular(25 / 8.6, 8.6), 1, 0),
    Crowd("a hall of 1,000 pupils is told to scan now", together(1000, median=15), 1, 0),
    Crowd("a carrier's shared address, an evening hour at 10 a second", steady(10, 3600), 1, 0),
    Crowd("a carrier's shared address, ten minutes at 20 a second", steady(20, 600), 1, 0),
    Crowd("a stadium: 4,000 people scan, over 4 carrier addresses", together(4000, median=20), 4, 0),
    Crowd("a program at 1 a second for two hours", regular(1, 7200), 1, 0),
    Crowd("a program at 150 a second for a minute", regular(150, 60), 1, 1),
    Crowd("a program at 3,000 a second for a second", regular(3000, 1), 1, 1),
    Crowd("a program at 3,000 a second for ten seconds", regular(3000, 10), 1, 1),
    Crowd("the same over 1,000 addresses", regular(3000, 10), 1000, 0),
)
