"""Is the caller speaking: a first guess at barge-in, and the time a caller's turn ends.

Loudness alone fires on keys, breaths, clicks and on the echo of the assistant. So speech begins with
sound that stands clear of the line's noise and of the loudest echo there could be, repeats itself as a
voice does, and is not made of one or two tones.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.audio.echo_return import EchoReturn
from app.audio.native import audioop
from app.audio.pcm import BYTES_PER_SAMPLE, PHONE_RATE

FRAME_MS = 20
HANGOVER_MS = 450  # the longest pause inside a sentence is about 320 ms
ONSET_FRAMES = 3.0  # this many voiced frames, nearly in a row, begin speech; a frame between takes half of one away
UNVOICED_MS = 300  # an ending "s" is part of the speech for no longer than this
PROVEN_MS = 80  # speech that was voiced so short a time ago is taken for voiced

QUIETEST_FLOOR = 80.0  # RMS: below about -52 dBFS a line is silent
LOUDEST_START = 1_000.0  # RMS, -30 dBFS: the floor of the first FLOOR_MS at most, as callers may begin at once
START_ABOVE_FLOOR = 1.8  # 5 dB
HOLD_ABOVE_FLOOR = 1.6  # 4 dB
FLOOR_MS = 2_400  # the line's noise is the least heard for this long; no sentence goes on so long without a pause

VOICED = 0.55  # likeness to itself one pitch period before: noise has 0.1-0.4, voices 0.8-1
TONAL = 0.92  # share of the power in the strongest bins: tones have more, voices mostly less
KEYS_HIGH = 0.08  # share above 1 kHz, where the second tone of every key lies
STEADY = 0.1  # a level that changes by less, 0.9 dB, from frame to frame

_FRAME = FRAME_MS * PHONE_RATE // 1000  # samples
_FRAME_BYTES = _FRAME * BYTES_PER_SAMPLE
_SHORTEST_PERIOD = 20  # samples, 400 Hz; the longest is a frame, 50 Hz
_FLOOR_STRETCH = 10  # frames, the steps the floor's memory moves on by
_TONE_BINS = 8  # two tones through the window below
_WINDOW = np.hanning(256)
_HIGH_BIN = 33  # 1031 Hz

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Started:
    """The caller began to speak."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The caller spoke for ``speech_ms`` and has been silent for ``silence_ms`` since."""

    speech_ms: int
    silence_ms: int


Verdict = Started | Ended


class SpeechDetector:
    """Hears one caller, 20 ms at a time; ``speaking`` is its opinion now.

    ``only_echo``: the last frame may be the assistant's own sound come back, and nobody speaks into it.
    """

    __slots__ = (
        "_before",
        "_echo",
        "_floor",
        "_last_ms",
        "_last_voiced_ms",
        "_level",
        "_now_ms",
        "_onset_ms",
        "_rest",
        "_score",
        "only_echo",
        "speaking",
    )

    def __init__(self) -> None:
        self.speaking = self.only_echo = False
        self._now_ms = 0  # the end of the last frame
        self._score = 0.0  # voiced frames towards an onset
        self._onset_ms = 0
        self._last_ms = 0  # the end of the last frame of speech
        self._last_voiced_ms = 0
        self._before = bytes(_FRAME_BYTES)
        self._level = 0.0
        self._rest = b""
        self._echo = EchoReturn(FRAME_MS)
        self._floor = _Floor()

    def hear(self, pcm: bytes, far_ms_rms: float = 0.0) -> Verdict | None:
        """What 8 kHz ``pcm`` changes; ``far_ms_rms`` is the RMS of the assistant's sound heard meanwhile.

        ``pcm`` is 20 ms, or any other length: it is taken in frames of 20 ms, the rest waits.
        """
        was_speaking, verdict, at_ms = self.speaking, None, 0
        sound = self._rest + pcm if self._rest else pcm
        whole = len(sound) // _FRAME_BYTES * _FRAME_BYTES
        for at in range(0, whole, _FRAME_BYTES):
            change = self._hear_frame(sound[at : at + _FRAME_BYTES], far_ms_rms)
            if change is not None:
                verdict, at_ms = change, self._now_ms
        self._rest = sound[whole:]
        if self.speaking == was_speaking:
            return None
        if isinstance(verdict, Ended):  # the silence went on to the end of what came
            return Ended(verdict.speech_ms, verdict.silence_ms + self._now_ms - at_ms)
        return verdict

    def _hear_frame(self, frame: bytes, far_rms: float) -> Verdict | None:
        self._now_ms += FRAME_MS
        level = float(audioop.rms(frame, BYTES_PER_SAMPLE))
        steady = abs(level - self._level) < STEADY * level
        self._level = level
        echo = self._echo.play(far_rms)
        loud = level > max(self._clear_of_noise(level), echo)
        voiced = loud and not self._known_voiced() and self._is_voice(self._before + frame, steady)
        self._before = frame
        verdict = self._hold(loud, voiced) if self.speaking else self._await_onset(voiced)
        self.only_echo = not self.speaking and level <= echo
        if not self.speaking and not self._score:
            self._echo.learn(level)
        return verdict

    def _known_voiced(self) -> bool:
        """Speech was voiced a moment ago: it need not be proven again, which is what costs."""
        return self.speaking and self._now_ms - self._last_voiced_ms < PROVEN_MS

    def _clear_of_noise(self, level: float) -> float:
        """The level that is clear of the line's noise."""
        above = HOLD_ABOVE_FLOOR if self.speaking else START_ABOVE_FLOOR
        return self._floor.follow(level) * above

    def _is_voice(self, two_frames: bytes, steady: bool) -> bool:
        samples = np.frombuffer(two_frames, "<i2").astype(np.float64)
        if not _repeats_itself(samples):
            return False
        # Speech that has begun may go on over a tone's edges: the dearer look is left out then.
        return not ((steady or not self.speaking) and _is_tone(samples, steady))

    def _await_onset(self, voiced: bool) -> Verdict | None:
        if not voiced:
            self._score = max(0.0, self._score - 0.5)
            return None
        if not self._score:
            self._onset_ms = self._now_ms - FRAME_MS
        self._score += 1
        if self._score < ONSET_FRAMES:
            return None
        self.speaking, self._score = True, 0.0
        self._last_ms = self._last_voiced_ms = self._now_ms
        return Started()

    def _hold(self, loud: bool, voiced: bool) -> Verdict | None:
        if voiced:
            self._last_voiced_ms = self._now_ms
        if voiced or (loud and self._now_ms - self._last_voiced_ms <= UNVOICED_MS):
            self._last_ms = self._now_ms
        silence_ms = self._now_ms - self._last_ms
        if silence_ms < HANGOVER_MS:
            return None
        self.speaking = False
        return Ended(self._last_ms - self._onset_ms, silence_ms)


class _Floor:
    """The line's own noise: the quietest frame of the last FLOOR_MS."""

    __slots__ = ("_count", "_earlier", "_least", "_stretch")

    def __init__(self) -> None:
        self._count = 0
        self._stretch = float("inf")
        self._earlier = deque([LOUDEST_START], maxlen=FLOOR_MS // FRAME_MS // _FLOOR_STRETCH)
        self._least = LOUDEST_START  # of those

    def follow(self, level: float) -> float:
        self._stretch = min(self._stretch, level)
        floor = min(self._stretch, self._least)
        self._count += 1
        if self._count == _FLOOR_STRETCH:
            self._earlier.append(self._stretch)
            self._least = min(self._earlier)
            self._count, self._stretch = 0, float("inf")
        return max(floor, QUIETEST_FLOOR)


def _repeats_itself(samples: Samples) -> bool:
    """Whether the last frame is like the sound a pitch period before it."""
    frame = samples[_FRAME:]
    products = np.correlate(samples[:-_SHORTEST_PERIOD], frame, "valid")
    at = int(products.argmax())
    earlier = samples[at : at + _FRAME]
    energies = float(np.dot(frame, frame)) * float(np.dot(earlier, earlier))
    return float(products[at]) > VOICED * math.sqrt(energies)


def _is_tone(samples: Samples, steady: bool) -> bool:
    """Whether there are only one or two tones: of a key, or ``steady`` in level as a line's signals are.

    A voice's "ee" and "oo" can be as pure through a telephone, but lie low and do not keep their level.
    """
    spectrum = np.fft.rfft(samples[-len(_WINDOW) :] * _WINDOW)
    power = spectrum.real**2 + spectrum.imag**2
    total = float(np.add.reduce(power))
    high = float(np.add.reduce(power[_HIGH_BIN:]))
    power.partition(-_TONE_BINS)
    strongest = float(np.add.reduce(power[-_TONE_BINS:]))
    return strongest > TONAL * total and (steady or high > KEYS_HIGH * total)
