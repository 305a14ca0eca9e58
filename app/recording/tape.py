"""One stream's sound on its way to the recording: both sides on one axis, held back so that it can be silenced."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from app.audio.mulaw import SILENCE
from app.audio.pcm import PHONE_RATE
from app.recording.track import Track

BLOCK: Final = PHONE_RATE  # samples: what is handed on at once, a second
HELD: Final = 20  # blocks that can still be silenced, and in which the assistant's sound finds its place
MOST_SPANS: Final = 400  # of one stream; what is more joins the last
UNEVEN: Final = PHONE_RATE // 100  # less than this between two pieces is the unevenness of their counts
AHEAD_S: Final = 2.0  # of the time that has passed, and back: a count is believed so far
BEFORE_KEY: Final = int(0.5 * PHONE_RATE)  # its tone may have sounded for so long before it is told of,
AFTER_KEY: Final = int(0.3 * PHONE_RATE)  # and go on for so long
PER_MS: Final = PHONE_RATE // 1000
LEAST_DELAY_S: Final = 10.0  # the frame that came soonest within this says how late the others are

Side = Literal["caller", "assistant"]
Span = tuple[int, int]  # samples


@dataclass(frozen=True, slots=True)
class Block:
    """A second of both sides as µ-law, whose first sample has this place on the stream's axis."""

    at: int
    caller: bytes
    assistant: bytes


class Tape:
    """Takes in what ``app.audio.tape.Tape`` says; ``write`` is handed blocks in order, none before consent was given.

    The axis is the caller's sound by the phone's own count, so that what comes late or not at all shifts nothing. The
    caller is silence until there is consent, and both are while the recording is paused.
    """

    def __init__(self, write: Callable[[Block], None], *, consented: bool = False) -> None:
        self.paused: list[Span] = []
        self.heard_samples = 0
        self._write = write
        self._consented = consented
        self._track = Track()
        self._caller = bytearray()  # what is held of it
        self._origin_ms: int | None = None  # by the phone's count: where the axis begins,
        self._began = 0.0  # and when that was
        self._out = 0  # samples handed on or let go
        self._mute_until: int | None = 0 if consented else None  # the caller, before consent
        self._silenced: list[tuple[Side, Span]] = []
        self._paused_at: int | None = None
        self._clock = _Soonest()
        self._stopped = False

    # ---- what the stream tells

    def heard(self, mulaw: bytes, at_ms: int, now: float) -> None:
        """The caller's sound: what moves everything on."""
        if self._stopped:
            return
        missing = self._missing_before(at_ms, now)
        if missing:
            self._caller += bytes([SILENCE]) * missing if missing > 0 else b""
            mulaw = mulaw[max(0, -missing) :]
            self.heard_samples += max(0, missing)
        self._caller += mulaw
        self.heard_samples += len(mulaw)
        self._clock.came(self.heard_samples / PHONE_RATE, now)
        while len(self._caller) > HELD * BLOCK:
            self._release(BLOCK)

    def _missing_before(self, at_ms: int, now: float) -> int:
        """Samples between what was heard and what begins here; below zero where it was heard already.

        A count that jumps back, or ahead of the time that has passed, is begun anew.
        """
        if self._origin_ms is None:
            self._origin_ms, self._began = at_ms, now
        missing = (at_ms - self._origin_ms) * PER_MS - self.heard_samples
        if abs(missing) < UNEVEN:
            return 0
        most = round((now - self._began + AHEAD_S) * PHONE_RATE) - self.heard_samples
        if -AHEAD_S * PHONE_RATE < missing <= most:
            return missing
        self._origin_ms = at_ms - self.heard_samples // PER_MS
        return 0

    def sent(self, mulaw: bytes, now: float) -> None:
        if not self._stopped:
            self._track.sent(mulaw, self.position(now))

    def marked(self, name: str) -> None:
        self._track.marked(name)

    def returned(self, name: str) -> None:
        self._track.returned(name, self.heard_samples)

    def cleared(self, now: float) -> None:
        self._track.cleared(self.position(now))

    def keyed(self) -> None:
        """A key is told of when its tone is known, which is while it sounds or a little after."""
        self.silence("caller", (self.heard_samples - BEFORE_KEY, self.heard_samples + AFTER_KEY))

    # ---- what the call tells

    def position(self, now: float) -> int:
        """Where on the axis a time is, in samples."""
        return max(0, round(self._clock.at(now) * PHONE_RATE))

    def consent(self, now: float) -> None:
        """The caller is recorded from here on."""
        if not self._consented:
            self._consented, self._mute_until = True, self.position(now)

    def stop(self) -> None:
        """Nothing more is kept of this stream."""
        self._stopped = True
        self._consented = False
        self._caller.clear()
        self._track = Track()

    def pause(self, now: float) -> None:
        if self._paused_at is None:
            self._paused_at = self.position(now)

    def resume(self, now: float) -> None:
        if self._paused_at is not None:
            self._note_pause((self._paused_at, self.position(now)))
            self._paused_at = None

    def silence(self, side: Side, span: Span) -> Span | None:
        """Silence what is still held of a span; gives back the part that was handed on already."""
        start, end = span
        if end > self._out:
            full = len(self._silenced) >= MOST_SPANS
            begins = self._silenced.pop()[1][0] if full else start  # rather too much than too little
            self._silenced.append((side, (max(min(begins, start), self._out), end)))
        return (start, min(end, self._out)) if start < self._out else None

    def end(self) -> None:
        """The stream is over: what is held goes out, if it may."""
        if self._stopped:
            return
        if self._paused_at is not None:
            self._note_pause((self._paused_at, self.heard_samples))
        while self._caller:
            self._release(min(BLOCK, len(self._caller)))

    # ---- out

    def _note_pause(self, span: Span) -> None:
        if span[1] <= span[0]:
            return
        if len(self.paused) < MOST_SPANS:
            self.paused.append(span)
        else:
            self.paused[-1] = (self.paused[-1][0], span[1])

    def _release(self, count: int) -> None:
        """Hand the oldest on, or let it go."""
        caller, at, until = self._caller[:count], self._out, self._out + count
        del self._caller[:count]
        assistant = self._track.take(until)
        self._out = until
        if not self._consented:
            return
        sides: dict[Side, bytearray] = {"caller": caller, "assistant": bytearray(assistant)}
        for side, span in self._silences(until):
            _blank(sides[side], span, at)
        self._silenced = [entry for entry in self._silenced if entry[1][1] > until]
        self._write(Block(at, bytes(sides["caller"]), bytes(sides["assistant"])))

    def _silences(self, until: int) -> list[tuple[Side, Span]]:
        spans = [*self.paused, *([(self._paused_at, until)] if self._paused_at is not None else [])]
        both: list[tuple[Side, Span]] = [(side, span) for span in spans for side in ("caller", "assistant")]
        return [*self._silenced, *both, ("caller", (0, self._mute_until or 0))]


class _Soonest:
    """How the clock goes against the caller's sound, by the frames that came soonest."""

    def __init__(self) -> None:
        self._lead: float | None = None
        self._next: float | None = None
        self._turn_at = 0.0

    def came(self, position_s: float, now: float) -> None:
        """Sound up to here is there now."""
        lead = position_s - now
        if self._lead is None or self._next is None:
            self._lead = self._next = lead
            self._turn_at = now + LEAST_DELAY_S
        elif now >= self._turn_at:
            self._lead, self._next = max(self._next, lead), lead
            self._turn_at = now + LEAST_DELAY_S
        else:
            self._lead, self._next = max(self._lead, lead), max(self._next, lead)

    def at(self, now: float) -> float:
        return now + self._lead if self._lead is not None else 0.0


def _blank(side: bytearray, span: Span, at: int) -> None:
    start, end = max(0, span[0] - at), min(len(side), span[1] - at)
    if start < end:
        side[start:end] = bytes([SILENCE]) * (end - start)
