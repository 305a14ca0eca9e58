"""What people of ours see of the calls going on, and what they do in them; whether they may is the console's to say."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from app.audio.pcm import MODEL_OUTPUT_RATE, Audio
from app.bridge import Bridge
from app.call.events import SupervisorAsked, SupervisorSpoke
from app.call.glance import Glance
from app.call.transcript import ASSISTANT, CALLER
from app.switchboard import Switchboard
from app.telling import Telling

LOOKED_AGAIN_S: Final = 0.4  # all who look within it are shown the same
LAST_WORDS: Final = 120  # characters of either side
LONGEST_SAID: Final = 600  # characters that can be said or whispered at once
MOST_SPOKEN_MS: Final = 400.0  # sound of a person's in one message


@dataclass(frozen=True, slots=True)
class Seen:
    """One call going on. ``caller_words`` and ``assistant_words`` are the last of each, redacted."""

    call_sid: str
    line: str
    version: str
    caller: str
    called: str
    started_at: datetime
    glance: Glance
    caller_words: str = ""
    assistant_words: str = ""

    @property
    def health(self) -> str:
        """``good``; ``warn``: an answer is being waited for longer than usual; ``bad``: it was asked for in vain."""
        if self.glance.steps > 1 or self.glance.state == "renewing":
            return "bad"
        return "warn" if self.glance.steps or self.glance.quiet_s > 8.0 else "good"


@dataclass(slots=True)
class _Words:
    """What was shown of a call's last words, so that it is redacted once."""

    telling: Telling
    raw: tuple[str, str] = ("", "")
    shown: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Floor:
    """The calls of this process, for the people who look after them."""

    switchboard: Switchboard
    clock: Callable[[], float] = time.monotonic
    _seen: Sequence[Seen] = ()
    _looked_at: float = float("-inf")
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _words: "WeakKeyDictionary[Bridge, _Words]" = field(default_factory=WeakKeyDictionary)

    async def going_on(self) -> Sequence[Seen]:
        """Every call, the oldest first."""
        async with self._looking:
            if self.clock() - self._looked_at >= LOOKED_AGAIN_S:
                glances = [(bridge, bridge.glance()) for bridge in self.switchboard.going_on()]
                self._seen = await asyncio.to_thread(lambda: [self._look(*one) for one in glances])
                self._looked_at = self.clock()
            return self._seen

    def _look(self, bridge: Bridge, glance: Glance) -> Seen:
        words = self._words.setdefault(bridge, _Words(Telling(bridge.about, glance.started_at)))
        raw = _last_words(glance)
        if raw != words.raw:
            words.raw, words.shown = raw, words.telling.last_words(*raw)
        about = bridge.about
        whose = bridge.caller, bridge.called, about.started_at
        return Seen(bridge.call_sid, about.line, about.version, *whose, glance, *words.shown)

    def ask(self, call_sid: str, asked: SupervisorAsked) -> bool:
        """Have it done; False where the call does not go on here any more."""
        if self.switchboard.find(call_sid) is None:
            return False
        self.switchboard.tell(call_sid, asked)
        return True

    def speak(self, call_sid: str, pcm: bytes) -> None:
        """A person's own voice, 24 kHz 16-bit, to the caller of a call that was taken over."""
        audio = Audio(pcm[: len(pcm) // 2 * 2], MODEL_OUTPUT_RATE)
        if 0.0 < audio.ms <= MOST_SPOKEN_MS:
            self.switchboard.tell(call_sid, SupervisorSpoke(audio))


def _last_words(glance: Glance) -> tuple[str, str]:
    """Of either side, from the turn that goes on or else from its last."""
    caller, assistant = glance.caller, glance.assistant
    for line in reversed(glance.story):
        if line.startswith(CALLER):
            caller = caller or line.removeprefix(CALLER)
        else:
            assistant = assistant or line.removeprefix(ASSISTANT)
    return caller[-LAST_WORDS:], assistant[-LAST_WORDS:]
