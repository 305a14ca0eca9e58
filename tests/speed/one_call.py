"""One call without sockets and without an event loop: what its sound and its words cost this process, and nothing else.

A caller who speaks and breaks in every five seconds, a model that answers three times faster than it is heard, a phone
that gives marks back when they have been played. Time passes as fast as the work is done.
"""

import heapq
import json
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

from google import genai
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection
from websockets.protocol import State

from app.bridge import Bridge
from app.call.events import CallStarted, SessionOpened
from app.call.machine import Call
from app.gemini.messages import parse
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from app.gemini.wire import RawWire
from app.ports import Feed
from app.recording.tape import Tape
from app.redaction.hiding import Hiding
from app.rehearsal.load import live, signals
from app.rehearsal.load.phones import frames
from app.store.journal import CallJournal
from app.store.parts import Followed, Part, Parts
from app.twilio.messages import Start
from app.twilio.served import SHORT_WAY, framed
from app.twilio.stream import PhoneStream
from app.twilio.tokens import Ticket
from tests.fakes import FakeRecords, FakeTools, Log
from tests.playbook import RULES
from tests.twilio.wires import ACCOUNT, CALL, CALLED, CALLER, STREAM

FRAME_S = 0.02
SETTLED_S = 12.0  # then the greeting is over and every part of the call has been at work
OF_A_LINE = replace(
    RULES,
    languages=("en-US", "es-US"),
    language_policy="follow",
    prices={"prompt.audio": 3.0, "response.audio": 12.0},
    cost_limit_usd=1_000.0,
    longest_call_s=1e6,
    end_of_speech_ms=600,
    digits_ms=1_500,
    gather_ms=200.0,
    estimates_cost=True,
    splits_gaps=True,
)
_BREAKS_IN_EVERY = 250  # frames
_TURN_S, _MESSAGE_S, _LEAD_S, _FASTER, _PAUSE_S = 5.0, 0.04, 0.2, 3, 0.3
_WORDS_EVERY = 5  # messages


class _Wire:
    """A socket that takes everything; what is told to the phone stays in ``sent``."""

    def __init__(self) -> None:
        self.sent: deque[str] = deque()
        self.paused = False
        self.state = State.OPEN
        self.transport = self

    def write(self, data: str | bytes) -> bool:
        if isinstance(data, str):
            self.sent.append(data)
            framed(data.encode())
        return True

    def is_closing(self) -> bool:
        return False


class OneCall:
    """The call; ``journal`` is what it leaves."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.journal = CallJournal(Path("journal"), _hiding=Hiding("en-US"))
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()
        self._wire = _Wire()
        self._ear_until = self.now  # what the phone has been told sounds until then
        self._marks: list[tuple[float, bytes]] = []
        self._coming: list[bytes] = []  # of the model's turn
        self._spoken = count()
        self._talks_since: float | None = None
        self._said = live.pieces(signals.voice(live.RATE, 12))
        self._models: list[LiveModel] = []
        records = _Records(Log())
        self._bridge = Bridge(
            Call(OF_A_LINE),
            model=self._model,
            tools=FakeTools(Log()),
            records=records,
            journal=Followed(self.journal, Parts(), records),
            clock=self._clock,
        )
        self._phone = self._stream()
        self._hear = self._session()
        self._after(0.0, partial(self._frame, 0))
        self._after(_PAUSE_S, self._talk)
        self.run(SETTLED_S)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while True:
            deadline, due = self._bridge.call.deadline, self._due[0][0]
            if deadline is not None and deadline < min(due, end):
                self.now = max(self.now, deadline)
                self._bridge._pass_deadline()
            elif due < end:
                _, _, act = heapq.heappop(self._due)
                self.now = max(self.now, due)
                act()
            else:
                self.now = end
                return

    def _clock(self) -> float:
        return self.now

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._number), act))

    # ---- its two edges

    def _model(self, feed: Feed) -> LiveModel:
        self._models.append(
            LiveModel(genai.Client(api_key="none"), SetupWish(), feed, backend="developer", clock=self._clock)
        )
        return self._models[-1]

    def _stream(self) -> PhoneStream:
        scope = {"type": "websocket", "path": "/media", "extensions": {SHORT_WAY: {"socket": self._wire}}}
        start = Start(STREAM, ACCOUNT, CALL, ("inbound",), "audio/x-mulaw", 8_000, 1, {})
        ticket = Ticket(CALL, CALLER, CALLED)
        socket = WebSocket(scope, _never, _nowhere)
        phone = PhoneStream(socket, start, ticket, in_pairs=True, clock=self._clock)
        phone.attach(partial(self._bridge._hear, phone))
        phone.record(Tape(lambda _: None, consented=True))
        self._bridge._phone = phone
        return phone

    def _session(self) -> Callable[[bytes], None]:
        """Open the session; returns who hears its messages."""
        self._bridge.feed(CallStarted(CALL, STREAM, CALLER, CALLED))
        (model,) = self._models
        wire = RawWire(cast(ClientConnection, self._wire))
        model._wire = wire
        self._bridge.feed(SessionOpened(200))
        return lambda message: model._take(wire, parse(message))

    # ---- the phone

    def _frame(self, chunk: int) -> None:
        voice, loud = frames(False), frames(True)
        into = (chunk - _BREAKS_IN_EVERY) % _BREAKS_IN_EVERY
        payload = loud[into] if chunk >= _BREAKS_IN_EVERY and into < len(loud) else voice[chunk % len(voice)]
        self._phone._arrived(
            b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
            b'"payload":"%b"},"streamSid":"%b"}' % (chunk + 2, chunk + 1, chunk * 20, payload, STREAM.encode())
        )
        self._listen()
        if into == 3 and self._talks_since is not None:
            self._break_in()
        self._after(FRAME_S, partial(self._frame, chunk + 1))

    def _listen(self) -> None:
        """Play what came, and give back the marks of what was played."""
        while self._wire.sent:
            message = json.loads(self._wire.sent.popleft())
            if message["event"] == "media":
                self._ear_until = max(self._ear_until, self.now) + len(message["media"]["payload"]) * 0.75 / 8_000
            elif message["event"] == "mark":
                self._marks.append((max(self._ear_until, self.now), json.dumps(message).encode()))
            else:
                self._ear_until, self._marks = self.now, [(self.now, mark) for _, mark in self._marks]
        due = [mark for at, mark in self._marks if at <= self.now]
        self._marks = [(at, mark) for at, mark in self._marks if at > self.now]
        for mark in due:
            self._phone._arrived(mark)

    # ---- the model

    def _talk(self) -> None:
        start = next(self._spoken) * 31
        messages = [self._said[(start + step) % len(self._said)] for step in range(int(_TURN_S / _MESSAGE_S))]
        self._coming, self._talks_since = messages[::-1], self.now
        self._go_on(self.now)

    def _go_on(self, since: float) -> None:
        if self._talks_since != since:
            return
        due = int((_LEAD_S + (self.now - since) * _FASTER) / _MESSAGE_S) - int(_TURN_S / _MESSAGE_S) + len(self._coming)
        for _ in range(min(due, len(self._coming))):
            self._hear(self._coming.pop())
            if len(self._coming) % _WORDS_EVERY == 0:
                self._hear(live.WORD)
        if self._coming:
            self._after(_MESSAGE_S / _FASTER, partial(self._go_on, since))
        else:
            self._hear(live.GENERATED)
            self._after(max(0.0, since + _TURN_S - self.now), partial(self._complete, since))

    def _complete(self, since: float) -> None:
        if self._talks_since == since:
            self._talks_since = None
            self._hear(live.COMPLETE)
            self._after(_PAUSE_S, self._talk)

    def _break_in(self) -> None:
        self._talks_since = None
        for message in (live.HEARD, live.INTERRUPTED, live.COMPLETE):
            self._hear(message)
        self._after(_PAUSE_S, self._talk)


class _Records(FakeRecords):
    def part(self, part: Part) -> None:
        """Nobody asks."""


async def _never() -> Message:
    raise AssertionError("nothing is received")


async def _nowhere(message: Message) -> None:
    raise AssertionError(f"nothing is sent the long way: {message}")
