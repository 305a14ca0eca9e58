"""What all calls of a house share, and what a call begins with."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from google import genai

from app.call.commands import Command
from app.call.events import Event
from app.call.machine import Call
from app.call.past import Used
from app.gemini.client import Place
from app.gemini.models import Backend
from app.gemini.quota import Quota
from app.greetings import GreetingCache
from app.prices import Prices, shipped
from app.recording.recorder import Recorder
from app.store.journal import JournalFolder
from app.store.parts import Parts, Recorded
from app.store.processes import Process, this_process
from app.store.writer import RecordWriter
from app.telemetry.traces import Traces
from app.toolkit.texts import Texts
from app.twilio.rest import CallControl


@dataclass(frozen=True, slots=True)
class Overrides:
    """Settings that go before what a line says; None leaves it to the line."""

    model: str | None = None
    longest_call_s: float | None = None
    silence_s: float | None = None


@dataclass(frozen=True, slots=True)
class House:
    """What all calls share. ``texts`` gives the way to text callers from a number of ours, where there is one.

    ``context_updates`` None leaves it to the model's row whether an open session takes new instructions. ``secret`` is
    the same in all processes that may go on with a call: arguments of tools are known by it where they are hidden.
    """

    client: genai.Client
    backend: Backend
    writer: RecordWriter
    journals: JournalFolder
    greetings: GreetingCache | None = None
    process: Process = field(default_factory=this_process)
    recorder: Recorder | None = None
    control: CallControl | None = None
    texts: Callable[[str], Texts] | None = None
    overrides: Overrides = Overrides()
    live_connect_s: float = 5.0
    live_raw: bool = True
    uplink_ms: int = 40
    context_updates: bool | None = None
    second: Place | None = None
    quota: Quota = field(default_factory=Quota)
    renew_after_s: float | None = None
    fresh_after_s: float | None = None
    redacts: bool = True
    prices: Prices = field(default_factory=shipped)
    cost_per_call_usd: float | None = None
    resumes: bool = True
    traces: Traces | None = None
    secret: bytes = b""


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose call it is that begins, and what was looked up about the caller."""

    call_sid: str
    caller: str
    called: str
    facts: Mapping[str, object]
    now: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """What a call brings along that comes here from another process.

    ``call`` is restored from its journal, whose next ``segment`` begins ``after`` so many steps of the one before;
    None where only the records were left. ``taken`` are steps made since, ``part`` keeps rows apart,
    ``parts`` has followed it so far.
    """

    call: Call | None
    clock: Callable[[], float] = time.monotonic
    segment: int = 1
    after: int | None = None
    taken: Sequence[tuple[Event, list[Command], float]] = ()
    uses: Sequence[Used] = ()
    records: Sequence[Recorded] = ()
    part: str = ""
    parts: Parts | None = None
