"""Sound as a telephone has it: G.711 µ-law at 8 kHz, levels, line noise, and any recording brought to that rate."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 8_000  # hertz
FRAME_MS = 20
FRAME = RATE * FRAME_MS // 1000  # samples of a frame, and its µ-law bytes
SILENCE = b"\xff" * FRAME
LOUD_RMS = 100.0  # about -50 dBFS: below it a listener hears nothing

_BIAS = 132  # G.711: added to the 16-bit magnitude before the segment is looked up
_CLIP = 32_635
_SPEECH_RMS = 32_768 * 10 ** (-22 / 20)  # a caller of ordinary loudness
_NOISE_S = 7

Samples = NDArray[np.int16]


@cache
def _decoding() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + _BIAS) << ((code >> 4) & 0x07)) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


@cache
def _encoding() -> NDArray[np.uint8]:
    value = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.minimum(np.abs(value), _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    step = (magnitude >> (segment + 3)) & 0x0F
    codes = ~(np.where(value < 0, 0x80, 0) | (segment << 4) | step) & 0xFF
    return np.asarray(codes, np.uint8)


def decode(codes: bytes) -> Samples:
    """µ-law to 16-bit samples (ITU-T G.711)."""
    return _decoding()[np.frombuffer(codes, np.uint8)]


def encode(samples: Samples) -> bytes:
    """16-bit samples to µ-law (ITU-T G.711); 0 becomes 0xFF."""
    return _encoding()[samples.view(np.uint16)].tobytes()


def rms(samples: Samples) -> float:
    """Root mean square, in 16-bit steps; 0.0 for no sound."""
    if not samples.size:
        return 0.0
    wide = samples.astype(np.float32)
    return float(np.sqrt(np.dot(wide, wide) / wide.size))


def saturated(sound: NDArray[np.float64]) -> Samples:
    """Floats to 16 bits; what is too loud stays at full scale."""
    return np.clip(np.rint(sound), -32_768, 32_767).astype(np.int16)


def at_phone_rate(samples: Samples, rate: int) -> Samples:
    """A whole recording of ``rate`` hertz brought to 8 kHz, what a telephone does not carry taken away."""
    if rate == RATE:
        return samples
    sound = samples.astype(np.float64)
    if rate > RATE:
        sound = np.convolve(sound, _low_pass(rate), "same")
    places = np.arange(int(len(samples) * RATE / rate)) * (rate / RATE)
    return saturated(np.interp(places, np.arange(len(sound)), sound))


def _low_pass(rate: int, hertz: float = 3_600, half_s: float = 0.004) -> NDArray[np.float64]:
    half = int(rate * half_s)
    taps = np.sinc(np.arange(-half, half + 1) * (2 * hertz / rate)) * np.kaiser(2 * half + 1, 7.0)
    return np.asarray(taps / taps.sum(), np.float64)


def spoken(samples: Samples) -> Samples:
    """An utterance ready to be said: silence at both ends gone, at the loudness of an ordinary caller."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    levels = np.sqrt((frames**2).mean(axis=1)) if len(frames) else np.zeros(0)
    loud = np.flatnonzero(levels > LOUD_RMS)
    if not loud.size:
        return samples[:0]
    cut = frames[loud[0] : loud[-1] + 1].reshape(-1)
    active = float(np.sqrt((frames[loud] ** 2).mean()))
    return saturated(cut * (_SPEECH_RMS / active))


@cache
def noise(snr_db: float) -> Samples:
    """Some seconds of pink line noise to be repeated, ``snr_db`` below a caller of ordinary loudness."""
    spectrum = np.fft.rfft(np.random.default_rng(1047).standard_normal(RATE * _NOISE_S))
    hertz = np.fft.rfftfreq(RATE * _NOISE_S, 1 / RATE)
    spectrum *= np.where((hertz > 100) & (hertz < 3_800), 1 / np.sqrt(np.maximum(hertz, 1)), 0)
    sound = np.fft.irfft(spectrum)
    return saturated(sound / np.sqrt((sound**2).mean()) * _SPEECH_RMS * 10 ** (-snr_db / 20))


@cache
def typing(below_db: float) -> Samples:
    """Some seconds of somebody typing beside the telephone, the loudest keys ``below_db`` below the caller's voice."""
    random = np.random.default_rng(1047)
    sound = np.zeros(RATE * _NOISE_S)
    at = 0
    while at < len(sound) - RATE // 2:
        at += int(random.uniform(0.09, 0.28) * RATE)
        strength = random.uniform(0.3, 1.0)
        for start in (at, at + int(random.uniform(0.06, 0.11) * RATE)):  # the key goes down, and comes up
            count = int(random.uniform(0.004, 0.016) * RATE)
            click = random.standard_normal(count) * np.exp(-5 * np.arange(count) / count)
            sound[start : start + count] += strength * click
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    loudest = float(np.sqrt((frames**2).mean(axis=1)).max())
    return saturated(sound / loudest * _SPEECH_RMS * 10 ** (-below_db / 20))


def muffled(samples: Samples) -> Samples:
    """A voice that can be heard and not understood: what a hand over the telephone leaves of it."""
    return spoken(saturated(np.convolve(samples.astype(np.float64), _low_pass(RATE, 400, 0.0075), "same")))
