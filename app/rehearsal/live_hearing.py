"""How a session hears: sound in, utterances out, in words."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.rehearsal.endpoint import HANG_MS, RATE, Detector, SpeechEnded, SpeechEvent, SpeechPaused, VoiceActivity
from app.rehearsal.heard import Heard
from app.rehearsal.live_ears import Understanding, same
from app.rehearsal.live_protocol import at
from app.rehearsal.speech import Ears

_SHORTEST_HANG_MS, _LONGEST_HANG_MS = 200, 2_000  # longer wishes are not honoured by the service either


@dataclass(frozen=True, slots=True)
class HearingRules:
    """What a setup says of hearing."""

    automatic: bool = True
    interrupts: bool = True
    hang_ms: int = HANG_MS
    languages: tuple[str, ...] = ("en",)
    codes: Mapping[str, str] | None = None
    transcribes: bool = False


def hearing_rules(setup: Mapping[str, object], spoken_here: Sequence[str]) -> HearingRules:
    """Read a setup. ``spoken_here`` are the languages these ears know."""
    config = "realtime_input_config"
    hang = at(setup, config, "automatic_activity_detection", "silence_duration_ms")
    hints = at(setup, "input_audio_transcription", "language_codes")
    asked = {str(code).partition("-")[0].lower(): str(code) for code in (hints if isinstance(hints, list) else [])}
    return HearingRules(
        automatic=not at(setup, config, "automatic_activity_detection", "disabled"),
        interrupts=at(setup, config, "activity_handling") != "NO_INTERRUPTION",
        hang_ms=min(max(int(hang), _SHORTEST_HANG_MS), _LONGEST_HANG_MS) if isinstance(hang, int | float) else HANG_MS,
        languages=tuple(code for code in asked if code in spoken_here) or ("en",),
        codes=asked,
        transcribes="input_audio_transcription" in setup,
    )


class Resampled:
    """A stream of PCM16 brought to the ears' rate. Straight lines between samples do for a recogniser."""

    def __init__(self) -> None:
        self._last = 0.0
        self._phase = 0.0  # where the next wanted sample lies, in samples after the last

    def feed(self, pcm: bytes, rate: int) -> bytes:
        """The next stretch at 16 kHz."""
        if rate == RATE or not pcm:
            return pcm
        samples = np.concatenate([[self._last], np.frombuffer(pcm, np.int16)])
        step = rate / RATE
        wanted = np.arange(self._phase, len(samples) - 1, step)
        self._phase = self._phase + len(wanted) * step - (len(samples) - 1)
        self._last = float(samples[-1])
        resampled: bytes = np.interp(wanted, np.arange(len(samples)), samples).astype(np.int16).tobytes()
        return resampled


class Hearing:
    """The ears of one session: endpointing here, words in the ears' thread."""

    def __init__(
        self, rules: HearingRules, ears: Ears, detector: Detector, understanding: Understanding, eager: bool
    ) -> None:
        self.rules = rules
        self._ears = ears
        self._understanding = understanding
        self._eager = eager
        self._activity = VoiceActivity(detector, rules.hang_ms)
        self._resampled = Resampled()
        self._manual: bytearray | None = None
        self._guess: asyncio.Future[Heard] | None = None
        self._before = b""  # what was said just before, and not yet answered
        self._asked_about = b""
        self._language = ""  # heard last

    @property
    def speaking(self) -> bool:
        """Is the caller speaking now?"""
        return self._activity.speaking or self._manual is not None

    def feed(self, pcm: bytes, rate: int) -> list[SpeechEvent]:
        """Take sound in. A pause in speech already starts a guess at the words."""
        sound = self._resampled.feed(pcm, rate)
        if not self.rules.automatic:
            if self._manual is not None:
                self._manual += sound
            return []
        events = self._activity.feed(sound)
        for event in events:
            if isinstance(event, SpeechPaused) and self._eager:
                self._guess = self._asked(self._whole(event.pcm))
        return events

    def finish(self) -> list[SpeechEvent]:
        """No more sound for now."""
        return self._activity.finish()

    def begin(self) -> None:
        """The client says that somebody begins to speak."""
        self._manual = bytearray()

    def end(self) -> SpeechEnded:
        """The client says that they have ended."""
        pcm, self._manual = bytes(self._manual or b""), None
        return SpeechEnded(pcm, False, len(pcm) * 500 // RATE)

    def hold(self) -> None:
        """Keep what was said last and not answered: the caller goes on speaking, and means both."""
        self._before = self._asked_about

    async def words(self, ended: SpeechEnded) -> Heard:
        """The words of an utterance."""
        guess, self._guess = self._guess, None
        pcm, self._before = self._whole(ended.pcm), b""
        self._asked_about = pcm
        if guess is not None and not ended.paused:
            guess.cancel()
            guess = None
        heard = await asyncio.shield(guess or self._asked(pcm))
        if heard.text:
            self._language = heard.language
        return heard

    def _whole(self, pcm: bytes) -> bytes:
        """With what was said just before: the caller goes on. A client that gives the same sound again adds nothing."""
        return self._before if same(pcm, self._before) else self._before + pcm

    def _asked(self, pcm: bytes) -> asyncio.Future[Heard]:
        return self._understanding.of(self._ears, pcm, self.rules.languages, self._language)
