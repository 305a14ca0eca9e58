"""Sound that is a time stamp: bursts that no codec or resampler removes, and tones that say which session speaks.

Under a burst lies something like speech, so that detectors and codecs have the work they have with a caller.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.audio.native import audioop

Samples = NDArray[np.int16]

LOUD = 26_000  # peak of a burst; nothing else comes near
THRESHOLD = 12_000
BURST_MS = 60
SYMBOL_MS = 30
SYMBOLS = 3
HEADER_MS = BURST_MS + SYMBOLS * SYMBOL_MS
IDENTITIES = 16**SYMBOLS

_BURST_HZ = 1_000
_TONES = tuple(600 + 150 * number for number in range(16))
_TONE_PEAK = 8_000
_VOICE_PEAK = 6_000
_WINDOW_MS = 20  # bins 50 Hz wide, so that every tone falls on one


def burst(rate: int) -> Samples:
    """BURST_MS of a loud tone that begins at its steepest: one sharp edge."""
    return _tone(rate, BURST_MS, _BURST_HZ, LOUD)


def header(rate: int, identity: int) -> Samples:
    """What every turn of a session opens with: a burst, then who it is (0 to IDENTITIES - 1)."""
    digits = [(identity >> shift) & 15 for shift in (8, 4, 0)]
    return np.concatenate([burst(rate), *(_tone(rate, SYMBOL_MS, _TONES[digit], _TONE_PEAK) for digit in digits)])


def identity_in(samples: Samples, rate: int) -> int | None:
    """The identity in sound that begins with a burst; None while it is too short."""
    digits = []
    for number in range(SYMBOLS):
        start = rate * (BURST_MS + SYMBOL_MS * number + 5) // 1000
        window = samples[start : start + rate * _WINDOW_MS // 1000].astype(np.float64)
        if len(window) < rate * _WINDOW_MS // 1000:
            return None
        spectrum = np.abs(np.fft.rfft(window * np.hanning(len(window))))
        digits.append(int(np.argmax([spectrum[hz * _WINDOW_MS // 1000] for hz in _TONES])))
    return digits[0] << 8 | digits[1] << 4 | digits[2]


def onset(pcm: bytes) -> int:
    """Where the first loud sample stands, or -1."""
    if not pcm or audioop.max(pcm, 2) < THRESHOLD:
        return -1
    loud = np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)) >= THRESHOLD
    return int(np.argmax(loud))


@lru_cache(maxsize=4)
def voice(rate: int, seconds: int) -> Samples:
    """Something with a pitch, syllables and pauses."""
    noise = np.random.default_rng(1).standard_normal(rate * seconds)
    at = np.arange(rate * seconds) / rate
    phase = 2 * np.pi * np.cumsum(120 + 25 * np.sin(np.pi * at)) / rate
    tones = sum((np.sin(number * phase) / number for number in range(1, 20)), np.zeros(len(at)))
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * at) + 0.4, 0, None) * (np.sin(2 * np.pi * 0.41 * at) > -0.7)
    sound = (tones + 0.1 * noise) * syllables + 0.005 * noise
    loudest = float(np.max(np.abs(sound)))
    return (sound * (_VOICE_PEAK / loudest)).astype(np.int16)


def _tone(rate: int, ms: int, hz: int, peak: int) -> Samples:
    at = np.arange(rate * ms // 1000) / rate
    return (peak * np.sin(2 * np.pi * hz * at)).astype(np.int16)
