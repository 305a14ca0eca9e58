"""What the caller says now, or said last and was not answered: its sound from a little before its onset."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.audio.pcm import Audio
from app.call.kept import LONGEST_MS, PRE_ROLL_MS, stretches


@dataclass(slots=True)
class Utterance:
    """The sound of one utterance, so that a session that has not answered it can hear it again.

    It is ``open`` from its onset until it is answered or given up; a caller who goes on speaking meanwhile adds to it.
    While nobody speaks a pre-roll is kept, for the onset that our detector tells of late.
    """

    open: bool = False
    speech_ms: int = 0  # spoken in it, pauses left out
    repeats: int = 0  # of it, to the session in use
    spoiled: bool = False  # the service refused what it was sent: this sound is not sent again
    ms: float = 0.0
    _speaking: bool = False
    _said: deque[Audio] = field(default_factory=deque)
    _before: deque[Audio] = field(default_factory=deque)
    _before_ms: float = 0.0

    def add(self, audio: Audio) -> None:
        """A frame of the caller's sound: of the utterance, or leading up to one."""
        if self._speaking:
            self._keep(audio)
            return
        self._before.append(audio)
        self._before_ms += audio.ms
        while self._before_ms > PRE_ROLL_MS and self._before:
            self._before_ms -= self._before.popleft().ms

    def _keep(self, audio: Audio) -> None:
        self._said.append(audio)
        self.ms += audio.ms
        while self.ms > LONGEST_MS and self._said:
            self.ms -= self._said.popleft().ms

    def begin(self) -> None:
        """The caller begins to speak, or goes on with what is not answered yet."""
        if not self.open:
            self.close()
        self.open = self._speaking = True
        while self._before:
            self._keep(self._before.popleft())
        self._before_ms = 0.0

    def end(self, speech_ms: int) -> None:
        """The caller fell silent."""
        self._speaking = False
        self.speech_ms += speech_ms

    def close(self) -> None:
        """It was answered, or nobody will answer it any more."""
        self.open = self.spoiled = False
        self.speech_ms = self.repeats = 0
        self.ms = 0.0
        self._said.clear()

    def spoil(self) -> None:
        """The service refused what it was sent: none of it is sent again (https://github.com/livekit/agents/issues/5985)."""
        self.spoiled = self.open
        self.ms = 0.0
        self._said.clear()

    def sound(self) -> Iterator[Audio]:
        """Its sound in order, a few frames at a time; it stays here until the utterance is answered."""
        yield from stretches(deque(self._said))
