"""How long a line waits in a caller's pauses, shown on a sentence that has some."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.gemini.models import VAD_PRESETS
from app.gemini.setup import silence_ms
from app.prompts.line import Line

# A caller says an order's number; what stands after each piece is how long they are silent then.
PAUSES_MS: Final = (250, 450, 900, 1_600)
OWN: Final = "own"  # the line's own setting, where it is none of the presets
DIGITS: Final = "digits"  # while the caller says what was asked for: a number


@dataclass(frozen=True, slots=True)
class Row:
    """One way to wait: ``answers_at`` is the pause in which the assistant begins to speak."""

    name: str
    waits_ms: int
    answers_at: int
    is_chosen: bool = False


def rows(line: Line) -> Sequence[Row]:
    """Every preset, the line's own silence if it has written one, and what holds among digits."""
    known = line.end_of_speech_ms is not None or line.vad in VAD_PRESETS  # else the check says so
    own_ms = silence_ms(line.vad, line.end_of_speech_ms) if known else 0
    found = [_row(name, silence_ms(name, None), line.end_of_speech_ms is None and name == line.vad) for name in _NAMES]
    if line.end_of_speech_ms is not None:
        found.append(_row(OWN, own_ms, is_chosen=True))
    if line.digits_ms > own_ms:
        found.append(_row(DIGITS, line.digits_ms, is_chosen=False))
    return found


_NAMES: Final = sorted(VAD_PRESETS, key=lambda name: silence_ms(name, None))


def _row(name: str, waits_ms: int, is_chosen: bool) -> Row:
    last = len(PAUSES_MS) - 1
    at = next((number for number, pause_ms in enumerate(PAUSES_MS) if pause_ms >= waits_ms), last)
    return Row(name, waits_ms, at, is_chosen)
