"""Whisper by CTranslate2 on an utterance alone: the encoder sees what was said, the decoder its usual window.

Whisper pads everything to 30 s, which costs 0.3 s for each utterance on two cores, and a shortened window makes
it loop. So the utterance is encoded alone and the missing positions come from an encoding of silence made once.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from app.rehearsal.heard import Heard, SpeechUnavailable
from app.rehearsal.wording import join_digits

RATE = 16_000
_FFT, _HOP, _MELS = 400, 160, 80
_POSITIONS = 1500  # what the encoder makes of 30 s
_TAIL_S = 1.0  # silence after the utterance
_NO_SPEECH, _UNSURE = 0.6, -0.5
_LIKE_BEFORE = 4.0
_NOTHING_SAID = frozenset({"", "you", "you.", "thank you for watching.", "thanks for watching!", ".", "bye."})
# A number written digit by digit loses fewer of its repeated digits.
_MANY_DIGITS = re.compile(r"Ġ?\d\d+$")
Floats = npt.NDArray[np.float32]


class Whisper:
    """One set of weights. ``hear`` blocks for about 0.1-0.2 s: call it in a thread."""

    def __init__(self, folder: Path, sha256: str, words: str = "", threads: int = 1) -> None:
        self._check(folder, sha256)
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="float32", intra_threads=threads, inter_threads=1
        )
        self._tokens = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._words = self._prompt_of(words)
        self._suppressed = [
            -1,
            *(token for word, token in self._tokens.get_vocab().items() if _MANY_DIGITS.match(word)),
        ]
        self._mel = _mel_filters()
        self._silence = self._encoded(np.zeros(RATE * 30, np.float32))
        self.hear(bytes(RATE))

    @property
    def multilingual(self) -> bool:
        """Does it know other languages than English?"""
        return bool(self._model.is_multilingual)

    def hear(self, pcm16k: bytes, languages: Sequence[str] = ("en",), before: str = "", leave: str = "") -> Heard:
        """What is said in one utterance of 16 kHz PCM16. Of several languages the likeliest is taken.

        ``before`` is the language heard last, which short utterances are likelier to be in. If the likeliest is the
        one to ``leave``, the words are not looked for: other weights hear it better.
        """
        sound = np.frombuffer(pcm16k, np.int16).astype(np.float32) / 32768.0
        window = self._window(sound[: RATE * 29])
        language = self._likeliest(window, languages, before) if self.multilingual else "en"
        if language == leave:
            return Heard("", language)
        longest = 24 + int(len(sound) / RATE * 10)
        text, no_speech, score = self._decoded(window, language, self._words, longest)
        if loops(text) and self._words:
            text, no_speech, score = self._decoded(window, language, [], longest)
        return _gated(text, language, no_speech, score)

    def _decoded(
        self, window: ctranslate2.StorageView, language: str, words: list[int], longest: int
    ) -> tuple[str, float, float]:
        """The words, the probability that there are none, and how sure the decoder is."""
        result = self._model.generate(
            window,
            [words + self._start(language)],
            beam_size=5,
            max_length=min(448, len(words) + longest),
            no_repeat_ngram_size=6,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        text = self._tokens.decode(result.sequences_ids[0], skip_special_tokens=True).strip()
        return text, float(result.no_speech_prob), float(result.scores[0])

    def _start(self, language: str) -> list[int]:
        marks = ["<|startoftranscript|>"]
        if self.multilingual:
            marks += [f"<|{language}|>", "<|transcribe|>"]
        return [self._id(mark) for mark in [*marks, "<|notimestamps|>"]]

    def _prompt_of(self, words: str) -> list[int]:
        if not words:
            return []
        return [self._id("<|startofprev|>"), *self._tokens.encode(" " + words, add_special_tokens=False).ids]

    def _id(self, mark: str) -> int:
        token = self._tokens.token_to_id(mark)
        assert token is not None, mark
        return int(token)

    def _likeliest(self, window: ctranslate2.StorageView, languages: Sequence[str], before: str) -> str:
        if len(languages) == 1:
            return languages[0]
        found = dict(self._model.detect_language(window)[0])
        likely = {each: found.get(f"<|{each}|>", 0.0) * (_LIKE_BEFORE if each == before else 1.0) for each in languages}
        return max(likely, key=lambda each: likely[each])

    def _window(self, sound: Floats) -> ctranslate2.StorageView:
        short = self._encoded(np.concatenate([sound, np.zeros(int(RATE * _TAIL_S), np.float32)]))
        spliced = np.concatenate([short, self._silence[:, short.shape[1] :]], axis=1)
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(spliced))

    def _encoded(self, sound: Floats) -> Floats:
        mel = ctranslate2.StorageView.from_array(_log_mel(sound, self._mel)[None])
        encoded: Floats = np.asarray(self._model.encode(mel, to_cpu=True), np.float32)
        return encoded[:, :_POSITIONS]

    @staticmethod
    def _check(folder: Path, sha256: str) -> None:
        found = hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest()
        if found != sha256:
            raise SpeechUnavailable(
                f"the speech weights in {folder.name} are not the ones we know (sha256 {found[:12]}…)"
            )


def _gated(text: str, language: str, no_speech: float, score: float) -> Heard:
    silent = no_speech > _NO_SPEECH and score < _UNSURE
    if silent or text.lower() in _NOTHING_SAID or loops(text):
        text = ""
    return Heard(join_digits(text), language, no_speech, score)


def loops(text: str) -> bool:
    """The decoder went round in circles: few different words for the many it wrote."""
    words = re.findall(r"\w+", text.lower())
    return len(words) >= 6 and len(set(words)) <= len(words) / 3 and not text.replace(" ", "").isdigit()


def _log_mel(sound: Floats, filters: Floats) -> Floats:
    even = math.ceil(len(sound) / (2 * _HOP)) * 2 * _HOP  # the encoder halves the frames
    padded = np.pad(np.pad(sound, (0, even - len(sound))), _FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[::_HOP][: even // _HOP]
    window = np.hanning(_FFT + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32) ** 2
    log = np.log10(np.maximum(filters @ power.T, 1e-10))
    log = np.maximum(log, log.max() - 8.0)
    return np.ascontiguousarray((log + 4.0) / 4.0, np.float32)


def _mel_filters() -> Floats:
    """The 80 triangles Whisper was trained with (Slaney's scale and norm)."""
    edges = _slaney_to_hertz(np.linspace(0.0, _hertz_to_slaney(RATE / 2), _MELS + 2))
    bins = np.fft.rfftfreq(_FFT, 1 / RATE)
    slopes = edges[:, None] - bins[None, :]
    widths = np.diff(edges)
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    norm = 2.0 / (edges[2:] - edges[:-2])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * norm[:, None], np.float32)


_LINEAR_HZ, _STEP = 1000.0, math.log(6.4) / 27.0  # linear below 1 kHz, logarithmic above


def _hertz_to_slaney(hertz: float) -> float:
    return hertz * 3 / 200 if hertz < _LINEAR_HZ else 15.0 + math.log(hertz / _LINEAR_HZ) / _STEP


def _slaney_to_hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _LINEAR_HZ * np.exp(_STEP * (mels - 15.0))
    return np.where(mels < 15.0, mels * 200 / 3, above)
