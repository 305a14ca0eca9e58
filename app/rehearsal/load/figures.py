"""What a step of a load test comes to: both sides' notes joined, and reduced to figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from app.rehearsal.load.phones import Heard
from app.rehearsal.load.servers import Usage

MATCHED_WITHIN_S = 2.0
WANTED_MS = 40.0  # p99 of the delay added each way
LATE_MS = 5.0  # p99 of our own frames: above it the generator is the limit
FULL = 0.7  # of a core, that one plans with
SECONDS_AN_HOUR = 3600.0

Noted = Sequence[Sequence[float]]  # of a session: bursts heard, turns begun, interruptions


@dataclass(frozen=True, slots=True)
class Step:
    """One server under so many calls. Delays in milliseconds, p50 and p99; NaN where nothing was to be measured."""

    server: str
    calls: int
    cpu_ms: float  # of a second of one call
    core: float  # of one core
    rss_mb: float  # that a call takes
    up_ms: tuple[float, float]
    down_ms: tuple[float, float]
    clear_ms: tuple[float, float]
    underruns: int
    lost: int
    unanswered: int
    late_ms: float
    usd: float  # for a thousand minutes, of computing alone

    @property
    def kept(self) -> bool:
        """Callers would have noticed nothing."""
        return (
            not (self.underruns or self.lost or self.unanswered)
            and self.up_ms[1] < WANTED_MS
            and self.down_ms[1] < WANTED_MS
            and self.late_ms < LATE_MS
        )

    @property
    def calls_per_core(self) -> int:
        """How many fill FULL of one core, at what a call costs here."""
        return int(FULL * 1000 / self.cpu_ms) if self.cpu_ms else 0


def step(
    server: str,
    heard: Sequence[Heard],
    noted: Mapping[str, Noted],
    usages: tuple[Usage, Usage, Usage],
    core_usd: float,
) -> Step:
    """``usages``: before the calls, as the measuring began, and as it ended."""
    idle, began, ended = usages
    window = (began.at, ended.at - MATCHED_WITHIN_S / 4)
    up: list[float] = []
    down: list[float] = []
    clear: list[float] = []
    for call in heard:
        bursts, turns, interrupted = noted.get(str(call.identity), ((), (), ()))
        up += _delays(call.bursts, bursts, window)
        down += _delays(turns, call.turns, window)
        clear += _delays(interrupted, call.clears, window)
    seconds, cpu_s = ended.at - began.at, ended.cpu_s - began.cpu_s
    cpu_ms = cpu_s * 1000 / seconds / len(heard)
    return Step(
        server,
        len(heard),
        cpu_ms,
        cpu_s / seconds,
        (ended.rss_mb - idle.rss_mb) / len(heard),
        _spread(up),
        _spread(down),
        _spread(clear),
        sum(window[0] <= at < window[1] for call in heard for at in call.underruns),
        sum(call.lost or call.identity is None for call in heard),
        sum(delay == inf for delay in (*up, *down, *clear)),
        percentile([late for call in heard for late in call.late_ms], 0.99),
        cpu_ms / 1000 / FULL * 60_000 / SECONDS_AN_HOUR * core_usd,
    )


def _delays(sent: Sequence[float], came: Sequence[float], window: tuple[float, float]) -> list[float]:
    """From each time to the first after it on the other side; infinite where none came."""
    found = []
    for at in sent:
        if window[0] <= at < window[1]:
            hit = next((one for one in came if at - 0.001 <= one <= at + MATCHED_WITHIN_S), inf)
            found.append((hit - at) * 1000)
    return found


def _spread(delays: Sequence[float]) -> tuple[float, float]:
    there = [delay for delay in delays if delay != inf]
    return percentile(there, 0.5), percentile(there, 0.99)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all do not exceed; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
