"""Streaming conversion between the phone's 8 kHz and the model's 16 and 24 kHz.

One low-pass, sinc times Kaiser window, serves both ways: linear phase, 3.5 ms of delay, flat over the
telephone band and more than 80 dB down where images and aliases would be. Its taps are integers times
2**-20 and the sums run in float64, so they are exact: the output is the same to the bit for every
chunking, processor and BLAS.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.audio.mulaw import encode_samples
from app.audio.native import audioop
from app.audio.pcm import BYTES_PER_SAMPLE, MODEL_INPUT_RATE, MODEL_OUTPUT_RATE, PHONE_RATE

CUTOFF_HZ = 3_800.0
HALF_WIDTH_MS = 3.5
KAISER_BETA = 7.86
TAP_SCALE = 1 << 20

_BLOCK = 16  # windows to a row of the product: with more, its matrix no longer lies in the nearest cache
_LONGEST_PRODUCT_MS = 200  # a longer one wakes OpenBLAS's other threads, which costs ten times the time
_KEPT_ROOM = 1_500  # samples
_LOUDEST, _QUIETEST = 32_767.0, -32_768.0

Samples = NDArray[np.float64]


def integer_taps(rate: int, phases: int = 1) -> NDArray[np.int64]:
    """The low-pass at ``rate`` in units of 1 / TAP_SCALE, times ``phases``, filled up to a multiple of ``phases``.

    A single phase sums to one exactly: its centre takes up the rounding. Two phases are left as
    rounded, three millionths apart.
    """
    count = int(2 * HALF_WIDTH_MS * rate / 1000) + 1
    at = np.arange(count) - (count - 1) / 2
    width = 2 * CUTOFF_HZ / rate
    shape = width * np.sinc(width * at) * np.kaiser(count, KAISER_BETA)
    taps = np.rint(shape / shape.sum() * phases * TAP_SCALE).astype(np.int64)
    if phases == 1:
        taps[count // 2] += TAP_SCALE - taps.sum()
    return np.append(taps, [0] * (-count % phases)).astype(np.int64)


class Upsampler:
    """8 kHz PCM to 16 kHz PCM."""

    __slots__ = ("_filter",)

    def __init__(self) -> None:
        self._filter = _Filter(_UP)

    def process(self, pcm: bytes) -> bytes:
        """What ``pcm`` (any number of bytes) completes."""
        return _to_pcm(self._filter.run(pcm))

    def flush(self) -> bytes:
        """The rest of a stream that is over, 7 ms; afterwards as new."""
        return _to_pcm(self._filter.finish())

    def reset(self) -> None:
        """Forget the sound inside; afterwards as new."""
        self._filter.reset()


class Downsampler:
    """24 kHz PCM to 8 kHz PCM."""

    __slots__ = ("_filter",)

    def __init__(self) -> None:
        self._filter = _Filter(_DOWN)

    def process(self, pcm: bytes) -> bytes:
        """What ``pcm`` (any number of bytes) completes."""
        return _to_pcm(self._filter.run(pcm))

    def flush(self) -> bytes:
        """The rest of a stream that is over, 7 ms; afterwards as new."""
        return _to_pcm(self._filter.finish())

    def reset(self) -> None:
        """Forget the sound inside; afterwards as new."""
        self._filter.reset()


class PhoneEncoder:
    """24 kHz PCM to µ-law at 8 kHz, a byte for three samples."""

    __slots__ = ("_filter",)

    def __init__(self) -> None:
        self._filter = _Filter(_DOWN)

    def process(self, pcm: bytes) -> bytes:
        """What ``pcm`` (any number of bytes) completes; give whole bursts, they cost a third of single frames."""
        return _to_mulaw(self._filter.run(pcm))

    def flush(self) -> bytes:
        """The rest of a turn that is over, 7 ms; afterwards as new."""
        return _to_mulaw(self._filter.finish())

    def reset(self) -> None:
        """Forget the sound inside, on a barge-in; afterwards as new."""
        self._filter.reset()


@dataclass(frozen=True, slots=True)
class _Kernel:
    """What the streams of one direction share, read-only.

    A window of ``taps`` samples gives one output per phase, then moves on by ``step`` samples.
    ``matrix`` makes _BLOCK windows' outputs of the ``len(matrix)`` samples they span.
    """

    taps: int
    step: int
    phases: int
    matrix: Samples
    longest_bytes: int
    loudest: int  # of the samples of a window, so that no output can be louder than 16 bits hold

    @property
    def fresh(self) -> bytes:
        """The silence before a stream: a window but for its last sample."""
        return bytes((self.taps - 1) * BYTES_PER_SAMPLE)


def _kernel(in_rate: int, out_rate: int) -> _Kernel:
    step, phases = max(1, in_rate // out_rate), max(1, out_rate // in_rate)
    by_phase = integer_taps(max(in_rate, out_rate), phases).reshape(-1, phases)[::-1] / TAP_SCALE
    taps = len(by_phase)
    matrix = np.zeros((step * (_BLOCK - 1) + taps, _BLOCK * phases))
    for window in range(_BLOCK):
        matrix[step * window : step * window + taps, phases * window : phases * (window + 1)] = by_phase
    matrix.setflags(write=False)
    longest_bytes = _LONGEST_PRODUCT_MS * in_rate // 1000 * BYTES_PER_SAMPLE
    return _Kernel(taps, step, phases, matrix, longest_bytes, int(_LOUDEST / np.abs(by_phase).sum(axis=0).max()))


_UP = _kernel(PHONE_RATE, MODEL_INPUT_RATE)
_DOWN = _kernel(MODEL_OUTPUT_RATE, PHONE_RATE)
_NOTHING = np.zeros(0)


@dataclass(frozen=True, slots=True)
class _Room:
    """Room for a product of ``count`` samples: where they are laid, as rows, and where its outputs are found."""

    count: int
    laid: Samples
    rows: Samples
    products: Samples
    outputs: Samples


def _room(kernel: _Kernel, count: int) -> _Room:
    windows = (count - kernel.taps) // kernel.step + 1
    stride, rows = kernel.step * _BLOCK, -(-windows // _BLOCK)
    length, width = kernel.matrix.shape
    padded = np.zeros(max((rows - 1) * stride + length, count))
    # Overlapping rows without a copy; as_strided would do the same at five times the cost.
    overlapping = np.ndarray((rows, length), np.float64, padded, 0, (stride * 8, 8))
    products = np.empty((rows, width))
    outputs = products.reshape(-1)[: windows * kernel.phases]
    return _Room(count, padded[:count], overlapping, products, outputs)


class _Filter:
    """One stream through a kernel: bytes of PCM in, unrounded samples out, of what 16 bits hold. They are its own."""

    __slots__ = ("_held", "_kernel", "_room", "_used")

    def __init__(self, kernel: _Kernel) -> None:
        self._kernel = kernel
        self._held = kernel.fresh  # the samples of the next window that are here already, and perhaps half of one
        self._used = False
        self._room: _Room | None = None

    def run(self, pcm: bytes) -> Samples:
        self._used = self._used or bool(pcm)
        longest = self._kernel.longest_bytes
        if len(pcm) <= longest:
            return self._product(pcm)
        return np.concatenate([self._product(pcm[at : at + longest]).copy() for at in range(0, len(pcm), longest)])

    def finish(self) -> Samples:
        if not self._used:
            return _NOTHING
        self._held = self._held[: len(self._held) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]
        rest = self.run(self._kernel.fresh)
        self.reset()
        return rest

    def reset(self) -> None:
        self._held = self._kernel.fresh
        self._used = False

    def _product(self, pcm: bytes) -> Samples:
        kernel = self._kernel
        held = self._held + pcm
        count = len(held) // BYTES_PER_SAMPLE
        if count < kernel.taps:
            self._held = held
            return _NOTHING
        room = self._room_for(count)
        self._held = held[len(room.outputs) // kernel.phases * kernel.step * BYTES_PER_SAMPLE :]
        room.laid[:] = np.frombuffer(held, "<i2", count)
        np.dot(room.rows, kernel.matrix, room.products)
        if audioop.max(held[: count * BYTES_PER_SAMPLE], BYTES_PER_SAMPLE) > kernel.loudest:
            np.minimum(room.outputs, _LOUDEST, out=room.outputs)
            np.maximum(room.outputs, _QUIETEST, out=room.outputs)
        return room.outputs

    def _room_for(self, count: int) -> _Room:
        """Most of a stream's pieces are equally long: the room for one is kept, if it is little."""
        room = self._room
        if room is None or room.count != count:
            room = _room(self._kernel, count)
            self._room = room if count <= _KEPT_ROOM else None
        return room


def _to_pcm(samples: Samples) -> bytes:
    np.rint(samples, samples)
    return samples.astype("<i2").tobytes()


def _to_mulaw(samples: Samples) -> bytes:
    return encode_samples(samples.astype(np.int16))  # towards zero: the codes of the unrounded samples
