"""The connections of the Live stand-in: who is let in, the setup, faults, and how each one ends."""

import asyncio
import json
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from app.rehearsal.endpoint import Detector, by_energy, by_silero
from app.rehearsal.faults import EXPIRED, Fault, FaultPlan, fault_from
from app.rehearsal.live_cuts import Cuts
from app.rehearsal.live_ears import Understanding
from app.rehearsal.live_hearing import Hearing, hearing_rules
from app.rehearsal.live_models import model_of, never_answers, refuse_what_it_cannot
from app.rehearsal.live_mouth import Mouth
from app.rehearsal.live_protocol import Refused, Setup, at, framed, going_away, parsed, text_of
from app.rehearsal.live_session import LiveSession
from app.rehearsal.live_talk import KINDS, SCRIPTED, Conversation, Handles, conversation, set_up_again
from app.rehearsal.pitches import PitchedEars
from app.rehearsal.seen import Seen
from app.rehearsal.speech import Ears, Recogniser, ScriptedEars, Voice
from app.rehearsal.text_faults import TextPlan, text_fault_from
from app.rehearsal.text_models import TextModels

_PATH = re.compile(
    r"/+ws/google\.(?:ai\.generativelanguage\.(v1beta|v1alpha)\.GenerativeService\.BidiGenerateContent"
    r"|cloud\.aiplatform\.(v1beta1)\.LlmBidiService/BidiGenerateContent)$"
)
_FAREWELL_S = 60.0  # GoAway comes this long before a connection's life ends
_SETUP_TIMEOUT_S = 30.0
_LAST_SETUPS = 20
_LAST_PHOTOS = 20
_WISHES = frozenset({"fault", "sessions", "match", "close", "reason", "goaway_s", "assistant", "text_fault", "texts"})


@dataclass(frozen=True, slots=True)
class Speech:
    """What is heard and spoken with. Without a recogniser the ears follow ``script``; pitches are put into it."""

    recogniser: Recogniser | None
    script: tuple[str, ...]
    voice: Voice
    languages: tuple[str, ...]
    understanding: Understanding
    voice_thread: Executor
    pitched: bool = False

    def ears(self) -> Ears:
        """Ears for one session."""
        if self.pitched:
            return PitchedEars(*self.script[:2])
        return self.recogniser or ScriptedEars(self.script)

    def detector(self) -> Detector:
        """A detector for one session."""
        return by_silero() if self.recogniser else by_energy


@dataclass(slots=True)
class Counts:
    """What happened so far."""

    opened: int = 0
    resumed: int = 0
    frames_in: int = 0
    frames_out: int = 0
    refused_upgrades: int = 0
    closes: Counter[str] = field(default_factory=Counter)
    last_reason: str = ""
    setups: deque[Mapping[str, object]] = field(default_factory=lambda: deque(maxlen=_LAST_SETUPS))
    photos: deque[Mapping[str, object]] = field(default_factory=lambda: deque(maxlen=_LAST_PHOTOS))
    hurried_photos: int = 0  # less than a second after the one before

    def saw(self, photo: Seen, hurried: bool) -> None:
        """A photo was shown to a session."""
        about = {"width": photo.width, "height": photo.height, "colour": photo.colour, "exif": photo.exif}
        self.photos.append(about)
        self.hurried_photos += hurried


@dataclass(eq=False, slots=True)
class _Connection:
    """One connection while it is open. ``wishes`` are the control page's: an end, or a GoAway with seconds left."""

    connection: ServerConnection
    fault: Fault
    instruction: str = ""
    talk: Conversation | None = None
    wishes: asyncio.Queue[Refused | float] = field(default_factory=lambda: asyncio.Queue(8))


class Connections:
    """Admits, serves and counts connections."""

    def __init__(self, speech: Speech, api_key: str, life_s: float, assistant: str = SCRIPTED) -> None:
        self.plan = FaultPlan()
        self.texts = TextModels(api_key)
        self.assistant = assistant  # of the conversations that begin from now on, one of KINDS
        self.counts = Counts()
        self._speech = speech
        self._api_key = api_key
        self._life_s = life_s
        self._handles = Handles()
        self._open: set[_Connection] = set()

    # ---- the upgrade and the control page

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what is not a session; None lets the upgrade go on."""
        url = urlsplit(re.sub(r"^/+", "/", request.path))
        if url.path == "/control":
            return self._controlled(connection, request, url.query)
        if _PATH.match(url.path) is None:
            return self._turned_away(connection, HTTPStatus.NOT_FOUND, "Not Found")
        key = request.headers.get("x-goog-api-key", "")
        if not key and not request.headers.get("Authorization", "").startswith(("Bearer ", "Token ")):
            reason = "Method doesn't allow unregistered callers (callers without established identity)."
            return self._turned_away(connection, HTTPStatus.FORBIDDEN, reason)
        if self._api_key and key and key != self._api_key:
            return self._turned_away(connection, HTTPStatus.UNAUTHORIZED, "API key not valid.")
        fault = self.plan.fault if self.plan.sessions != 0 else Fault()
        if 400 <= fault.refuse < 600:
            status = HTTPStatus(self.plan.take().refuse)
            return self._turned_away(connection, status, fault.refusal(status.phrase))
        return None

    def _turned_away(self, connection: ServerConnection, status: HTTPStatus, message: str) -> Response:
        self.counts.refused_upgrades += 1
        self.counts.last_reason = message
        return _json(connection, status, {"error": {"code": status.value, "message": message}})

    def _controlled(self, connection: ServerConnection, request: Request, query: str) -> Response:
        if request.method == "POST":
            try:
                self.ask(json.loads(parse_qs(query).get("ask", ["{}"])[0]))
            except ValueError as wrong:
                return _json(connection, HTTPStatus.BAD_REQUEST, {"error": str(wrong)})
        return _json(connection, HTTPStatus.OK, self.report())

    def ask(self, wish: object) -> None:
        """``{"fault": {...}, "sessions": 1}``, ``{"close": 1011, "reason": ""}``, ``{"goaway_s": 5}``, ``{"assistant":
        "obedient"}``, ``{"text_fault": {...}, "texts": 1}``. With ``match`` the first three are meant for sessions with
        that text in their instruction.
        """
        if not isinstance(wish, dict) or set(wish) - _WISHES:
            raise ValueError(
                "ask for fault and sessions, close and reason, goaway_s, match, assistant, or text_fault and texts"
            )
        if wish.get("assistant", SCRIPTED) not in KINDS:
            raise ValueError(f"no such assistant: {wish['assistant']}; there are {', '.join(KINDS)}")
        self.assistant = wish.get("assistant", self.assistant)
        if "fault" in wish:
            self.plan.ask(fault_from(wish["fault"]), wish.get("sessions"), str(wish.get("match", "")))
        if "text_fault" in wish:
            self.texts.plan = TextPlan(text_fault_from(wish["text_fault"]), wish.get("texts"))
        for held in self._open:
            if str(wish.get("match", "")) not in held.instruction:
                continue
            if "close" in wish:
                held.wishes.put_nowait(Refused(int(wish["close"]), str(wish.get("reason", ""))))
            if "goaway_s" in wish:
                held.wishes.put_nowait(float(wish["goaway_s"]))

    def report(self) -> dict[str, object]:
        """What happened so far, for tests."""
        counts = self.counts
        return {
            "opened": counts.opened,
            "open": len(self._open),
            "resumed": counts.resumed,
            "frames_in": counts.frames_in,
            "frames_out": counts.frames_out,
            "refused_upgrades": counts.refused_upgrades,
            "closes": dict(counts.closes),
            "last_reason": counts.last_reason,
            "setups": list(counts.setups),
            "photos": list(counts.photos),
            "hurried_photos": counts.hurried_photos,
            "texts": self.texts.answered,
        }

    # ---- one connection

    async def serve(self, connection: ServerConnection) -> None:
        """One connection from its upgrade to its end."""
        held = _Connection(connection, self.plan.take())
        self.counts.opened += 1
        self._open.add(held)
        try:
            async with asyncio.TaskGroup() as group:
                await self._session(held, group)
        except* Refused as ends:
            end = _first(ends)
            self.counts.last_reason = end.reason
            await connection.close(end.code, end.reason)
        except* ConnectionClosed as lost:
            self.counts.last_reason = str(lost.exceptions[0])
        finally:
            self.counts.closes[str(connection.close_code or 1006)] += 1
            self._open.discard(held)
            if held.talk is not None:
                held.talk.attached = False

    async def _session(self, held: _Connection, group: asyncio.TaskGroup) -> None:
        connection = held.connection
        await asyncio.sleep(held.fault.connect_delay_s)
        setup = await self._setup(connection)
        held.instruction = text_of(setup.get("system_instruction"))
        own = self.plan.of(held.instruction)
        if own is not None:
            held.fault = own
            await asyncio.sleep(own.connect_delay_s)
        fault = held.fault
        if fault.refuse:
            raise Refused(fault.refuse, fault.refusal("Request contains an invalid argument."))
        model = model_of(setup, _version(connection))
        refuse_what_it_cannot(setup, model)
        if fault.mute_setup or never_answers(setup, model):
            await connection.wait_closed()
            raise Refused(1000, "")
        held.talk = self._conversation(setup)
        session = self._opened(held, held.talk, setup, group)
        await session.begin()
        group.create_task(self._misbehave(held, session))
        group.create_task(self._asked(held))
        async for frame in connection:
            self.counts.frames_in += 1
            await session.take(parsed(frame))
        raise Refused(1000, "")

    async def _setup(self, connection: ServerConnection) -> Mapping[str, object]:
        try:
            async with asyncio.timeout(_SETUP_TIMEOUT_S):
                frame = await connection.recv()
        except TimeoutError:
            raise Refused(1008, "No setup message was received in time.") from None
        self.counts.frames_in += 1
        message = parsed(frame)
        if not isinstance(message, Setup):
            raise Refused(1007, "The first message must be a setup message.")
        self.counts.setups.append(message.body)
        return message.body

    def _conversation(self, setup: Mapping[str, object]) -> Conversation:
        handle = at(setup, "session_resumption", "handle")
        if not handle:
            return conversation(setup, model_of(setup, ""), self.assistant)
        self.counts.resumed += 1
        talk = self._handles.resumed(str(handle), str(setup.get("model")))
        set_up_again(talk, setup)
        return talk

    def _opened(
        self, held: _Connection, talk: Conversation, setup: Mapping[str, object], group: asyncio.TaskGroup
    ) -> LiveSession:
        speech, connection = self._speech, held.connection

        cuts = Cuts(held.fault)

        async def send(message: Mapping[str, object]) -> None:
            self.counts.frames_out += 1
            if held.fault.no_usage:
                message = {name: value for name, value in message.items() if name != "usageMetadata"}
            await connection.send(framed(message))
            cut_after_s = cuts.sent(message)
            if cut_after_s is not None:
                group.create_task(self._drop_later(held, cut_after_s))

        rules = hearing_rules(setup, speech.languages)
        words = talk.model.always_transcribes or "output_audio_transcription" in setup
        mouth = Mouth(
            send=send,
            voice=speech.voice,
            thread=speech.voice_thread,
            usage=talk.usage,
            fault=held.fault,
            words=words,
        )
        return LiveSession(
            talk=talk,
            hearing=Hearing(
                rules, speech.ears(), speech.detector(), speech.understanding, speech.recogniser is not None
            ),
            mouth=mouth,
            send=send,
            group=group,
            handles=self._handles if "session_resumption" in setup else None,
            history_first=bool(at(setup, "history_config", "initial_history_in_client_content")),
            fault=held.fault,
            seen=self.counts.saw,
        )

    async def _misbehave(self, held: _Connection, session: LiveSession) -> None:
        """What was asked to go wrong, and the end that every connection has."""
        fault = held.fault
        due: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (fault.phantom_after_s, session.phantom),
            (fault.goaway_after_s, lambda: self._go_away(held, fault.goaway_time_left_s, fault.goaway_code)),
            (fault.drop_after_s, lambda: self._drop(held)),
            (fault.close_after_s, lambda: self._refuse(fault.close_code, fault.reason)),
            (self._life_s - _FAREWELL_S, lambda: self._go_away(held, _FAREWELL_S, 1011)),
        ]
        passed = 0.0
        for at_s, happen in sorted((each for each in due if each[0] > 0), key=lambda each: each[0]):
            await asyncio.sleep(at_s - passed)
            passed = at_s
            await happen()

    async def _asked(self, held: _Connection) -> None:
        """What is asked by the control page while the session goes on."""
        while True:
            wish = await held.wishes.get()
            if isinstance(wish, Refused):
                raise wish
            await self._go_away(held, wish, 1011)

    async def _go_away(self, held: _Connection, time_left_s: float, code: int) -> None:
        self.counts.frames_out += 1
        await held.connection.send(framed(going_away(time_left_s)))
        await asyncio.sleep(time_left_s)
        raise Refused(code, EXPIRED)

    async def _drop_later(self, held: _Connection, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self._drop(held)

    async def _drop(self, held: _Connection) -> None:
        held.connection.transport.abort()

    async def _refuse(self, code: int, reason: str) -> None:
        raise Refused(code, reason)


def _first(ends: BaseExceptionGroup[Refused]) -> Refused:
    """The first of the reasons to close; several may come at once."""
    first = ends.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _version(connection: ServerConnection) -> str:
    assert connection.request is not None
    found = _PATH.match(urlsplit(re.sub(r"^/+", "/", connection.request.path)).path)
    return (found.group(1) or found.group(2)) if found else ""


def _json(connection: ServerConnection, status: HTTPStatus, body: Mapping[str, object]) -> Response:
    response = connection.respond(status, json.dumps(body) + "\n")
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response
