"""The streams, the Live sessions and the moments of a call, told from its events and commands as they pass by.

The machine does not know of them: whatever a journal holds, however old, has them too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol

from app.call.commands import (
    ClearPlayout,
    CloseSession,
    Command,
    HandOff,
    HangUp,
    OpenSession,
    PassOn,
    Record,
    RecordEnd,
    RecordTurn,
    RenewSession,
    TakeMessage,
)
from app.call.events import (
    CallerHungUp,
    CallerReturned,
    CallResumed,
    CallStarted,
    Event,
    HandoffFailed,
    SessionLost,
    SessionOpened,
    WorkerLost,
)

DEAD_AIR_MS: Final = 3_000
_SEEN: Final[frozenset[type]] = frozenset(
    (
        *(CallStarted, CallResumed, CallerReturned, CallerHungUp, WorkerLost),
        *(SessionOpened, SessionLost, HandoffFailed),
        *(OpenSession, RenewSession, CloseSession, ClearPlayout, RecordTurn, RecordEnd),
        *(HandOff, HangUp, TakeMessage, PassOn),
    )
)
# The names of what is looked at, as journals have them.
SEEN: Final = frozenset(cls.__name__ for cls in _SEEN)
BARGE_IN, DEAD_AIR, RENEWAL, SESSION_LOST = "barge_in", "dead_air", "renewal", "session_lost"
HANDOFF, HANDOFF_FAILED, PASSED_ON, RETURNED = "handoff", "handoff_failed", "passed_on", "returned"
ALL: Final = (BARGE_IN, DEAD_AIR, RENEWAL, SESSION_LOST, HANDOFF, HANDOFF_FAILED, PASSED_ON, RETURNED)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stream or a Live session that is over. Times are seconds since the call started.

    ``name`` is the stream's id, ``route`` and ``model`` are where the session was had. ``code`` is the close code that
    came, None where we closed it; ``opened_ms`` how long it took to open, None where it never did.
    """

    kind: Literal["stream", "session"]
    number: int
    started_s: float
    ended_s: float
    name: str = ""
    route: str = ""
    model: str = ""
    code: int | None = None
    reason: str = ""
    opened_ms: int | None = None
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of a call that explains it; ``name`` is one of ``ALL``."""

    name: str
    at_s: float
    detail: str = ""


Part = Segment | Mark

Recorded = Record | Part


def told_with(part: Part, words: Callable[[str], str]) -> Part:
    """A part whose texts, which others gave us, are written so."""
    return (
        replace(part, detail=words(part.detail)) if isinstance(part, Mark) else replace(part, reason=words(part.reason))
    )


class Journal(Protocol):
    """Where every event and command of a call is written."""

    def wrote(self, event: Event, commands: list[Command], now: float) -> None: ...

    def close(self) -> None: ...


class Records(Protocol):
    """Where a call's parts are written, beside the media path."""

    def part(self, part: Part) -> None: ...


@dataclass(slots=True)
class _Open:
    """A stream or a session that goes on."""

    number: int
    started_s: float
    name: str = ""
    route: str = ""
    opened_ms: int | None = None
    resumed: bool = False


@dataclass(slots=True)
class Parts:
    """Follows one call. ``models`` says which model each route leads to."""

    models: Mapping[str, str] = field(default_factory=dict)
    _began: float | None = None
    _stream: _Open | None = None
    _session: _Open | None = None
    _streams: int = 0
    _sessions: int = 0

    def saw(self, event: Event, commands: Sequence[Command], now: float) -> list[Part]:
        """What is complete with this step, of most steps nothing. Cheap: it sees every frame of sound."""
        if event.__class__ not in _SEEN and _SEEN.isdisjoint(map(type, commands)):
            return []
        if self._began is None:
            self._began = now - (event.began_s if isinstance(event, CallResumed) else 0.0)
        at_s = now - self._began
        found = self._of_event(event, at_s)
        for command in commands:
            found += self._of_command(command, at_s)
        return found

    def _of_event(self, event: Event, at_s: float) -> list[Part]:  # noqa: PLR0911 - one case an event
        match event:
            case CallStarted(stream_sid=name) | CallResumed(stream_sid=name):
                return self._streams_anew(name, at_s)
            case CallerReturned(stream_sid=name):
                elsewhere = "elsewhere" if event.elsewhere else ""
                return [*self._streams_anew(name, at_s), Mark(RETURNED, at_s, elsewhere)]
            case CallerHungUp():
                return self._stream_ended(at_s, _why(event))
            case WorkerLost():
                return [*self._stream_ended(at_s, "worker lost"), *self._session_ended(at_s, None, "worker lost")]
            case SessionOpened():
                if self._session is not None:
                    self._session.opened_ms, self._session.resumed = event.took_ms, event.resumed
            case SessionLost():
                lost = Mark(SESSION_LOST, at_s, f"{event.code} {event.reason}".strip())
                return [*self._session_ended(at_s, event.code, event.reason), lost]
            case HandoffFailed():
                return [Mark(HANDOFF_FAILED, at_s, event.reason)]
        return []

    def _of_command(self, command: Command, at_s: float) -> list[Part]:  # noqa: PLR0911 - one case a command
        match command:
            case OpenSession():
                return self._sessions_anew("first", at_s, "opened anew")
            case RenewSession(route=route):
                renewed = self._sessions_anew(route, at_s, "renewed")
                return [*renewed, Mark(RENEWAL, at_s, "resumed" if command.handle else "fresh")]
            case CloseSession():
                return self._session_ended(at_s, None, "closed")
            case ClearPlayout():
                return [Mark(BARGE_IN, at_s)]
            case RecordTurn(gap_ms=gap_ms) if gap_ms is not None and gap_ms >= DEAD_AIR_MS:
                return [Mark(DEAD_AIR, max(0.0, command.started_s - gap_ms / 1000), f"{gap_ms} ms")]
            case HandOff():
                return [Mark(HANDOFF, at_s), *self._stream_ended(at_s, "handed off")]
            case HangUp() | TakeMessage():
                return self._stream_ended(at_s, "left")
            case PassOn():
                return [Mark(PASSED_ON, at_s), *self._stream_ended(at_s, "passed on")]
            case RecordEnd(disposition=disposition):
                return [*self._stream_ended(at_s, disposition), *self._session_ended(at_s, None, disposition)]
        return []

    def _streams_anew(self, name: str, at_s: float) -> list[Part]:
        before = self._stream_ended(at_s, "followed by another")
        self._streams += 1
        self._stream = _Open(self._streams, at_s, name)
        return before

    def _sessions_anew(self, route: str, at_s: float, why: str) -> list[Part]:
        before = self._session_ended(at_s, None, why)
        self._sessions += 1
        self._session = _Open(self._sessions, at_s, route=route)
        return before

    def _stream_ended(self, at_s: float, reason: str) -> list[Part]:
        stream, self._stream = self._stream, None
        if stream is None:
            return []
        return [Segment("stream", stream.number, stream.started_s, at_s, stream.name, reason=reason)]

    def _session_ended(self, at_s: float, code: int | None, reason: str) -> list[Part]:
        session, self._session = self._session, None
        if session is None:
            return []
        model = self.models.get(session.route, "")
        about = ("", session.route, model, code, reason, session.opened_ms, session.resumed)
        return [Segment("session", session.number, session.started_s, at_s, *about)]


def _why(event: CallerHungUp) -> str:
    if event.silent:
        return "silent"
    if event.call_over:
        return "call over"
    return "stopped" if event.clean else "broke"


@dataclass(frozen=True, slots=True)
class Followed:
    """A call's journal, what is written to it followed for the records' parts."""

    journal: Journal
    parts: Parts
    records: Records

    def wrote(self, event: Event, commands: list[Command], now: float) -> None:
        self.journal.wrote(event, commands, now)
        for part in self.parts.saw(event, commands, now):
            self.records.part(part)

    def close(self) -> None:
        self.journal.close()
