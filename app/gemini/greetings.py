"""The sound of a greeting, said once by the Live model itself and checked against what it says it said."""

import asyncio
import unicodedata
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

import numpy as np
from google import genai

from app.audio.pcm import BYTES_PER_SAMPLE, MODEL_OUTPUT_RATE, Audio
from app.call.events import AssistantAudio, Event, GenerationCompleted, SessionLost, Transcribed, TurnCompleted
from app.gemini.models import Backend
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from app.gemini.spoken_language import script_of
from app.prompts.languages import says_it_is_ai

WITHIN_S = 20.0
ATTEMPTS = 2
LONGEST_S = 30.0
ALIKE = 0.9  # of 1: how much of the text must have been said, and nothing else
KEPT_MS = 60  # of the silence on both ends
QUIETEST_SPEECH = 300  # RMS of 32768; below it is silence
_WINDOW = MODEL_OUTPUT_RATE // 100  # samples: 10 ms

_TOLD = (
    "You are the voice that answers a company's telephone. When you are asked to greet, say the given words, all of "
    "them and exactly as they are, warmly and clearly, and nothing else: no word before, none after."
)
# Written without spaces between words: each letter is a word of its own.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


class GreetingNotMade(Exception):
    """No sound of a greeting that could be played to a caller; its text says why."""


async def record_greeting(
    client: genai.Client,
    wish: SetupWish,
    text: str,
    language: str,
    *,
    backend: Backend,
    within_s: float = WITHIN_S,
    raw: bool = True,
) -> Audio:
    """``text`` spoken by the wish's model and voice, 24 kHz, without the silence around it.

    Takes at most ``within_s``, a second attempt included. Raises GreetingNotMade.
    """
    plain = _plain(wish, language)
    reason = ""
    try:
        async with asyncio.timeout(within_s):
            for _ in range(ATTEMPTS):
                try:
                    return await _checked(await _said(client, plain, text, backend, raw), text, language)
                except GreetingNotMade as failure:
                    reason = str(failure)
    except TimeoutError:
        reason = f"it was not said within {within_s:g} s" + (f"; before that, {reason}" if reason else "")
    raise GreetingNotMade(reason)


def _plain(wish: SetupWish, language: str) -> SetupWish:
    """The same model and voice, and nothing that could make it say more than it is given."""
    return replace(
        wish,
        instruction=_TOLD,
        languages=(language,),
        language=language,
        follows=False,
        tools=(),
        google_search=False,
        resumption=False,
        compression=None,
    )


@dataclass(slots=True)
class _Take:
    """What a session says of ``text``, until it is all there or the turn is over.

    The turn lasts as long as a caller would take to hear it, though everything is generated in a moment.
    """

    text: str
    generated: bool = False
    pcm: bytearray = field(default_factory=bytearray)
    words: str = ""
    lost: SessionLost | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def feed(self, event: Event) -> None:
        match event:
            case AssistantAudio(audio):
                self.pcm += audio.pcm
                if self.too_long:
                    self.over.set()
            case Transcribed("assistant", text):
                self.words += text
            case GenerationCompleted():
                self.generated = True
            case SessionLost():
                self.lost = event
                self.over.set()
            case TurnCompleted():
                self.over.set()
        # Words are not ordered against the sound: the last may come after all of it.
        if self.generated and alikeness(self.words, self.text) >= ALIKE:
            self.over.set()

    @property
    def too_long(self) -> bool:
        return len(self.pcm) > LONGEST_S * MODEL_OUTPUT_RATE * BYTES_PER_SAMPLE


async def _said(client: genai.Client, wish: SetupWish, text: str, backend: Backend, raw: bool) -> _Take:
    take = _Take(text)
    model = LiveModel(client, wish, take.feed, backend=backend, raw=raw)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(model.run())
        model.open(text)
        await take.over.wait()
        model.close()
    return take


async def _checked(take: _Take, text: str, language: str) -> Audio:
    """The sound of a take that may be played. Raises GreetingNotMade."""
    if take.lost is not None:
        raise GreetingNotMade(f"the session was lost with {take.lost.code} {take.lost.reason}".rstrip())
    if take.too_long:
        raise GreetingNotMade(f"it is longer than {LONGEST_S:g} s; shorten the greeting")
    alike = await asyncio.to_thread(alikeness, take.words, text)
    if alike < ALIKE:
        raise GreetingNotMade(f'it said something else ({alike:.0%} alike): "{take.words.strip()[:200]}"')
    if says_it_is_ai(text, language) and not says_it_is_ai(take.words, language):
        raise GreetingNotMade(f'it did not say that an AI speaks: "{take.words.strip()[:200]}"')
    pcm = trimmed(bytes(take.pcm))
    if not pcm:
        raise GreetingNotMade("there is no sound in it")
    return Audio(pcm, MODEL_OUTPUT_RATE)


def trimmed(pcm: bytes) -> bytes:
    """Sound without the silence on both ends, but for ``KEPT_MS`` of it; nothing if it is all silence."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2").astype(np.float32)
    windows = np.append(samples, np.zeros(-len(samples) % _WINDOW, np.float32)).reshape(-1, _WINDOW)
    loud = np.flatnonzero(np.sqrt((windows**2).mean(axis=1)) > QUIETEST_SPEECH)
    if not len(loud):
        return b""
    kept = KEPT_MS // 10
    first, last = max(0, int(loud[0]) - kept), int(loud[-1]) + 1 + kept
    return pcm[first * _WINDOW * BYTES_PER_SAMPLE : last * _WINDOW * BYTES_PER_SAMPLE]


def alikeness(said: str, text: str) -> float:
    """How alike two texts are when they are spoken, 0 to 1: their words, whether numbers are written out or not."""
    ours, theirs = _words(said), _words(text)
    left, right = _without_numbers(ours, theirs)
    if len(right) * 2 < len(theirs):
        left, right = ours, theirs
    return SequenceMatcher(None, "".join(left), "".join(right), autojunk=False).ratio()


def _without_numbers(ours: list[str], theirs: list[str]) -> tuple[list[str], list[str]]:
    """Both texts without the places where one has digits and the other something else."""
    left, right = list[str](), list[str]()
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "replace" and (_numbers(ours[a:b]) or _numbers(theirs[c:d])):
            continue
        left += ours[a:b]
        right += theirs[c:d]
    return left, right


def _numbers(words: list[str]) -> bool:
    return all(any(map(str.isdigit, word)) for word in words)


def _words(text: str) -> list[str]:
    """Letters, their marks and digits in lower case; of a script without spaces each letter alone."""
    spoken = []
    for one in unicodedata.normalize("NFKC", text).casefold():
        if one in "'’":
            continue
        word = unicodedata.category(one)[0] in "LMN"
        alone = word and script_of(one) in _UNSPACED
        spoken.append(f" {one} " if alone else one if word else " ")
    return "".join(spoken).split()
