"""Is the model's sound speech? Messages that are silent, or that are a steady tone, are told from a voice.

The Live API has sent whole turns of silence while every count looked healthy, and sound that had become a tone
(https://github.com/google-gemini/gemini-live-api-examples/issues/40,
https://github.com/googleapis/python-genai/issues/2715). A voice changes in level and in pitch from one tenth of a
second to the next, however long its vowel; a tone does neither.
"""

import math
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.audio.native import audioop
from app.audio.pcm import BYTES_PER_SAMPLE, Audio

Flaw = Literal["", "silence", "tone"]
Floats = NDArray[np.float64]

SILENT_RMS = 103.6  # -50 dBFS
STEADY = 1.12  # a tone's loudest part is not this much louder than its faintest: 1 dB
PITCH_STEADY = 0.003  # its frequency moves by less than this share from one message to the next
PURE = 0.5  # share of the power that lies in its strongest lines: breath and noise have a tenth
LOWEST_HZ = 60.0
LOOKED_AT_MS = 100  # of a message's beginning, for its pitch; a shorter message says nothing

_PARTS = 6
_LINES = 3
_BINS = 3  # on each side of a line, as wide as the window smears it


class Soundness:
    """Listens to the sound messages of one session, in order."""

    __slots__ = ("_pitch_hz",)

    def __init__(self) -> None:
        self._pitch_hz = 0.0  # of the message before, if that was a tone by itself

    def flaw(self, audio: Audio) -> Flaw:
        """What is wrong with this message. A tone is one from its second message on."""
        before, self._pitch_hz = self._pitch_hz, 0.0
        if audioop.rms(audio.pcm, BYTES_PER_SAMPLE) < SILENT_RMS:
            return "silence"
        if audio.ms < LOOKED_AT_MS:
            self._pitch_hz = before
            return ""
        if not _steady(audio.pcm):
            return ""
        self._pitch_hz = pitch_hz = _pure_pitch_hz(audio)
        return "tone" if pitch_hz and abs(pitch_hz - before) <= PITCH_STEADY * before else ""


def _steady(pcm: bytes) -> bool:
    """Whether the level stays the same: what costs more is asked only then."""
    part = len(pcm) // _PARTS // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
    levels = [audioop.rms(pcm[at : at + part], BYTES_PER_SAMPLE) for at in range(0, part * _PARTS, part)]
    return max(levels) <= STEADY * min(levels)


def _pure_pitch_hz(audio: Audio) -> float:
    """The frequency of the strongest line, 0 where most of the power lies elsewhere than in a few lines."""
    window = _window(audio.rate * LOOKED_AT_MS // 1000)
    samples = np.frombuffer(audio.pcm, "<i2")[: len(window)] * window
    spectrum = np.fft.rfft(samples)
    power = spectrum.real**2 + spectrum.imag**2
    power[: int(LOWEST_HZ * len(samples) / audio.rate)] = 0.0
    total, strongest = float(power.sum()), int(power.argmax())
    pitch_hz = _between_bins(power, strongest) * audio.rate / len(samples)
    in_lines = 0.0
    for _ in range(_LINES):
        at = int(power.argmax())
        line = slice(max(0, at - _BINS), at + _BINS + 1)
        in_lines += float(power[line].sum())
        power[line] = 0.0
    return pitch_hz if in_lines > PURE * total else 0.0


@cache
def _window(samples: int) -> Floats:
    return np.hanning(samples)


def _between_bins(power: Floats, at: int) -> float:
    """Where the peak at a bin really lies: a parabola through it and its neighbours, in decibels."""
    if not 0 < at < len(power) - 1:
        return float(at)
    left, middle, right = (math.log(float(power[near]) + 1.0) for near in (at - 1, at, at + 1))
    bend = left - 2 * middle + right
    return at + ((left - right) / (2 * bend) if bend else 0.0)
