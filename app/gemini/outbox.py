"""What waits to be sent to a session: sound in bounded time, words and answers for as long as it takes."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from app.audio.pcm import BYTES_PER_SAMPLE, MODEL_INPUT_RATE
from app.telemetry import metrics

STALE_S = 0.5  # sound older than this tells the model of a past that the caller has left
MOST = 512  # messages; a call has not half as much to say: the peer has stopped reading

log = structlog.get_logger(__name__)

_BYTES_PER_MS = MODEL_INPUT_RATE * BYTES_PER_SAMPLE // 1000


@dataclass(frozen=True, slots=True)
class Sound:
    """The caller, 16 kHz PCM."""

    pcm: bytes


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


Outgoing = Sound | RealtimeText | Content | ToolAnswer


class Outbox:
    """First in, first out, but for sound that got old."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Outgoing]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Outgoing, now: float) -> None:
        """Let a message wait."""
        self._drop_stale(now)
        if len(self._waiting) == MOST:
            self._drop(self._waiting.popleft()[1])
        self._waiting.append((now, message))

    def put_back(self, message: Outgoing, now: float) -> None:
        """Let what could not be sent be the next again."""
        self._waiting.appendleft((now, message))

    def take(self, now: float) -> Outgoing | None:
        """The next message that is still worth sending."""
        self._drop_stale(now)
        return self._waiting.popleft()[1] if self._waiting else None

    def start_over(self, resumed: bool) -> None:
        """Keep what a new connection should still be told: a fresh session knows nothing of earlier tool calls."""
        lost = Sound if resumed else Sound | ToolAnswer
        before, self._waiting = self._waiting, deque()
        for since, message in before:
            if isinstance(message, lost):
                self._drop(message)
            else:
                self._waiting.append((since, message))

    def _drop_stale(self, now: float) -> None:
        kept: list[tuple[float, Outgoing]] = []
        while self._waiting and now - self._waiting[0][0] > STALE_S:
            since, message = self._waiting.popleft()
            if isinstance(message, Sound):
                self._drop(message)
            else:
                kept.append((since, message))
        self._waiting.extendleft(reversed(kept))

    def _drop(self, message: Outgoing) -> None:
        if isinstance(message, Sound):
            metrics.listen_dropped_ms.inc(len(message.pcm) / _BYTES_PER_MS)
        else:
            log.warning("not told to the live session", what=type(message).__name__)
