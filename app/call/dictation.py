"""Patience while a number is dictated: people pause between its digits, and are not done.

The model ends a caller's turn by the silence it hears, and cannot be told to wait longer for once. So while a number is
expected the caller's sound goes to it a little late, and of a pause it hears at first only the beginning: if the
caller goes on, the middle of the pause is left out, and if not, all of it follows.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.audio.pcm import Audio

LATE_MS = 300.0  # our own detector tells of a pause after 450 ms, the model's ends a turn after 500
LONGEST_MS = 6_000.0

# Words of a question that a number is the answer to, by the main tag of the language.
_ASKS: Mapping[str, str] = {
    "en": r"\b(?:numbers?|digits?|codes?|postcode|zip|pin|serial|date of birth)\b",
    "es": r"\b(?:n[uú]meros?|cifras?|d[ií]gitos?|c[oó]digos?|fecha de nacimiento)\b",
    "fr": r"\b(?:num[ée]ros?|chiffres?|codes?|date de naissance)\b",
    "de": r"(?:\b|\w)(?:nummer|ziffern?|code|postleitzahl|geburtsdatum)\b",
    "pt": r"\b(?:n[úu]meros?|d[íi]gitos?|c[óo]digos?|cep|data de nascimento)\b",
    "pl": r"\b(?:numer\w*|cyfr\w*|kod\w*|dat\w+ urodzenia)\b",
    "hi": r"नंबर|संख्या|अंक|कोड|पिन|जन्म ?तिथि",
    "ja": r"番号|数字|コード|桁|生年月日",
    "ar": r"رقم|أرقام|رمز|كود|تاريخ الميلاد",
    "zh": r"号码|编号|数字|验证码|邮编|代码|出生日期",
}
_QUESTION = re.compile(r"[?？؟]")


@dataclass(slots=True)
class Dictation:
    """The caller's sound on its late way to the model."""

    on: bool = False
    paused: bool = False
    until: float = 0.0  # the end of the patience with the pause that goes on
    ms: float = 0.0
    frames: deque[Audio] = field(default_factory=deque)

    def add(self, audio: Audio) -> Iterator[Audio]:
        """Take a frame in; gives those that are to be heard now."""
        self.frames.append(audio)
        self.ms += audio.ms
        limit_ms = LONGEST_MS if self.paused else LATE_MS
        while self.ms > limit_ms:
            yield self._next()

    def go_on(self) -> None:
        """The caller speaks again: of the pause only its end is heard, with the onset of the word."""
        self.paused = False
        while self.ms > LATE_MS:
            self._next()

    def end(self) -> Iterator[Audio]:
        """Everything that is left, and no patience any more."""
        self.on = self.paused = False
        while self.frames:
            yield self._next()

    def _next(self) -> Audio:
        audio = self.frames.popleft()
        self.ms -= audio.ms
        return audio


def asks_for_digits(words: str, language: str) -> bool:
    """Whether the assistant's words ask for a number."""
    pattern = _ASKS.get(language.split("-", maxsplit=1)[0])
    return bool(pattern and _QUESTION.search(words) and re.search(pattern, words, re.IGNORECASE))
