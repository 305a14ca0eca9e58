"""A voice for whoever types: the rehearsal's speech, in a process of its own beside the calls."""

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Final

import numpy as np

from app.prompts.languages import main_language
from app.rehearsal.heard import SpeechUnavailable
from app.rehearsal.phone_sound import at_phone_rate, encode, spoken
from app.rehearsal.speech import Voice, load_voice

WITHIN_S: Final = 30.0  # the first sentence loads the voice
LONGEST: Final = 300  # characters
_RATE: Final = 24_000  # of the voice
_NICE: Final = 10  # calls go before it


class Speaker:
    """Speaks one sentence after another; the process behind it starts with the first."""

    def __init__(self, kind: str = "real") -> None:
        self._kind = kind
        self._pool: ProcessPoolExecutor | None = None

    async def speak(self, text: str, language: str) -> bytes:
        """The words as a caller would say them: µ-law at 8 kHz. Raises SpeechUnavailable."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, get_context("spawn"), os.nice, (_NICE,))
        asked = self._pool.submit(_speak, self._kind, text[:LONGEST], main_language(language))
        try:
            async with asyncio.timeout(WITHIN_S):
                return await asyncio.wrap_future(asked)
        except TimeoutError:
            raise SpeechUnavailable("The voice takes too long. Try again in a moment.") from None

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


@cache
def _voice(kind: str, language: str) -> Voice:
    return load_voice(kind, (language,))


def _speak(kind: str, text: str, language: str) -> bytes:
    sound = b"".join(_voice(kind, language).speak(text, language))
    return encode(spoken(at_phone_rate(np.frombuffer(sound, np.int16), _RATE)))
