"""A telephone on Twilio's network: places one call to the app and carries out what it is told, as Twilio would."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Literal

import httpx2
import numpy as np

from app.rehearsal.listening import Listening
from app.rehearsal.phone_asked import Asked
from app.rehearsal.phone_dialling import ACCOUNT_SID, LONGEST_S, Dialling, DialStatus, Representative, whispered
from app.rehearsal.phone_faults import NO_FAULTS
from app.rehearsal.phone_messages import Writer
from app.rehearsal.phone_mouth import Mouth
from app.rehearsal.phone_notes import DOCUMENT_BROKEN, Happening, Notes
from app.rehearsal.phone_playout import Pulled
from app.rehearsal.phone_recording import Recording
from app.rehearsal.phone_sound import FRAME, FRAME_MS, RATE, Samples, decode, encode, rms
from app.rehearsal.phone_stream import MediaStream, StreamEnd
from app.rehearsal.phone_texting import Texting, told_of
from app.rehearsal.phone_texts import INCOMING_TEXT
from app.rehearsal.phone_twiml import (
    Connect,
    Dial,
    Gather,
    Hangup,
    Pause,
    Record,
    Redirect,
    Reject,
    Say,
    Verb,
    parse,
    rejected,
)
from app.rehearsal.phone_webhooks import Webhooks, call_parameters, final_parameters, sid, stream_parameters

__all__ = ["ACCOUNT_SID", "LONGEST_S", "Dialling", "Phone", "Representative"]

INCOMING = "/voice/incoming"
STATUS = "/voice/status"
MOST_DOCUMENTS = 25  # a call that is led in circles must end
_FRAME_S = FRAME_MS / 1000
_KEY_S = 0.25
_QUIET = np.zeros(FRAME, np.int16)

EndedBy = Literal["caller", "app", "limit", "nobody"]


Script = Callable[["Phone"], Coroutine[object, object, None]]


@dataclass(frozen=True, slots=True)
class _Document:
    url: str
    text: str


class Phone:
    """One call. ``call`` places it; the caller's script uses the rest while it lasts."""

    def __init__(
        self,
        dialling: Dialling,
        recording: Recording | None = None,
        on_progress: Callable[[Happening], None] | None = None,
    ) -> None:
        self.call_sid = sid("CA")
        self.notes = Notes(lambda: self.now, on_progress)
        self.listening = Listening()
        self.ended_by: EndedBy | None = None
        self.rang_ms = 0
        self.duration_s = 0.0
        self.late_ms = 0.0  # how late the phone's own clock woke, at worst
        self.spoken: list[str] = []  # by Twilio's own voice
        self.whispered: list[str] = []  # to the representative
        self.dialled: list[tuple[str, str]] = []  # number, how it ended
        self.streams = 0
        self.marks_returned = 0
        self._dialling = dialling
        self._recording = recording
        self.texting = Texting(dialling.account_sid, dialling.from_, dialling.to, self.notes)
        self.texts_received = self.texting.received
        self.asked = Asked()
        self._mouth = Mouth(dialling.noise_db, dialling.echo_db, dialling.typing_db)
        self.picked_up_at: float | None = None  # by the machine's monotonic clock
        self._stream: MediaStream | None = None
        self._redirected: _Document | None = None
        self._disturbed = asyncio.Event()  # hung up, or told otherwise by REST
        self._ended = asyncio.Event()
        self._ticked = asyncio.Event()

    # ---- for the caller's script

    @property
    def now(self) -> float:
        """Seconds since the call was picked up; 0 while it rings."""
        if self.picked_up_at is None:
            return 0.0
        return asyncio.get_running_loop().time() - self.picked_up_at

    @property
    def over(self) -> bool:
        """Has the call ended?"""
        return self.ended_by is not None

    @property
    def streaming(self) -> bool:
        """Is a stream up?"""
        return self._stream is not None and self._stream.up

    @property
    def speaking(self) -> bool:
        """Is the caller still saying what they began to say?"""
        return self._mouth.speaking

    def say(self, samples: Samples, words: str = "") -> None:
        """Begin to say 8 kHz samples; ``words`` is what they mean, for the report."""
        self.notes.happened("interrupted" if self.listening.sounding(self.now) else "caller", words)
        self.listening.caller_begins(self.now - _FRAME_S)  # a frame is sent once it has been spoken
        self._mouth.say(samples)

    async def press(self, keys: str) -> None:
        """Press keys one after another; what is heard from the last one on is the answer."""
        for left, key in zip(reversed(range(len(keys))), keys, strict=True):
            self.notes.happened("key", key)
            self.asked.press(key)
            if self._stream is not None:
                self._stream.press(key)
            if not left:
                self.listening.caller_wrote(self.now)
            await self.until(lambda: False, _KEY_S)

    async def text(self, body: str) -> None:
        """Text the number called; returns when the app has answered that."""
        self.listening.caller_wrote(self.now)
        await self.texting.send(self._webhooks, self._url(INCOMING_TEXT), body)

    async def photo(self, picture: Path | bytes, body: str = "", content_type: str = "") -> None:
        """Text a picture to the number called; ``content_type`` is told of it instead of what it is."""
        pictures = (await told_of(picture, content_type),)
        self.listening.caller_wrote(self.now)
        await self.texting.send(self._webhooks, self._url(INCOMING_TEXT), body, pictures)

    async def until(self, true: Callable[[], bool], at_most_s: float) -> bool:
        """Wait, frame by frame, until something is true; False when time or the call ran out first."""
        end = self.now + at_most_s
        while not true():
            if self.over or self.now >= end:
                return False
            await self._ticked.wait()
        return True

    def hang_up(self) -> None:
        """The caller puts the phone down."""
        self._end("caller")

    # ---- for the REST API

    def complete(self) -> None:
        """Twilio was told by REST to end the call."""
        self.notes.happened("REST", "completed")
        self._end("app")

    def redirect(self, twiml: str, url: str = "") -> None:
        """Twilio was told by REST to leave its document at once for ``twiml``."""
        self.notes.happened("REST", "redirected")
        self._redirected = _Document(url or self._url(INCOMING), twiml)
        self._disturb()

    # ---- the call

    async def call(self, act: Script) -> None:
        """Place the call and stay until it is over; ``act`` is the caller."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            self._webhooks = Webhooks(client, self._dialling.place, self._dialling.auth_token, self.notes)
            first = await self._ring()
            if first is None:
                self.ended_by = "nobody"
                return
            try:
                async with asyncio.TaskGroup() as group:
                    await self._lead(group, first, act)
            finally:
                if self._recording is not None:
                    await asyncio.to_thread(self._recording.close)

    async def _ring(self) -> _Document | None:
        began = asyncio.get_running_loop().time()
        self.notes.happened("ringing", self._dialling.to)
        url = self._url(INCOMING)
        text = None
        for _ in range(self._dialling.faults.rings):
            text = await self._webhooks.document(url, self._parameters("ringing"))
        self.rang_ms = round((asyncio.get_running_loop().time() - began) * 1000)
        if text is None:
            return None
        if reason := rejected(text):
            self.notes.happened("rejected", reason)
            return None
        return _Document(url, text)

    async def _lead(self, group: asyncio.TaskGroup, first: _Document, act: Script) -> None:
        self._group = group
        self.picked_up_at = asyncio.get_running_loop().time()
        self.notes.happened("picked up", f"after {self.rang_ms} ms")
        beside = [group.create_task(self._keep_time()), group.create_task(act(self))]
        if self._recording is not None:
            group.create_task(self._recording.keep(self._ended))
        await self._carry_out(first)
        self._end("app")
        self.duration_s = self.now
        self.notes.happened("hung up", f"by the {self.ended_by}")
        for task in beside:
            task.cancel()
        await self._webhooks.callback(
            self._url(STATUS), self._parameters("completed") | final_parameters(self.duration_s)
        )

    async def _carry_out(self, document: _Document) -> None:
        following: _Document | None = document
        for _ in range(MOST_DOCUMENTS):
            if following is None:
                return
            following = await self._follow(parse(following.text, following.url, self.notes.complain))
        self.notes.complain(DOCUMENT_BROKEN, f"{MOST_DOCUMENTS} documents and no end")

    async def _follow(self, verbs: list[Verb]) -> _Document | None:
        """Carry out one document; returns the next, None when the call is over."""
        for verb in verbs:
            if isinstance(verb, Hangup | Reject):
                return None
            following = await self._verb(verb)
            if self.over:
                return None
            if self._redirected is not None:
                following, self._redirected = self._redirected, None
                self._disturbed.clear()
            if following is not None:
                return following
        return None

    async def _verb(self, verb: Connect | Say | Pause | Redirect | Dial | Gather | Record) -> _Document | None:
        match verb:
            case Connect():
                return await self._connect(verb)
            case Say() | Pause():
                await self._wait(self._sounds_s(verb))
            case Gather():
                return await self._gather(verb)
            case Record():
                return await self._record(verb)
            case Redirect(url, method):
                return await self._ask(url, method, {})
            case Dial():
                return await self._dial(verb)
        return None

    def _sounds_s(self, verb: Say | Pause) -> float:
        if isinstance(verb, Pause):
            return verb.length_s
        self.notes.happened("twilio says", verb.text)
        self.spoken.append(verb.text)
        return len(verb.text.split()) / self._dialling.pace

    async def _gather(self, verb: Gather) -> _Document | None:
        digits = await self.asked.gather(verb, self._sounds_s, self._until_or_told)
        if self._disturbed.is_set() or not (digits or verb.always):
            return None
        return await self._ask(verb.action, verb.method, {"Digits": digits})

    async def _record(self, verb: Record) -> _Document | None:
        self.notes.happened("recording")
        taped = await self.asked.record(verb, self._until_or_told, lambda: self.over)
        self.notes.happened("recorded", f"{taped.duration_s} s" if taped is not None else "nothing")
        if taped is None or self._redirected is not None:
            return None  # https://www.twilio.com/docs/voice/twiml/record: an empty recording asks for no action
        account_sid = self._dialling.account_sid
        if verb.status_callback is not None:
            parameters = taped.status_parameters(account_sid, self.call_sid)
            self._group.create_task(self._webhooks.callback(verb.status_callback, parameters))
        return await self._ask(verb.action, verb.method, taped.parameters(account_sid))

    async def _until_or_told(self, true: Callable[[], bool], at_most_s: float) -> bool:
        """Wait until something is true; not when the call ends or goes elsewhere before."""
        await self.until(lambda: true() or self._disturbed.is_set(), at_most_s)
        return true()

    async def _connect(self, verb: Connect) -> _Document | None:
        stream_sid = sid("MZ")
        tell = self._stream_teller(verb, stream_sid)
        writer = Writer(self._dialling.account_sid, self.call_sid, stream_sid)
        faults = NO_FAULTS if self.streams and self._dialling.faults.first_only else self._dialling.faults
        opened = partial(tell, "stream-started")
        stream = MediaStream(writer, stream_sid, self.notes, opened=opened, cleared=self._cleared, faults=faults)
        self._stream = stream
        self.streams += 1
        end = await stream.run(verb.url, self._dialling.place, self._dialling.auth_token, dict(verb.parameters))
        self._stream = None
        self.marks_returned += stream.marks_returned
        self.listening.stream_ended(self.now, stream.buffer.queued_ms, end.by_app)
        tell("stream-stopped" if end.opened else "stream-error")
        return await self._after_stream(verb, end)

    async def _after_stream(self, verb: Connect, end: StreamEnd) -> _Document | None:
        self.notes.happened("stream closed", f"{'by the app' if end.by_app else 'by the phone'}, code {end.code}")
        if verb.action is None or self._redirected is not None:
            return None
        # https://www.twilio.com/docs/voice/twiml/connect: asked when Connect ends, whatever ended it
        return await self._ask(verb.action, verb.method, {})

    def _stream_teller(self, verb: Connect, stream_sid: str) -> Callable[[str], None]:
        def tell(event: str) -> None:
            if event == "stream-started":
                self.notes.happened("stream opened", verb.url)
            if verb.status_callback is None:
                return
            account_sid = self._dialling.account_sid
            parameters = stream_parameters(account_sid, self.call_sid, stream_sid, verb.name, event)
            self._group.create_task(self._webhooks.callback(verb.status_callback, parameters))

        return tell

    async def _dial(self, verb: Dial) -> _Document | None:
        person = self._dialling.representative
        child = sid("CA")
        self.notes.happened("dialling", verb.number)
        await self._wait(min(person.rings_s, verb.timeout_s))
        status: DialStatus = person.ends if person.rings_s <= verb.timeout_s else "no-answer"
        if self._disturbed.is_set():
            status = "canceled"  # https://www.twilio.com/docs/voice/twiml/dial: hung up before it was answered
        if status == "completed":
            asked = self._parameters("in-progress")
            self.whispered += await whispered(self._webhooks, verb, child, asked, self.notes.complain)
            await self._wait(person.talks_s)
        self.dialled.append((verb.number, status))
        self.notes.happened("dialled", status)
        if verb.action is None or self._redirected is not None:
            return None
        bridged = status == "completed"
        outcome = {"DialCallStatus": status, "DialCallSid": child, "DialBridged": str(bridged).lower()}
        if bridged:
            outcome["DialCallDuration"] = str(round(person.talks_s))
        return await self._ask(verb.action, verb.method, outcome)

    async def _ask(self, url: str, method: str, more: dict[str, str]) -> _Document | None:
        status = "completed" if self.over else "in-progress"
        text = await self._webhooks.document(url, self._parameters(status) | more, method)
        return None if text is None else _Document(url, text)

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._disturbed.wait(), seconds)

    def _end(self, by: EndedBy) -> None:
        if self.ended_by is None:
            self.ended_by = by
            self._ended.set()
            self._disturb()

    def _disturb(self) -> None:
        self._disturbed.set()
        if self._stream is not None:
            self._stream.stop()

    def _cleared(self, unheard_ms: float) -> None:
        self.notes.happened("cleared", f"{unheard_ms:.0f} ms unheard")
        self.listening.cleared(self.now, unheard_ms)

    # ---- every 20 ms

    async def _keep_time(self) -> None:
        """Frames by an absolute clock: one late frame makes no other late."""
        loop = asyncio.get_running_loop()
        assert self.picked_up_at is not None
        for number in count():
            wait_s = self.picked_up_at + number * _FRAME_S - loop.time()
            self.late_ms = max(self.late_ms, -wait_s * 1000)
            await asyncio.sleep(max(0.0, wait_s))
            self._frame(number * _FRAME_S)
            if number * _FRAME_S >= self._dialling.longest_s:
                self._end("limit")

    def _frame(self, at_s: float) -> None:
        spoke = self._mouth.speaking
        codes = encode(self._mouth.pull())
        self.asked.frame(decode(codes))
        stream = self._stream
        pulled = Pulled(b"") if stream is None else stream.frame(codes)
        heard = decode(pulled.sound.ljust(FRAME, b"\xff")) if pulled.sound else _QUIET
        self._mouth.hear(heard)
        waiting_ms = 0.0 if stream is None else stream.buffer.queued_ms
        first = self.listening.figures.first_sound_ms
        self.listening.frame(at_s, rms(heard), len(pulled.sound) * 1000 / RATE, waiting_ms)
        if first is None and self.listening.figures.first_sound_ms is not None:
            self.notes.happened("first sound")
        if spoke and not self._mouth.speaking:
            self.listening.caller_ends(at_s)
        if self._recording is not None:
            self._recording.add(decode(codes), heard)
        ticked, self._ticked = self._ticked, asyncio.Event()
        ticked.set()

    # ---- what the webhooks say

    def _url(self, path: str) -> str:
        return self._dialling.place.public_url.rstrip("/") + path

    def _parameters(self, status: str) -> dict[str, str]:
        dialling = self._dialling
        return call_parameters(dialling.account_sid, self.call_sid, dialling.from_, dialling.to, status)
