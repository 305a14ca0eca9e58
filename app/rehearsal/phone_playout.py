"""Twilio's side of the playout: what waits to be heard, marks, clear, and the ten minutes it holds. Pure."""

from collections import deque
from dataclasses import dataclass

from app.rehearsal.phone_sound import RATE

LIMIT = 10 * 60 * RATE  # bytes: beyond ten minutes sound is thrown away, https://www.twilio.com/docs/api/errors/31931


@dataclass(frozen=True, slots=True)
class Pulled:
    """What is heard next: µ-law bytes, fewer than asked for when nothing more waits, and marks now reached."""

    sound: bytes
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a clear threw away: µ-law bytes unheard, and every mark that was pending."""

    unheard: int
    marks: tuple[str, ...] = ()


class PlayoutBuffer:
    """Sound and marks in the order received; positions are µ-law bytes since the stream began."""

    def __init__(self) -> None:
        self._sound = bytearray()
        self._marks: deque[tuple[int, str]] = deque()
        self._received = 0
        self._played = 0

    @property
    def queued_ms(self) -> float:
        """How long the waiting sound will sound."""
        return len(self._sound) * 1000 / RATE

    @property
    def pending(self) -> int:
        """Marks not yet returned."""
        return len(self._marks)

    def add(self, sound: bytes) -> int:
        """Queue µ-law sound; returns the bytes that were discarded because the buffer was full."""
        kept = sound[: max(0, LIMIT - len(self._sound))]
        self._sound += kept
        self._received += len(kept)
        return len(sound) - len(kept)

    def mark(self, name: str) -> tuple[str, ...]:
        """Take a mark; returns it at once when nothing is buffered that it would have to wait for.

        https://www.twilio.com/docs/voice/media-streams/websocket-messages
        """
        if not self._sound and not self._marks:
            return (name,)
        self._marks.append((self._received, name))
        return ()

    def clear(self) -> Cleared:
        """Throw the waiting sound away. Twilio sends every pending mark back, heard or not (same page)."""
        cleared = Cleared(len(self._sound), tuple(name for _, name in self._marks))
        self._sound.clear()
        self._marks.clear()
        self._played = self._received
        return cleared

    def pull(self, size: int) -> Pulled:
        """Hear the next ``size`` bytes; marks come back once everything before them has been heard."""
        reached = []
        while self._marks and self._marks[0][0] <= self._played:
            reached.append(self._marks.popleft()[1])
        sound = bytes(self._sound[:size])
        del self._sound[:size]
        self._played += len(sound)
        return Pulled(sound, tuple(reached))
