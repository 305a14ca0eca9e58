"""Sounds to try the house's hearing with, and measures of what comes out."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
FULL_SCALE = 32_767.0


class Stream(Protocol):
    def process(self, pcm: bytes) -> bytes: ...

    def flush(self) -> bytes: ...

    def reset(self) -> None: ...


def amplitude(dbfs: float) -> float:
    return float(FULL_SCALE * 10 ** (dbfs / 20))


def to_pcm(samples: Samples) -> bytes:
    return np.clip(np.rint(samples), -32_768, 32_767).astype("<i2").tobytes()


def from_pcm(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def db(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, 1e-9)))


def tone(hz: float, rate: int, s: float, dbfs: float) -> Samples:
    """A sine with 20 ms of soft start."""
    at = np.arange(int(rate * s)) / rate
    return np.asarray(amplitude(dbfs) * np.sin(2 * np.pi * hz * at) * np.minimum(at / 0.02, 1))


def noise(rate: int, s: float, dbfs: float, seed: int, *, low_hz: float = 0.0, high_hz: float = 1e9) -> Samples:
    """Gaussian noise of a band, ``dbfs`` its RMS."""
    count = int(rate * s)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / rate)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    sound = np.fft.irfft(spectrum, count)
    return np.asarray(sound / rms(sound) * amplitude(dbfs))


def lcg_samples(count: int) -> NDArray[np.int64]:
    """The 16-bit values of a linear congruential generator, the same everywhere for ever."""
    state, samples = 1, np.empty(count, np.int64)
    for at in range(count):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        samples[at] = ((state >> 15) & 0xFFFF) - 32_768
    return samples


def voice(rate: int, s: float, dbfs: float, seed: int, pitch_hz: float = 140.0) -> Samples:
    """A speaker of syllables: gliding harmonics under moving formants, an "s" before some, pauses of 60 ms between."""
    random = np.random.default_rng(seed)
    syllables = [syllable(rate, random, pitch_hz) for _ in range(int(s / 0.15) + 1)]
    sound = np.concatenate(syllables)[: int(rate * s)]
    return np.asarray(sound / rms(sound) * amplitude(dbfs))


def syllable(rate: int, random: np.random.Generator, pitch_hz: float) -> Samples:
    vowel_s = float(random.uniform(0.12, 0.3))
    at = np.arange(int(rate * vowel_s)) / rate
    pitch = pitch_hz * (1 + 0.12 * np.sin(2 * np.pi * random.uniform(1, 3) * at + random.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    formants = random.uniform((350, 1000, 2300), (750, 1900, 2900))
    sound = np.zeros_like(at)
    for harmonic in range(1, int(3_400 / pitch_hz)):
        near = (np.exp(-(((harmonic * pitch - hz) / 180) ** 2)) for hz in formants)
        strength = sum(weight * part for weight, part in zip((1.0, 0.5, 0.25), near, strict=True)) + 0.01
        sound += strength * np.sin(harmonic * phase)
    sound *= np.sin(np.pi * np.arange(len(at)) / len(at)) ** 0.5
    hiss = random.standard_normal(int(rate * random.choice((0.0, 0.06)))) * 0.05
    return np.concatenate((hiss, sound, np.zeros(int(rate * 0.06))))


def in_pieces(stream: Stream, pcm: bytes, sizes: Sequence[int]) -> bytes:
    """What ``stream`` gives for ``pcm`` handed over in pieces of ``sizes`` bytes, over and over, and then flushed."""
    out, at, turn = [], 0, 0
    while at < len(pcm):
        size = sizes[turn % len(sizes)]
        out.append(stream.process(pcm[at : at + size]))
        at, turn = at + size, turn + 1
    return b"".join(out) + stream.flush()


def steady_part(make: Callable[[], Stream], sound: Samples, rate: int, out_rate: int) -> Samples:
    """``sound`` through a new stream in pieces of 20 ms, without the first 60 and the last 10 ms."""
    pcm, step = to_pcm(sound), rate // 50 * 2
    stream = make()
    out = from_pcm(b"".join(stream.process(pcm[at : at + step]) for at in range(0, len(pcm), step)))
    return out[out_rate * 60 // 1000 : len(out) - out_rate // 100]


def fit(sound: Samples, hz: float, rate: int) -> tuple[float, Samples]:
    """The amplitude of the sine of ``hz`` nearest to ``sound``, and what is left without it."""
    phase = 2 * np.pi * hz * np.arange(len(sound)) / rate
    basis = np.stack((np.sin(phase), np.cos(phase), np.ones_like(phase)), axis=1)
    found = np.linalg.lstsq(basis, sound, rcond=None)[0]
    return float(np.hypot(found[0], found[1])), sound - basis @ found


def above(sound: Samples, hz: float, rate: int) -> float:
    """RMS of what lies above ``hz``."""
    window = np.kaiser(len(sound), 14)
    spectrum = np.fft.rfft(sound * window)
    spectrum[np.fft.rfftfreq(len(sound), 1 / rate) < hz] = 0
    return rms(np.fft.irfft(spectrum, len(sound))) / rms(window)
