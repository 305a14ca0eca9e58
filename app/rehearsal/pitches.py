"""A voice that says numbers in pitches, and ears that hear them: many callers whose words are known, at little cost.

A sentence sounds like a buzz, one syllable a digit of it, between two syllables that stand for no digit. Whoever
hears it gets the first digits back, in a sentence about them.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.rehearsal.heard import Heard
from app.rehearsal.voice import RATE as VOICE_RATE
from app.rehearsal.voice import Voice

RATE = 16_000  # hertz, of the ears
LOWEST_HERTZ = 95.0
STEP = 1.07  # from one digit's pitch to the next; the highest is 187 Hz, as voices have it
_NO_DIGIT = 10  # the pitch of what begins and ends a sentence
_SYLLABLE_MS, _GAP_MS = 140, 50
_HARMONICS = range(1, 16)  # so many that no detector takes them for a tone
_WITHOUT_DIGITS = 5  # syllables of a sentence that has none
_FRAME = RATE // 100
_SHORTEST_FRAMES = 8
_LOUD = 0.25  # of the loudest frame

Floats = npt.NDArray[np.float64]


def pitched() -> Voice:
    """The voice."""
    return Voice(lambda sentence, language: _sung([int(digit) for digit in re.findall(r"\d", sentence)]))


class PitchedEars:
    """Hears the digits of an utterance: ``about`` has a place ``{}`` for them; without any it is ``otherwise``."""

    def __init__(self, about: str = "Where is my order {}?", otherwise: str = "No thank you, goodbye.") -> None:
        self._about = about
        self._otherwise = otherwise

    def hear(self, pcm16k: bytes, languages: Sequence[str] = (), before: str = "", leave: str = "") -> Heard:
        """The sentence; nothing where nobody sang."""
        pitches = heard_pitches(pcm16k)
        digits = "".join(str(each) for each in pitches if each != _NO_DIGIT)
        if not pitches:
            return Heard("", "en")
        return Heard(self._about.format(digits) if digits else self._otherwise, "en")


def heard_pitches(pcm16k: bytes) -> list[int]:
    """The syllables of 16 kHz PCM16, each as the number of its pitch."""
    sound = np.frombuffer(pcm16k, np.int16).astype(np.float64)
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not len(frames):
        return []
    levels = np.sqrt((frames**2).mean(axis=1))
    loud = np.concatenate(([False], levels > max(_LOUD * float(levels.max()), 100.0), [False]))
    edges = np.flatnonzero(loud[1:] != loud[:-1])
    syllables = zip(edges[::2], edges[1::2], strict=True)
    return [_pitch(sound[a * _FRAME : b * _FRAME]) for a, b in syllables if b - a >= _SHORTEST_FRAMES]


def _pitch(syllable: Floats) -> int:
    """By the lag at which the middle of a syllable is most like itself."""
    middle = syllable[len(syllable) // 5 : -(len(syllable) // 5)]
    spectrum = np.fft.rfft(middle, 2 * len(middle))
    likeness = np.fft.irfft(spectrum * np.conj(spectrum))
    lags = [RATE / (LOWEST_HERTZ * STEP**number) for number in range(_NO_DIGIT + 1)]
    shares = [likeness[round(lag)] / (len(middle) - lag) for lag in lags]
    return int(np.argmax(shares))


def _sung(digits: Sequence[int]) -> Floats:
    gap = np.zeros(VOICE_RATE * _GAP_MS // 1000)
    syllables = (_NO_DIGIT, *digits, _NO_DIGIT) if digits else (_NO_DIGIT,) * _WITHOUT_DIGITS
    sounds = [part for number in syllables for part in (_syllable(number), gap)]
    return np.concatenate(sounds[:-1])


def _syllable(number: int) -> Floats:
    seconds = np.arange(VOICE_RATE * _SYLLABLE_MS // 1000) / VOICE_RATE
    hertz = LOWEST_HERTZ * STEP**number
    buzz = sum(np.sin(2 * np.pi * hertz * harmonic * seconds) / harmonic for harmonic in _HARMONICS)
    return np.asarray(buzz * np.minimum(1.0, np.minimum(seconds, seconds[::-1]) / 0.01), np.float64)
