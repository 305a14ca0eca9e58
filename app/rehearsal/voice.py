"""Speech and what stands in for it: sentences to 24 kHz PCM16."""

import math
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from app.rehearsal.heard import SpeechUnavailable

RATE = 24_000  # hertz, what the Live API speaks
_PICO_RATE = 16_000
_ACTIVE_RMS = 2300.0  # about -23 dBFS while speaking, as the Live API's voices are
_PEAK = 30_000.0
_BEFORE_MS, _AFTER_MS = 30, 220  # silence kept around a sentence
_CACHED = 200  # sentences
_TONE_MS_PER_LETTER = 65
_PICO = {"en": "en-US", "es": "es-ES", "de": "de-DE", "fr": "fr-FR", "it": "it-IT"}
_FOREIGN = re.compile(r"[\u0370-\u1dff\u2c00-\uabff\uac00-\ud7ff\uf900-\ufdff\ufe70-\ufeff\uff66-\uffdc]")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”)]*\s+(?=\S)")
_NUMBERED = re.compile(r"(?:order|number|ticket|case|pedido|número|caso)\s", re.IGNORECASE)
Floats = npt.NDArray[np.float64]
Synthesis = Callable[[str, str], Floats]  # a sentence and its language to samples at RATE


class Voice:
    """Speaks. Blocks for about 50 ms a sentence: call it in a thread. The same text always sounds the same."""

    def __init__(self, synthesis: Synthesis) -> None:
        self._synthesis = synthesis
        self._spoken: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def speak(self, text: str, language: str = "en") -> Iterator[bytes]:
        """One stretch of 24 kHz PCM16 for each sentence of ``text``."""
        for sentence in sentences(text):
            yield self.sentence(sentence, language)

    def sentence(self, sentence: str, language: str = "en") -> bytes:
        """One sentence in 24 kHz PCM16."""
        key = (sentence, language)
        if key not in self._spoken:
            self._spoken[key] = _levelled(self._synthesis(sentence, language))
            if len(self._spoken) > _CACHED:
                self._spoken.popitem(last=False)
        self._spoken.move_to_end(key)
        return self._spoken[key]


def sentences(text: str) -> list[str]:
    """``text`` cut at the ends of its sentences; very short ones stay with the next."""
    cut: list[str] = []
    for piece in _SENTENCE_END.split(text.strip()):
        if cut and len(cut[-1]) < 12:
            cut[-1] = f"{cut[-1]} {piece}"
        elif piece:
            cut.append(piece)
    return cut


def real_voice(languages: tuple[str, ...] = ("en",)) -> Voice:
    """Hibari for English; for other languages Pico, from the extra ``rehearsal-languages``. Loads about 1 s.

    A language that neither speaks is read in the English voice; a script it cannot read is hummed.
    """
    english, hum = _hibari(), _hum(_TONE_MS_PER_LETTER)
    others = _pico() if any(language != "en" for language in languages) else None

    def synthesis(sentence: str, language: str) -> Floats:
        if others is not None and language != "en" and language in _PICO:
            return others(sentence, language)
        return english(sentence, language) if _FOREIGN.search(sentence) is None else hum(sentence, language)

    voice = Voice(synthesis)
    for language in languages:
        voice.sentence("One moment, please.", language)
    return voice


def tones(ms_per_letter: int = _TONE_MS_PER_LETTER) -> Voice:
    """Shaped like speech, cheap, and without words: for load and leak tests."""
    return Voice(_hum(ms_per_letter))


def _hum(ms_per_letter: int) -> Synthesis:
    seconds = np.arange(RATE * 4) / RATE
    buzz = sum(np.sin(2 * math.pi * 130 * harmonic * seconds) / harmonic for harmonic in (1, 2, 3, 5, 8))
    syllables = 0.55 + 0.45 * np.sin(2 * math.pi * 4 * seconds)
    loop = np.asarray(buzz * syllables, np.float64)

    def synthesis(sentence: str, language: str) -> Floats:
        length = len(sentence) * ms_per_letter * RATE // 1000
        return np.resize(loop, length)

    return synthesis


def _hibari() -> Synthesis:
    try:
        from hibari import Hibari
    except ImportError as missing:
        raise SpeechUnavailable(f"no voice: {missing}; install hibari-tts") from missing
    engine = Hibari()  # any voice but the packaged one would be fetched from a hub

    def synthesis(sentence: str, language: str) -> Floats:
        parts = [np.asarray(part, np.float64) for part in engine.stream(_readable(sentence), seed=0)]
        return np.concatenate(parts) if parts else np.zeros(0)

    return synthesis


def _pico() -> Synthesis:
    try:
        from py_nanotts import NanoTTS
    except ImportError as missing:
        raise SpeechUnavailable(
            "no voice but the English one: install the extra, "
            "in the project's folder: .venv/bin/pip install -e '.[rehearsal-languages]'"
        ) from missing
    engine = NanoTTS()

    def synthesis(sentence: str, language: str) -> Floats:
        pcm = engine.speak(_readable(sentence), voice=_PICO.get(language, "en-US"))
        return resampled(np.frombuffer(pcm, np.int16).astype(np.float64), _PICO_RATE, RATE)

    return synthesis


def _readable(sentence: str) -> str:
    """Long numbers are read digit by digit, as order numbers are on the telephone; years are not."""
    return re.sub(r"(\w+ )?(?<![\d.,$€£-])(\d{4,})(?!\d*[.,]\d)", _digits_apart, sentence)


def _digits_apart(match: re.Match[str]) -> str:
    before, number = match.group(1) or "", match.group(2)
    year = re.fullmatch(r"(?:19|20)\d\d", number) and not _NUMBERED.match(before)
    return before + (number if year else " ".join(number))


def resampled(samples: Floats, rate: int, wanted: int) -> Floats:
    """A whole stretch of sound at another rate, by its spectrum."""
    if rate == wanted or not len(samples):
        return samples
    length = len(samples) * wanted // rate
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return np.fft.irfft(np.pad(spectrum, (0, length // 2 + 1 - len(spectrum))), length) * (wanted / rate)


def _levelled(samples: Floats) -> bytes:
    """To the level of a Live voice, peaks kept, and without the long silences around it."""
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max(initial=0.0))
    if not len(loud):
        return b""
    samples = samples[max(0, loud[0] - RATE * _BEFORE_MS // 1000) : loud[-1] + RATE * _AFTER_MS // 1000]
    active = samples[np.abs(samples) > 0.05 * np.abs(samples).max()]
    gain = min(_ACTIVE_RMS / float(np.sqrt(np.mean(active**2))), _PEAK / float(np.abs(samples).max()))
    return np.asarray(samples * gain, np.int16).tobytes()
