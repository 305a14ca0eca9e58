"""G.711 µ-law: 8-bit codes as the telephone carries them, from and to 16-bit PCM."""

import numpy as np
from numpy.typing import NDArray

from app.audio.native import audioop

SILENCE = 0xFF  # the code of +0

_CODES_PER_SIGN = 128
_SCALE = 4  # G.711 counts in 14 bits, PCM in 16


def decode(mulaw: bytes) -> bytes:
    """16-bit PCM of ``mulaw``, a sample a code."""
    return audioop.ulaw2lin(mulaw, 2)


def encode(pcm: bytes) -> bytes:
    """One code for each sample of 16-bit ``pcm``, a whole number of samples."""
    return _CODES.take(np.frombuffer(pcm, "<u2")).tobytes()


def encode_samples(samples: NDArray[np.int16]) -> bytes:
    """One code for each of ``samples``."""
    return _CODES.take(samples.view(np.uint16)).tobytes()


def _decision_values() -> NDArray[np.int32]:
    """The lower bounds of the 127 upper intervals of one sign, on 16-bit magnitudes (G.711 tables 2a/2b, column 3).

    Eight segments of sixteen intervals, each segment with steps twice as wide as the one before. On
    a segment's border the bound is not half-way between the two decoded values, so a table made by
    nearest neighbour would be wrong there.
    """
    segment, step = np.divmod(np.arange(1, _CODES_PER_SIGN), 16)
    return ((((2 * step + 32) << segment) - 33) * _SCALE).astype(np.int32)


def _build_codes() -> NDArray[np.uint8]:
    """The code of every 16-bit sample, indexed by the sample read as unsigned.

    The sign is that of the value, and zero is +0. audioop's encoder shifts before it takes the
    magnitude, which miscodes 381 negative values and turns faint noise into a steady offset.
    """
    samples = np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int32)
    interval = np.searchsorted(_decision_values(), np.abs(samples), side="right")
    return np.where(samples < 0, 0x7F - interval, 0xFF - interval).astype(np.uint8)


_CODES = _build_codes()
