"""What Twilio itself says of a call: its record, the errors it noted down, and how the sound travelled.

Nothing of it is believed to have a shape: what is not as the documentation says is left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

MOST_NOTICES: Final = 50
LONGEST: Final = 300  # characters of a text
LONGEST_QUERY: Final = 4_000
LARGEST: Final = 1e9
EDGES: Final = ("carrier_edge", "sip_edge", "client_edge", "sdk_edge")
WAYS: Final = ("inbound", "outbound")
_NAME: Final = re.compile(r"[A-Za-z0-9_. -]{1,60}")
_SAID: Final = ("Msg", "msg", "parserMessage", "message")  # of a notification's text, which is a query

Unknown = Literal["off", "not_there", "unasked"]  # why there is no word on the sound


@dataclass(frozen=True, slots=True)
class OwnCall:
    """The call resource (https://www.twilio.com/docs/voice/api/call-resource). ``price`` is None until it is rated."""

    status: str
    direction: str
    started_at: datetime | None
    ended_at: datetime | None
    duration_s: float | None
    price: float | None
    currency: str
    answered_by: str
    queue_ms: float | None
    attested: str  # what the network vouches for of the caller's number: ``TN-Validation-Passed-A``
    forwarded_from: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An error or a warning of a call (https://www.twilio.com/docs/api/errors). ``path`` is of the address asked."""

    code: int
    error: bool
    at: datetime | None
    said: str
    http_status: str
    path: str


@dataclass(frozen=True, slots=True)
class Way:
    """The sound one way over one edge of Twilio's network. Jitter in ms, ``lost`` in percent."""

    edge: str
    way: str
    codec: str
    jitter: float | None
    jitter_most: float | None
    lost: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Voice Insights' summary (https://www.twilio.com/docs/voice/voice-insights/api/call/call-summary-resource)."""

    partial: bool
    disconnected_by: str
    last_sip: int | None
    tags: Sequence[str]
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True)
class OwnWord:
    """All of it. ``call`` is None where Twilio does not know the call, ``notices`` where they could not be had;
    ``summary`` says why where there is none.
    """

    call: OwnCall | None
    notices: Sequence[Notice] | None = None
    summary: Summary | Unknown = "unasked"


def own_call(told: object) -> OwnCall:
    """Of the ``twilio`` package's object, as are the others."""
    return OwnCall(
        status=_name(_of(told, "status")),
        direction=_name(_of(told, "direction")),
        started_at=_time(_of(told, "start_time")),
        ended_at=_time(_of(told, "end_time")),
        duration_s=_number(_of(told, "duration")),
        price=_number(_of(told, "price")),
        currency=_name(_of(told, "price_unit")),
        answered_by=_name(_of(told, "answered_by")),
        queue_ms=_number(_of(told, "queue_time")),
        attested=_name(_of(told, "stir_verstat")),
        forwarded_from=_text(_of(told, "forwarded_from")),
    )


def notice(told: object) -> Notice:
    """Its text is a query with the words in it, or the words themselves."""
    text = str(_of(told, "message_text") or "")[:LONGEST_QUERY]
    fields = {name: values[-1] for name, values in parse_qs(text).items()}
    said = next((fields[name] for name in _SAID if name in fields), "" if fields else text)
    return Notice(
        code=int(_number(_of(told, "error_code")) or 0),
        error=str(_of(told, "log")) != "1",
        at=_time(_of(told, "message_date")),
        said=_text(said),
        http_status=_name(fields.get("httpResponse", "")),
        path=_path(fields.get("url") or str(_of(told, "request_url") or "")),
    )


def summary(told: object) -> Summary:
    about, tags = _table(_of(told, "properties")), _of(told, "tags")
    sip = _number(about.get("last_sip_response_num"))
    ways = [way for edge in EDGES for way in _ways(edge, _table(_of(told, edge)))]
    return Summary(
        partial=str(_of(told, "processing_state")) != "complete",
        disconnected_by=_name(about.get("disconnected_by")),
        last_sip=None if sip is None else int(sip),
        tags=[name for tag in (tags[:20] if isinstance(tags, list) else ()) if (name := _name(tag))],
        ways=ways,
    )


def _ways(edge: str, told: Mapping[str, object]) -> list[Way]:
    metrics = _table(told.get("metrics"))
    found = []
    for way in WAYS:
        if one := _table(metrics.get(way)):
            jitter = _table(one.get("jitter"))
            figures = (
                _number(jitter.get("avg")),
                _number(jitter.get("max")),
                _number(one.get("packet_loss_percentage")),
            )
            found.append(Way(edge.removesuffix("_edge"), way, _name(one.get("codec_name")), *figures))
    return found


def _of(told: object, name: str) -> object:
    return getattr(told, name, None)


def _table(told: object) -> Mapping[str, object]:
    return told if isinstance(told, dict) else {}


def _text(told: object) -> str:
    return told.strip()[:LONGEST] if isinstance(told, str) else ""


def _name(told: object) -> str:
    """A word of Twilio's own; nothing for what is none."""
    return told if isinstance(told, str) and _NAME.fullmatch(told) else ""


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, str | int | float):
        return None
    try:
        number = float(told)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < LARGEST else None  # neither endless nor no number at all


def _time(told: object) -> datetime | None:
    if not isinstance(told, datetime):
        return None
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


def _path(address: str) -> str:
    """Without its query, in which a number or a token may stand."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.hostname or ''}{parts.path}"[:LONGEST]
