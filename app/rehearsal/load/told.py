"""A load test in a table, in JSON and in a plot that any browser shows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from math import isnan

from rich.table import Table

from app.rehearsal.load.figures import FULL, Step

COLUMNS = (
    *("server", "calls", "CPU ms", "calls a core", "MB a call", "up ms", "down ms", "clear ms", "underruns"),
    *("USD", "callers notice"),
)
CAPTION = (
    f"CPU: of one second of one call. Calls a core: at {FULL:.0%} of it. Up, down: delay added to the caller's and to\n"
    "the assistant's sound; clear: from the interruption to Twilio's order to be silent; p50/p99.\n"
    "USD: a thousand minutes, of computing alone."
)
COLOURS = ("#0b6e4f", "#b3541e", "#3d5a99")
_WIDTH, _HEIGHT, _LEFT, _BELOW, _ABOVE = 720, 400, 60, 45, 30


def table(steps: Sequence[Step]) -> Table:
    """A row a step."""
    shown = Table(caption=CAPTION, caption_justify="left")
    for name in COLUMNS:
        shown.add_column(name, justify="left" if name == "server" else "right")
    for one in steps:
        shown.add_row(*_row(one))
    return shown


def _row(one: Step) -> tuple[str, ...]:
    return (
        one.server,
        str(one.calls),
        f"{one.cpu_ms:.1f}",
        str(one.calls_per_core),
        f"{one.rss_mb:.2f}",
        _both(one.up_ms),
        _both(one.down_ms),
        _both(one.clear_ms),
        str(one.underruns),
        f"{one.usd:.3f}",
        "nothing" if one.kept else troubles(one),
    )


def _both(delays: tuple[float, float]) -> str:
    return "/".join("-" if isnan(delay) else f"{delay:.1f}" for delay in delays)


def troubles(one: Step) -> str:
    """What callers would have noticed, or why that cannot be said."""
    found = {
        f"{one.lost} lost": one.lost,
        f"{one.underruns} underruns": one.underruns,
        f"{one.unanswered} unanswered": one.unanswered,
        "delay": not one.lost and not one.unanswered and not one.underruns,
    }
    if one.late_ms >= 5:
        return f"this generator is late by {one.late_ms:.0f} ms"
    return ", ".join(words for words, so in found.items() if so)


def document(steps: Sequence[Step]) -> list[Mapping[str, object]]:
    """The figures for machines; what was not measured is null."""
    return [
        {
            **{name: _plain(value) for name, value in asdict(one).items()},
            "calls_per_core": one.calls_per_core,
            "kept": one.kept,
        }
        for one in steps
    ]


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and isnan(value) else value


def plot(steps: Sequence[Step]) -> str:
    """CPU of a call against how many there are, as SVG; a hollow point is one at which callers notice something."""
    most_calls = max(one.calls for one in steps)
    most_ms = max(one.cpu_ms for one in steps) * 1.1

    def place(one: Step) -> tuple[float, float]:
        across = (_WIDTH - _LEFT - 20) * one.calls / most_calls
        return _LEFT + across, _HEIGHT - _BELOW - (_HEIGHT - _BELOW - _ABOVE) * one.cpu_ms / most_ms

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif">']
    parts.append(f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>')
    parts.append(_words(_LEFT, 18, "CPU of one call, ms a second; hollow: callers notice something"))
    parts.append(_words(_WIDTH // 2, _HEIGHT - 10, "calls at once"))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        down = _HEIGHT - _BELOW - (_HEIGHT - _BELOW - _ABOVE) * share
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{down:.0f}" y2="{down:.0f}" stroke="#ddd"/>')
        parts.append(_words(8, int(down) + 4, f"{most_ms * share:.1f}"))
    for colour, name in zip(COLOURS, dict.fromkeys(one.server for one in steps), strict=False):
        parts += _line(
            [one for one in steps if one.server == name],
            name,
            colour,
            [place(one) for one in steps if one.server == name],
        )
    return "\n".join((*parts, "</svg>", ""))


def _line(steps: Sequence[Step], name: str, colour: str, places: Sequence[tuple[float, float]]) -> list[str]:
    points = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
    parts = [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for one, (across, down) in zip(steps, places, strict=True):
        fill = colour if one.kept else "white"
        parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{fill}" stroke="{colour}"/>')
        parts.append(_words(int(across) - 6, _HEIGHT - _BELOW + 16, str(one.calls)))
    across, down = places[-1]
    return [*parts, _words(int(across) - 70, int(down) - 10, name, colour)]


def _words(across: int, down: int, words: str, colour: str = "#333") -> str:
    return f'<text x="{across}" y="{down}" font-size="12" fill="{colour}">{escape(words)}</text>'
