"""What is told of calls: which events a record brings, as jobs, one for each endpoint that chose them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from app.call.commands import RecordEnd, RecordFlag
from app.call.dispositions import HANDED_OFF
from app.store.analyses import Made
from app.store.calls import CallStart
from app.store.outbox import Wish
from app.webhooks.endpoints import Endpoint

KIND: Final = "webhook"
_EVENTS = UUID("0d7a4b7e-86f4-4a53-8f5f-7a4f8a3f8b10")  # any, for good: the events' ids are made in it


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, once: ``key`` tells it from others of its type. ``data`` is of plain values."""

    type: str
    key: str
    at: datetime
    data: Mapping[str, object] = field(default_factory=dict)
    call_sid: str | None = None

    @property
    def id(self) -> str:
        """The same however often it is sent, so that receivers can drop what they have."""
        return f"evt_{uuid5(_EVENTS, f'{self.type} {self.key}').hex}"


def wishes(event: Event, endpoints: Iterable[Endpoint]) -> Iterator[Wish]:
    """The jobs that tell it."""
    told = {"type": event.type, "id": event.id, "at": event.at.isoformat(), "data": dict(event.data)}
    for endpoint in endpoints:
        if event.type in endpoint.events:
            payload = {**told, "endpoint": endpoint.id}
            yield Wish(KIND, f"{event.id} {endpoint.id}", payload, call_sid=event.call_sid)


def of_record(start: CallStart, what: object) -> Iterator[Event]:
    """The events that a record of a call is; ``what`` None is its beginning."""
    began = _began(start)

    def event(type: str, after_s: float, data: Mapping[str, object], key: str = "") -> Event:
        at = start.started_at + timedelta(seconds=after_s)
        return Event(type, f"{start.call_sid}{key}", at, {**began, **data}, start.call_sid)

    match what:
        case None:
            yield event("call.started", 0.0, {})
        case RecordFlag(name=name, at_s=at_s):
            yield event("call.flagged", at_s, {"flag": name, "at_s": at_s}, f" {name} {at_s}")
        case RecordEnd() as end:
            yield event("call.ended", end.duration_s, _ended(end))
            if end.disposition == HANDED_OFF:
                yield event("call.handed_off", end.duration_s, {"duration_s": end.duration_s})


def _began(start: CallStart) -> dict[str, object]:
    """What every event of a call says of it."""
    about = {"call": start.call_sid, "line": start.line, "language": start.language, "version": start.version}
    return {**about, "started_at": start.started_at.isoformat()}


def _ended(end: RecordEnd) -> dict[str, object]:
    names = ("disposition", "ended_by", "duration_s", "first_sound_ms", "barge_ins", "sessions", "cost_usd")
    return {name: getattr(end, name) for name in names}


def of_analysis(start: CallStart, made: Made) -> Event:
    """A call has been analysed. The model's words are added when it is told, where they are wanted."""
    analysis = made.analysis
    data = {
        **_began(start),
        "resolution": analysis.resolution,
        "sentiment": analysis.sentiment,
        "score": analysis.score,
        "criteria": {one.name: one.verdict for one in analysis.criteria},
        "follow_ups": len(analysis.follow_ups),
        "model": made.model,
        "cost_usd": made.cost_usd,
    }
    return Event("call.analysed", start.call_sid, made.at, data, start.call_sid)
