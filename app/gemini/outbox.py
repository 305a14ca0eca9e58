"""What waits to be sent to a session: sound in bounded time, words and answers for as long as it takes."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import structlog

from app.audio.pcm import BYTES_PER_SAMPLE, MODEL_INPUT_RATE
from app.telemetry import metrics

STALE_S = 0.5  # sound older than this tells the model of a past that the caller has left
MOST = 512  # messages; a call has not half as much to say: the peer has stopped reading
MOST_PICTURES = 4
PICTURE_EVERY_S = 1.0  # the service looks at one a second: https://ai.google.dev/gemini-api/docs/live-api/capabilities
PICTURE_STALE_S = 30.0  # without a session for so long, the talk has left it behind

log = structlog.get_logger(__name__)

_BYTES_PER_MS = MODEL_INPUT_RATE * BYTES_PER_SAMPLE // 1000


@dataclass(frozen=True, slots=True)
class Sound:
    """The caller, 16 kHz PCM."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class SoundEnd:
    """The caller is done for now: the sound so far is all there is of what they said."""


@dataclass(frozen=True, slots=True)
class RealtimeText:
    """Words that the model answers at once."""

    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """Words for the context; answered when they complete a turn."""

    text: str
    turn_complete: bool


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """The answer to one tool call."""

    id: str
    name: str
    response: Mapping[str, object]
    scheduling: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG to look at."""

    jpeg: bytes


@dataclass(frozen=True, slots=True)
class NewInstruction:
    """What takes the place of the setup's instruction."""

    text: str


Outgoing = Sound | SoundEnd | RealtimeText | Content | ToolAnswer | Picture | NewInstruction


class Outbox:
    """First in, first out, but for sound that got old and a picture that is not yet due.

    A picture that waits for its second holds back the words behind it, which speak of it, and nothing else.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Outgoing]] = deque()
        self._next_picture_at = -inf

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Outgoing, now: float) -> None:
        """Let a message wait."""
        self._drop_stale(now)
        if len(self._waiting) == MOST:
            self._drop(self._waiting.popleft()[1])
        if isinstance(message, Picture):
            self._keep_few_pictures()
        self._waiting.append((now, message))

    def put_back(self, message: Outgoing, now: float) -> None:
        """Let what could not be sent be the next again."""
        self._waiting.appendleft((now, message))

    def take(self, now: float) -> Outgoing | None:
        """The next message that is still worth sending, and may be sent now."""
        self._drop_stale(now)
        index = self._next(now)
        if index is None:
            return None
        message = self._waiting[index][1]
        del self._waiting[index]
        if isinstance(message, Picture):
            self._next_picture_at = now + PICTURE_EVERY_S
        return message

    def wait_s(self, now: float) -> float | None:
        """In how many seconds something may be sent: 0 for now, None while nothing waits."""
        if not self._waiting:
            return None
        return 0.0 if self._next(now) is not None else max(0.0, self._next_picture_at - now)

    def start_over(self, resumed: bool) -> None:
        """Keep what a new connection should still be told: a fresh session knows nothing of earlier tool calls.

        An instruction is not: a setup has the newest.
        """
        of_before = Sound | SoundEnd | NewInstruction
        lost = of_before if resumed else of_before | ToolAnswer
        before, self._waiting = self._waiting, deque()
        for since, message in before:
            if isinstance(message, lost):
                self._drop(message)
            else:
                self._waiting.append((since, message))

    def _next(self, now: float) -> int | None:
        """Where the first message stands that may be sent now."""
        behind_a_picture = False
        for index, (_, message) in enumerate(self._waiting):
            if isinstance(message, Picture):
                if now >= self._next_picture_at and not behind_a_picture:
                    return index
                behind_a_picture = True
            elif not behind_a_picture or isinstance(message, Sound | SoundEnd | ToolAnswer):
                return index
        return None

    def _keep_few_pictures(self) -> None:
        pictures = [waiting for waiting in self._waiting if isinstance(waiting[1], Picture)]
        if len(pictures) >= MOST_PICTURES:
            self._waiting.remove(pictures[0])
            self._drop(pictures[0][1])

    def _drop_stale(self, now: float) -> None:
        kept: list[tuple[float, Outgoing]] = []
        while self._waiting and now - self._waiting[0][0] > STALE_S:
            since, message = self._waiting.popleft()
            if isinstance(message, Sound) or (isinstance(message, Picture) and now - since > PICTURE_STALE_S):
                self._drop(message)
            else:
                kept.append((since, message))
        self._waiting.extendleft(reversed(kept))

    def _drop(self, message: Outgoing) -> None:
        if isinstance(message, Sound):
            metrics.listen_dropped_ms.inc(len(message.pcm) / _BYTES_PER_MS)
        elif not isinstance(message, SoundEnd | NewInstruction):
            log.warning("not told to the live session", what=type(message).__name__)
