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
REFILL_SOONEST_S = 0.02
MARK_EVERY_MS = 200.0
PIECE_MS = 250  # a longer message of the model is sent in pieces; its own are 200-240 ms
MARK_LATE_S = 2.0  # a mark that is later than this is taken for lost
HELD_UP_S = 1.0  # and one later than this says that not its way back took so long, but the sound stood still

_NO_SOUND = Audio(b"", MODEL_OUTPUT_RATE)


@dataclass(frozen=True, slots=True)
class _Piece:
    audio: Audio
    generation: int
    last: bool


@dataclass(slots=True)
class Playout:
    """The playout of one call.

    Two positions are kept apart. Where the ear is by the clock since the sound was sent, which decides what to send:
    the time a mark takes to come back must not starve the ear. And what has been heard, which is proven by marks.
    """

    queued_ms: float = 0.0
    sent_ms: float = 0.0
    began_at: float = 0.0  # when the sound that is heard now, without a gap since, began
    proven_ms: float = 0.0  # heard by the word of a mark
    _waiting: deque[_Piece] = field(default_factory=deque)
    _marks: deque[tuple[str, float]] = field(default_factory=deque)
    _clock_ms: float = 0.0  # the ear was here by the clock ...
    _clock_at: float = 0.0  # ... at this time
    _anchor_ms: float = 0.0  # and here by the last played mark ...
    _anchor_at: float = 0.0  # ... at this time
    _heard_ms: float = 0.0  # heard at the least: what was heard stays heard
    _marked_ms: float = 0.0
    _mark_number: int = 0
    _unfinished: int | None = None  # generation with sound since its last ``last``

    def queue(self, audio: Audio, generation: int) -> None:
        """Take sound of a generation in."""
        step = PIECE_MS * audio.rate // 1000 * BYTES_PER_SAMPLE
        if len(audio.pcm) <= step:
            self._waiting.append(_Piece(audio, generation, last=False))
        else:
            for start in range(0, len(audio.pcm), step):
                self._waiting.append(_Piece(Audio(audio.pcm[start : start + step], audio.rate), generation, last=False))
        self.queued_ms += audio.ms
        self._unfinished = generation

    def finish(self) -> None:
        """No more sound belongs to this stretch: its tail and a mark go out after it."""
        if self._unfinished is None:
            return
        self._waiting.append(_Piece(_NO_SOUND, self._unfinished, last=True))
        self._unfinished = None

    def pump(self, now: float, gather_ms: float = 0.0) -> Iterator[Play]:
        """What is to be sent now so that the lead is about ``LEAD_MS``.

        While the ear has enough, nothing goes out before there is ``gather_ms`` to send, and room for it: a message of
        200 ms costs little more than one of 40.
        """
        if self._gathers(now, gather_ms):
            return
        while self._waiting:
            ear_ms = self._ear_ms(now)
            if self.sent_ms - ear_ms >= LEAD_MS and not self._waiting[0].last:
                return
            piece = self._waiting.popleft()
            if piece.audio.pcm:
                if ear_ms >= self.sent_ms:
                    self._begin(now)
                self.sent_ms += piece.audio.ms
            yield Play(piece.audio, self._mark(piece), piece.last)

    def _gathers(self, now: float, gather_ms: float) -> bool:
        """Whether what waits may wait for more: not the end of a stretch, nor what the ear needs soon."""
        lead_ms = self.sent_ms - self._ear_ms(now)
        if not gather_ms or lead_ms <= REFILL_MS or not self._waiting or self._waiting[0].last:
            return False
        room_ms, waiting_ms = LEAD_MS - lead_ms, self.queued_ms - self.sent_ms
        if self._unfinished is None and waiting_ms <= room_ms:
            return False
        return min(room_ms, waiting_ms) < gather_ms

    def _begin(self, now: float) -> None:
        """The ear is dry: what is sent now begins to sound now."""
        self._heard_ms = self.heard_ms(now)
        self._clock_ms = self._anchor_ms = self.sent_ms
        self._clock_at = self._anchor_at = self.began_at = now

    def _mark(self, piece: _Piece) -> str | None:
        if not piece.last and self.sent_ms - self._marked_ms < MARK_EVERY_MS:
            return None
        self._mark_number += 1
        self._marked_ms = self.sent_ms
        name = f"g{piece.generation}:{self._mark_number}"
        self._marks.append((name, self.sent_ms))
        return name

    def mark_reached(self, name: str, now: float) -> bool:
        """A mark came back. False for one that a clear swept out, that was given up, or that we never set."""
        heard_ms = self.heard_ms(now)
        if not any(name == pending for pending, _ in self._marks):
            return False
        while True:
            pending, at_ms = self._marks.popleft()
            if pending == name:
                break
        self.proven_ms = at_ms
        self._heard_ms = self._anchor_ms = max(at_ms, heard_ms)
        self._anchor_at = now
        ahead_ms = self._ear_ms(now) - at_ms
        if not 0.0 <= ahead_ms <= HELD_UP_S * 1000.0:
            self._clock_ms, self._clock_at = at_ms, now
        return True

    def _ear_ms(self, now: float) -> float:
        """Where the ear is by the clock alone."""
        return min(self.sent_ms, self._clock_ms + (now - self._clock_at) * 1000.0)

    def _due_at(self, position_ms: float) -> float:
        return self._anchor_at + (position_ms - self._anchor_ms) / 1000.0

    def heard_ms(self, now: float) -> float:
        """What has been heard: the last played mark and the time since, not past the next mark unless that is lost."""
        marks = self._marks
        while marks and self._due_at(marks[0][1]) + MARK_LATE_S <= now:
            marks.popleft()
        limit_ms = marks[0][1] if marks else self.sent_ms
        return max(self._heard_ms, min(self._anchor_ms + (now - self._anchor_at) * 1000.0, limit_ms))

    def heard_at(self, position_ms: float, now: float) -> float:
        """When the ear came to a position it is not before any more; ``now`` at the latest."""
        return min(now, self._due_at(position_ms))

    def unplayed_ms(self, now: float) -> float:
        """Sound accepted from the model that has not been heard."""
        return self.queued_ms - self.heard_ms(now)

    def drained(self, now: float) -> bool:
        """Everything was heard, proven by its marks or by their being overdue."""
        return not self._waiting and self.sent_ms <= self.heard_ms(now) + 0.5 and not self._marks

    def dry_at(self) -> float:
        """When the ear comes to the end of what was sent."""
        return self._due_at(self.sent_ms)

    def over_at(self) -> float:
        """When all there is will have been heard, if no mark comes back any more."""
        end = self._due_at(self.queued_ms)
        if self._waiting:
            return end + MARK_LATE_S
        return max(end, self._due_at(self._marks[-1][1]) + MARK_LATE_S) if self._marks else end

    def refill_at(self, now: float) -> float | None:
        """When more sound must be sent at the latest; marks usually come first."""
        if not self._waiting:
            return None
        return now + max(REFILL_SOONEST_S, (self.sent_ms - self._ear_ms(now) - REFILL_MS) / 1000.0)

    def clear(self, now: float) -> float:
        """Close every generation in flight; returns the position that was heard. Late marks count for nothing."""
        heard_ms = self.heard_ms(now)
        self._waiting.clear()
        self._marks.clear()
        self._unfinished = None
        self.queued_ms = self.sent_ms = self._marked_ms = self._heard_ms = heard_ms
        self._clock_ms = self._anchor_ms = heard_ms
        self._clock_at = self._anchor_at = now
        return heard_ms
