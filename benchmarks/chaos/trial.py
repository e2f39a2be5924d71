"""One run of a scenario: its load generators, the failures found, and the lines to print."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks.chaos.load import Answer, Load, milliseconds
from benchmarks.chaos.stage import SLUGS, Stage
from campaigns.clicks.tokens import read_click
from campaigns.kit.settings import Settings

DEADLINE_SECONDS: float = Settings.model_fields["click_deadline_seconds"].default


@dataclass(frozen=True)
class Scale:
    """Duration of a scenario's phases in seconds, and how often PostgreSQL is killed (`kills`)."""

    calm: float
    broken: float
    frozen: float
    kills: int


FULL = Scale(calm=2.0, broken=4.0, frozen=20.0, kills=10)
SHORT = Scale(calm=0.7, broken=1.0, frozen=4.0, kills=2)


@dataclass
class Trial:
    """`wrong` collects incorrect results; `late` collects exceeded times, which a busy machine can cause."""

    stage: Stage
    scale: Scale
    name: str
    loads: list[Load] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    phases: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stage.until(self.stage.is_settled, "the stage to be well before the scenario")
        self.begun = datetime.now(UTC)
        self.lost_before = self.stage.lost()

    def load(self) -> Load:
        load = Load(self.stage.port, SLUGS)
        self.loads.append(load)
        return load

    def tell(self, words: str) -> None:
        """Add a step or an observation to the printed line."""
        self.steps.append(words)

    def require(self, held: bool, words: str) -> None:
        """Record a failure unless `held`."""
        if not held:
            self.wrong.append(words)

    def took(self, seconds: float, what: str, *, limit: float | None = None) -> None:
        """Print a duration in seconds, and record it as late if it exceeds the limit."""
        self.tell(f"{what} after {seconds:.1f} s")
        if limit is not None and seconds > limit:
            self.late.append(f"{what} after {seconds:.1f} s, limit {limit:.1f} s")

    def phase(self, name: str, begun: float) -> None:
        """Name the time since `begun` (monotonic); the response times are printed by phase."""
        self.phases[name] = (begun, time.monotonic())

    def answers_in(self, name: str) -> list[Answer]:
        begun, ended = self.phases[name]
        return [answer for load in self.loads for answer in load.answers if begun <= answer.sent < ended]

    def require_prompt(self, name: str, usual: str) -> None:
        """Record taps as late if their p99 in one phase exceeds the deadline plus their p99 in the phase `usual`."""
        _, p99, _ = milliseconds(self.answers_in(name))
        _, before, _ = milliseconds(self.answers_in(usual))
        limit = DEADLINE_SECONDS * 1000 + before
        if not p99 <= limit:
            self.late.append(f"p99 of {name} is {p99:.0f} ms, limit {limit:.0f} ms")

    def settle(self, *, lost: bool = False, unanswered: bool = False) -> None:
        """Wait until all taps are drained, and compare the responses with the stored taps.

        `lost`: taps may be missing if all of them are counted as lost. `unanswered`: connections may have ended before
        a response.
        """
        self.took(self.stage.until(self.stage.is_settled, "all taps to be drained"), "drained")
        answers = [answer for load in self.loads for answer in load.answers]
        broken, hanging = sum(load.unanswered for load in self.loads), sum(load.hanging for load in self.loads)
        clicks = [read_click(self.stage.token_key, answer.token) for answer in answers if answer.token]
        acked = {click.click_id for click in clicks if click is not None}
        stored = self.stage.clicks_since(self.begun)
        missing, duplicates = acked - set(stored), len(stored) - len(set(stored))
        counted = self.stage.lost() - self.lost_before
        self.not_acked = set(stored) - acked
        statuses = sorted({answer.status for answer in answers} - {302})
        self.require(bool(answers), "no request was answered")
        self.require(not statuses, f"answers other than 302: {statuses}")
        self.require(len(acked) == len(answers), f"{len(answers)} answers with {len(acked)} different valid tokens")
        self.require(not hanging, f"{hanging} requests hang")
        self.require(unanswered or not broken, f"{broken} connections ended before an answer")
        self.require(not duplicates, f"{duplicates} taps stored twice")
        if lost:
            # Taps of connections that ended without a response may be stored or counted as lost.
            fits = len(missing) <= counted <= len(missing) + broken
            self.require(fits, f"{len(missing)} missing, but {counted} counted as lost")
        else:
            self.require(not missing, f"{len(missing)} acknowledged taps are not stored")
            self.require(not counted, f"{counted} counted as lost")
        self.figures = (
            f"{len(answers) + broken + hanging:,} requests, {len(answers):,} answers, {len(acked):,} acked,"
            f" {len(stored):,} stored, {len(missing):,} missing, {duplicates} stored twice,"
            f" {counted:,} counted as lost" + (f", {broken} cut off unanswered" if unanswered else "")
        )

    def lines(self) -> list[str]:
        """The lines to print."""
        times = []
        for name in self.phases:
            p50, p99, longest = milliseconds(self.answers_in(name))
            times.append(f"{name} p50 {p50:.1f} p99 {p99:.1f} max {longest:.0f} ms")
        verdict = "FAILED" if self.wrong or self.late else "ok"
        return [
            f"{self.name:<18} {verdict:<6} {'; '.join(self.steps)}",
            f"{'':<25} {self.figures}",
            *([f"{'':<25} {'; '.join(times)}"] if times else []),
            *(f"{'':<25} WRONG: {words}" for words in self.wrong),
            *(f"{'':<25} LATE: {words}" for words in self.late),
        ]
