"""The assistant's side as it sounded: what was sent lies where the phone played it, what was cleared is left out.

Places are samples on the axis of the caller's sound. The phone plays in order, what comes while it plays right after
that. A mark comes back among the caller's sound where the sound before it had ended
(https://www.twilio.com/docs/voice/media-streams/websocket-messages): no clock has a part in that, so a machine that is
late with everything still records everything in its place.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.audio.mulaw import SILENCE
from app.audio.pcm import PHONE_RATE

STOOD_STILL: Final = int(0.01 * PHONE_RATE)  # less is the marks' own unevenness: they stand between frames of 20 ms
ON_TIME: Final = int(0.04 * PHONE_RATE)  # a mark this near to where it belongs was heard, and not swept out


@dataclass(slots=True)
class _Run:
    """Sound without a break of ours. ``start`` is where it was sent, ``late`` how much later it is heard.

    ``proofs`` are marks that came back: a place in the run and how late it was heard, both rising. Sound that stood
    still is late from there on and a mark is never early, so what a later mark says holds for all before it.
    """

    start: int
    late: int
    data: bytearray = field(default_factory=bytearray)  # from ``done`` on
    done: int = 0  # bytes laid
    proofs: deque[tuple[int, int]] = field(default_factory=deque)
    until: int | None = None  # a clear: nothing of it is heard from here on
    after: list[tuple[int, int]] = field(default_factory=list)  # marks that came after that: place in the run, and when

    @property
    def length(self) -> int:
        return self.done + len(self.data)

    @property
    def late_at_end(self) -> int:
        return max(self.late, self.proofs[-1][1]) if self.proofs else self.late

    @property
    def over_at(self) -> int:
        end = self.start + self.late_at_end + self.length
        return end if self.until is None else min(end, self.until)

    def prove(self, offset: int, late: int) -> None:
        """Everything to here was heard, so late at the most."""
        while self.proofs and self.proofs[-1][1] >= late:
            self.proofs.pop()
        if offset > self.done:
            self.proofs.append((offset, late))

    def sweep(self, offset: int, at: int) -> None:
        """Its last mark came back after a clear: swept out by it, or played just before; those sooner were played."""
        for place, when in self.after:
            if when + ON_TIME < at:
                self.prove(place, when - self.start - place)
        swept = abs(at - self.start - offset - self.late_at_end) > ON_TIME
        self.until = at if swept or self.until is None else max(at, self.until)

    def laid(self, floor: int, limit: int) -> Iterator[tuple[int, bytes]]:
        """What is heard before ``limit`` and not before ``floor``, with its place; each once."""
        stop = limit if self.until is None else min(limit, self.until)
        while self.data:
            self._see_how_late(floor)
            at = self.start + self.done + self.late
            end = self.proofs[0][0] if self.proofs else self.length
            count = min(end - self.done, stop - at)
            if count <= 0:
                break
            yield at, bytes(self.data[:count])
            self._drop(count)
        if self.until is not None and self.until <= limit:
            self.data.clear()

    def _see_how_late(self, floor: int) -> None:
        if self.proofs and (not self.done or self.proofs[0][1] - self.late > STOOD_STILL):
            self.late = self.proofs[0][1]
        self.late = max(self.late, floor - self.start - self.done)

    def _drop(self, count: int) -> None:
        del self.data[:count]
        self.done += count
        while self.proofs and self.proofs[0][0] <= self.done:
            self.proofs.popleft()


@dataclass(frozen=True, slots=True)
class _Mark:
    name: str
    run: _Run
    offset: int


class Track:
    """The assistant's µ-law, taken in as it is sent and given out as it was heard, some seconds later."""

    def __init__(self) -> None:
        self._runs: deque[_Run] = deque()
        self._marks: deque[_Mark] = deque()  # not back yet
        self._taken = 0
        self._late = 0  # the way there and back, as the last run had it

    def sent(self, mulaw: bytes, at: int) -> None:
        """Sound went out; the phone plays it behind what it still has, or at once."""
        run = self._runs[-1] if self._runs else None
        if run is None or run.until is not None or at + self._late > run.over_at:
            run = _Run(at, self._late)
            self._runs.append(run)
        run.data += mulaw

    def marked(self, name: str) -> None:
        """A mark went out behind it."""
        if self._runs and self._runs[-1].until is None:
            self._marks.append(_Mark(name, self._runs[-1], self._runs[-1].length))

    def returned(self, name: str, at: int) -> None:
        """A mark came back when the caller's sound was here; those before it are not waited for any more."""
        if not any(name == mark.name for mark in self._marks):
            return
        while (mark := self._marks.popleft()).name != name:
            pass
        run, late = mark.run, at - mark.run.start - mark.offset
        if run.until is None:
            run.prove(mark.offset, late)
            self._late = run.late if run.done else run.proofs[0][1]
        elif any(other.run is run for other in self._marks):
            run.after.append((mark.offset, at))
        else:
            run.sweep(mark.offset, at)

    def cleared(self, at: int) -> None:
        """The phone forgets what it has not played, as soon as it hears of it; marks it sends back tell when."""
        for run in self._runs:
            if run.until is None:
                run.until = at + run.late_at_end

    def take(self, until: int) -> bytes:
        """The track from where it was taken last to before ``until``: silence where nothing was heard."""
        out = bytearray([SILENCE]) * (until - self._taken)
        floor = self._taken
        for run in self._runs:
            # What is proven stays where it is, be there sound before it whose end is guessed.
            for at, part in run.laid(self._taken if run.proofs else floor, until):
                out[at - self._taken : at - self._taken + len(part)] = part
                floor = at + len(part)
        while self._runs and not self._runs[0].data and (len(self._runs) > 1 or self._runs[0].until is not None):
            self._runs.popleft()
        self._taken = until
        return bytes(out)
