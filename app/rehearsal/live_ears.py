"""The ears of a stand-in: one thread for all its sessions, where the same sound is understood once.

A client that opens another session because this one is slow gives it the same sound again. Ears that began anew each
time would only get slower.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from app.rehearsal.endpoint import RATE, SPEECH_RMS, loudness
from app.rehearsal.heard import Heard
from app.rehearsal.speech import Ears

_REMEMBERED = 8  # sounds
_STRETCH_BYTES = RATE // 50 * 2  # 20 ms
_EDGE_BYTES = 3 * _STRETCH_BYTES  # cut elsewhere, the same sound is as much longer or shorter
_LOUD_RMS = SPEECH_RMS / 2


@dataclass(frozen=True, slots=True)
class _Asked:
    spoken: bytes
    words: asyncio.Future[Heard]


class Understanding:
    """Asks ears what a sound means, in their thread. Ears with a script hear something new each time: they go on."""

    def __init__(self, thread: Executor, scripted: bool = False) -> None:
        self.thread = thread
        self._scripted = scripted
        self._last: deque[_Asked] = deque(maxlen=_REMEMBERED)

    def of(self, ears: Ears, pcm: bytes, languages: Sequence[str], before: str) -> asyncio.Future[Heard]:
        """The words of 16 kHz PCM16, now or later; wait for them shielded, others may wait for the same."""
        hear = partial(ears.hear, pcm, languages, before)
        if self._scripted:
            return asyncio.get_running_loop().run_in_executor(self.thread, hear)
        spoken = _spoken(pcm)
        for asked in self._last:
            if not asked.words.cancelled() and _alike(spoken, asked.spoken):
                return asked.words
        words = asyncio.get_running_loop().run_in_executor(self.thread, hear)
        self._last.append(_Asked(spoken, words))
        return words


def same(pcm: bytes, other: bytes) -> bool:
    """Is this the other sound once more, sample by sample, but for the silence around it?

    Nobody says a word twice like that; a word more, however short, is another sound.
    """
    return bool(pcm and other) and _alike(_spoken(pcm), _spoken(other))


def _alike(spoken: bytes, before: bytes) -> bool:
    fifth = len(spoken) // 5
    if not fifth or abs(len(spoken) - len(before)) > _EDGE_BYTES:
        return False
    return before.find(spoken[2 * fifth : 4 * fifth]) >= 0


def _spoken(pcm: bytes) -> bytes:
    """From the first to the last loud stretch."""
    stretches = [pcm[start : start + _STRETCH_BYTES] for start in range(0, len(pcm), _STRETCH_BYTES)]
    loud = [number for number, stretch in enumerate(stretches) if loudness(stretch) >= _LOUD_RMS]
    return b"".join(stretches[loud[0] : loud[-1] + 1]) if loud else b""
