"""Sound on its way to the caller's ear: waiting, sent, heard, cleared. The one owner of that truth.

Positions are milliseconds of assistant sound since the call began, cleared sound left out:
``queued_ms >= sent_ms >= heard(now)``. Twilio returns every pending mark after a clear, so a mark
counts as played only while it is pending here (https://www.twilio.com/docs/voice/media-streams/websocket-messages).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.audio.pcm import BYTES_PER_SAMPLE, MODEL_OUTPUT_RATE, Audio
from app.call.commands import Play

LEAD_MS = 1_000.0  # sent ahead of the ear: a stall of ours is not heard, a barge-in throws little away
REFILL_MS = 500.0  # send more at the latest when the lead has fallen to this
MARK_EVERY_MS = 200.0
PIECE_MS = 200  # a longer message of the model is sent in pieces
MARK_LATE_S = 2.0  # a mark that is later than this is taken for lost

_NO_SOUND = Audio(b"", MODEL_OUTPUT_RATE)


@dataclass(frozen=True, slots=True)
class _Piece:
    audio: Audio
    generation: int
    last: bool


@dataclass(slots=True)
class Playout:
    """The playout of one stream."""

    queued_ms: float = 0.0
    sent_ms: float = 0.0
    _waiting: deque[_Piece] = field(default_factory=deque)
    _marks: deque[tuple[str, float]] = field(default_factory=deque)
    _anchor_ms: float = 0.0  # this much was heard ...
    _anchor_at: float = 0.0  # ... at this time
    _marked_ms: float = 0.0
    _mark_number: int = 0
    _unfinished: int | None = None  # generation with sound since its last ``last``

    def queue(self, audio: Audio, generation: int) -> None:
        """Take sound of a generation in."""
        step = PIECE_MS * audio.rate // 1000 * BYTES_PER_SAMPLE
        for start in range(0, len(audio.pcm), step):
            piece = audio if len(audio.pcm) <= step else Audio(audio.pcm[start : start + step], audio.rate)
            self._waiting.append(_Piece(piece, generation, last=False))
        self.queued_ms += audio.ms
        self._unfinished = generation

    def finish(self) -> None:
        """No more sound belongs to this stretch: its tail and a mark go out after it."""
        if self._unfinished is None:
            return
        self._waiting.append(_Piece(_NO_SOUND, self._unfinished, last=True))
        self._unfinished = None

    def pump(self, now: float) -> Iterator[Play]:
        """What is to be sent now so that the lead is about ``LEAD_MS``."""
        while self._waiting and (self.sent_ms - self.heard_ms(now) < LEAD_MS or self._waiting[0].last):
            piece = self._waiting.popleft()
            if self.heard_ms(now) >= self.sent_ms and not self._marks:
                self._anchor_ms, self._anchor_at = self.sent_ms, now
            self.sent_ms += piece.audio.ms
            yield Play(piece.audio, self._mark(piece), piece.last)

    def _mark(self, piece: _Piece) -> str | None:
        if not piece.last and self.sent_ms - self._marked_ms < MARK_EVERY_MS:
            return None
        self._mark_number += 1
        self._marked_ms = self.sent_ms
        name = f"g{piece.generation}:{self._mark_number}"
        self._marks.append((name, self.sent_ms))
        return name

    def mark_reached(self, name: str, now: float) -> bool:
        """A mark came back. False for one that a clear swept out, or that we never set."""
        if not any(name == pending for pending, _ in self._marks):
            return False
        while True:
            pending, at_ms = self._marks.popleft()
            if pending == name:
                break
        # The ear may be ahead of a mark that came late, never behind one that came.
        self._anchor_ms, self._anchor_at = at_ms, now
        return True

    def heard_ms(self, now: float) -> float:
        """Position of the caller's ear: last played mark and the time since, never past what is unproven."""
        elapsed = (now - self._anchor_at) * 1000.0
        position = min(self.sent_ms, self._anchor_ms + elapsed)
        if not self._marks:
            return position
        next_ms = self._marks[0][1]
        if elapsed > next_ms - self._anchor_ms + MARK_LATE_S * 1000.0:
            return position
        return min(position, next_ms)

    def unplayed_ms(self, now: float) -> float:
        """Sound accepted from the model that has not been heard."""
        return self.queued_ms - self.heard_ms(now)

    def drained(self, now: float) -> bool:
        """Everything was heard, proven by its marks or by their being overdue."""
        if self._waiting or self.sent_ms > self.heard_ms(now) + 0.5:
            return False
        return not self._marks or now >= self.drained_at()

    def drained_at(self) -> float:
        """When everything sent will have been heard if no mark comes back any more."""
        end = self._anchor_at + (self.sent_ms - self._anchor_ms) / 1000.0
        return end + MARK_LATE_S if self._marks else end

    def refill_at(self, now: float) -> float | None:
        """When more sound must be sent at the latest; marks usually come first."""
        if not self._waiting:
            return None
        lead_ms = self.sent_ms - self.heard_ms(now)
        return now + max(20.0, lead_ms - REFILL_MS) / 1000.0

    def clear(self, now: float) -> float:
        """Close every generation in flight; returns the position that was heard. Late marks count for nothing."""
        heard_ms = self.heard_ms(now)
        self._waiting.clear()
        self._marks.clear()
        self._unfinished = None
        self.queued_ms = self.sent_ms = self._anchor_ms = self._marked_ms = heard_ms
        self._anchor_at = now
        return heard_ms
