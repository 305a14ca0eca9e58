"""The recording of one call, as its bridge has it: a tape a stream, consent, pauses, and spans to be silenced."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from app.recording.spool import Spool
from app.recording.tape import Block, Side, Span, Tape
from app.telemetry import metrics

HAND_OVER: Final = 4  # blocks that go to the thread together
MOST_WAITING: Final = 8  # times that; a disk that is slower than this loses the rest of the recording

log = structlog.get_logger(__name__)

Ended = Callable[[Spool, "Future[Path | None]"], None]


class Writing:
    """Hands a stream's blocks to the recordings' thread, a few at a time."""

    def __init__(self, spool: Spool, thread: ThreadPoolExecutor, ended: Ended) -> None:
        self._spool, self._thread, self._ended = spool, thread, ended
        self._blocks: list[Block] = []
        self._waiting: deque[Future[None]] = deque()
        self._cut = False

    def write(self, block: Block) -> None:
        if self._cut:
            return
        self._blocks.append(block)
        if len(self._blocks) >= HAND_OVER:
            self._hand_over()

    def silence(self, side: Side, span: Span) -> None:
        """Of what was handed over or is about to be."""
        self._hand_over()
        self._thread.submit(self._spool.silence, side, span)

    def discard(self) -> None:
        """Nothing of it is to be kept."""
        self._cut = True
        self._blocks.clear()
        self._thread.submit(self._spool.discard)

    def end(self, paused: list[Span]) -> None:
        self._hand_over()
        self._ended(self._spool, self._thread.submit(self._spool.finish, paused))

    def _hand_over(self) -> None:
        blocks, self._blocks = self._blocks, []
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()
        if len(self._waiting) >= MOST_WAITING:
            self._cut = True
            self._thread.submit(self._spool.cut, "the disk does not keep up", "look at the disk of FRONTLINE_DATA")
        elif blocks:
            self._waiting.append(self._thread.submit(self._spool.write, blocks))


@dataclass(frozen=True, slots=True)
class _Segment:
    """One stream; ``call_at`` is when the call began by the stream's clock."""

    tape: Tape
    writing: Writing
    call_at: float


class CallRecording:
    """Offers what ``app.ports.Recording`` asks for."""

    def __init__(
        self,
        at: datetime,
        begin: Callable[[float], Writing],
        refuse: Callable[[], None] = lambda: None,
        *,
        consented: bool = False,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._at, self._begin, self._refuse, self._consented = at, begin, refuse, consented
        self._clock, self._wall = clock, wall
        self._segments: list[_Segment] = []
        self._refused = self._paused = self._on = False

    def tape(self) -> Tape:
        """The tape of the call's next stream; the one before is over."""
        self.end()
        began_s = max(0.0, (self._wall() - self._at).total_seconds())
        writing = self._begin(round(began_s, 3))
        tape = Tape(writing.write, consented=self._consented)
        self._segments.append(_Segment(tape, writing, self._clock() - began_s))
        self._on = True
        metrics.recordings_now.inc()
        if self._paused:
            tape.pause(self._clock())
        if self._refused:
            tape.stop()
        return tape

    def consent(self, given: bool) -> None:
        """The caller may be recorded from now on, or not at all: then nothing is kept of what was."""
        if self._consented and not given:
            self._refuse()
        self._consented, self._refused = given, not given
        for segment in self._segments:
            if given:
                segment.tape.consent(self._clock())
            else:
                segment.tape.stop()
                segment.writing.discard()

    def pause(self, on: bool) -> None:
        """Both sides are silence while this is ``on``."""
        self._paused = on
        if self._on and on:
            self._segments[-1].tape.pause(self._clock())
        elif self._on:
            self._segments[-1].tape.resume(self._clock())

    def silence(self, side: Side, from_s: float, to_s: float) -> None:
        """Silence a span of the call, in seconds since it began, wherever it is by now."""
        for segment in self._segments:
            position = segment.tape.position
            span = position(segment.call_at + from_s), position(segment.call_at + to_s)
            written = segment.tape.silence(side, span)
            if written is not None and written[0] < written[1]:
                segment.writing.silence(side, written)

    def end(self) -> None:
        """The stream is over."""
        if not self._on:
            return
        self._on = False
        metrics.recordings_now.dec()
        segment = self._segments[-1]
        segment.tape.end()
        segment.writing.end(segment.tape.paused)
