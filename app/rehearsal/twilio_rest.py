"""A stand-in for what is asked of Twilio's REST API: lead a call, send a text, fetch what came, set a number."""

import asyncio
import base64
import binascii
import hmac
import io
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.client import HTTPException, HTTPMessage, parse_headers
from typing import Protocol
from urllib.parse import parse_qs

from app.rehearsal.phone_asked import Asked
from app.rehearsal.phone_texting import Texting
from app.rehearsal.phone_texts import MediaShelf, SentText, sent_text
from app.rehearsal.twilio_calls import ToldCalls
from app.rehearsal.twilio_numbers import NUMBERS, ONE, Numbers

READ_LIMIT_S = 10.0
MOST_BODY = 64 * 1024
MOST_TWIML = 4000  # characters, https://www.twilio.com/docs/voice/api/call-resource
MOST_TEXTS = 1_000  # kept
_ACCOUNT = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})(/.+)")
_CALL = re.compile(r"/Calls/(CA[0-9a-f]{32})\.json")
_MEDIUM = re.compile(r"/Messages/[MS]M[0-9a-f]{32}/Media/(ME[0-9a-f]{32})")
_RECORDING = re.compile(r"/Recordings/(RE[0-9a-f]{32})\.wav")
_STORE = "/media.twiliocdn.com/"
_XML = {"Content-Type": "application/xml"}
_FIELDS = {"Status", "Twiml", "Url", "Method"}


class RunningCall(Protocol):
    """A phone's call, as far as REST can reach it."""

    call_sid: str
    texting: Texting
    asked: Asked

    @property
    def over(self) -> bool: ...

    def complete(self) -> None: ...

    def redirect(self, twiml: str, url: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: its status and its JSON, or other content."""

    status: int
    body: Mapping[str, object] = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class TwilioRest:
    """The REST API of one account, on 127.0.0.1.

    ``requests`` are the updates of calls taken, CallSid and form; ``texts`` those sent, the last thousand. ``refusals``
    are numbers that a text is refused for, with the error code (21610: its owner said STOP; 21614: a landline).
    ``recordings`` are WAVs by their SID. ``failing``: so many of the next requests are answered with these statuses;
    ``asked`` is what was asked for, method and target; ``told`` are calls that it knows without having led them. An
    answer takes ``slow_s``.
    """

    def __init__(self, account_sid: str, auth_token: str) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.texts: deque[SentText] = deque(maxlen=MOST_TEXTS)
        self.refusals: dict[str, int] = {}
        self.media = MediaShelf(account_sid)
        self.recordings: dict[str, bytes] = {}
        self.numbers = Numbers(account_sid)
        self.told = ToldCalls(account_sid)
        self.slow_s = 0.0
        self.failing: deque[int] = deque()
        self.asked: deque[tuple[str, str]] = deque(maxlen=MOST_TEXTS)
        self.url = ""
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._calls: dict[str, RunningCall] = {}

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Listen while the block runs; gives the base address."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        async with server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self.url

    def attach(self, call: RunningCall) -> None:
        """A call this API leads from now on; its pictures are handed out here."""
        self._calls = {sid: known for sid, known in self._calls.items() if not known.over}
        self._calls[call.call_sid] = call
        call.texting.media = self.media
        call.asked.shelf = self.recordings

    def answer(self, method: str, target: str, authorization: str, body: str) -> Answer:
        """Take one request; ``target`` is path and query."""
        path = target.partition("?")[0]
        if path.startswith(_STORE):
            return self._handed_out(target, authorization)
        place = _ACCOUNT.fullmatch(path)
        if not self._known(authorization):
            return _error(401, 20003, "Authentication Error - invalid username")
        if self.failing:
            return _failed(self.failing.popleft())
        if place is not None and place[1] == self._account_sid:
            return self._of_account(method, path, place[2], body)
        return self._told_of(method, path, path)

    def _told_of(self, method: str, path: str, part: str) -> Answer:
        """What it knows of a call that it need not have led."""
        known = self.told.asked(part) if method == "GET" else None
        if known is None:
            return _not_found(path)
        return _refused(path, known) if isinstance(known, int) else Answer(200, known)

    def _of_account(self, method: str, path: str, part: str, body: str) -> Answer:
        if part == NUMBERS and method == "GET":
            return Answer(200, self.numbers.listed())
        if (number := ONE.fullmatch(part)) and number[1] in self.numbers.owned:
            return self._number(method, number[1], body)
        if part == "/Messages.json":
            return self._send(body) if method == "POST" else _error(405, 20004, "Method not allowed")
        if medium := _MEDIUM.fullmatch(part):
            return self._redirected(medium[1], path)
        if taped := _RECORDING.fullmatch(part):
            return self._recording(taped[1], path)
        return self._call(method, path, part, body)

    def _call(self, method: str, path: str, part: str, body: str) -> Answer:
        named = _CALL.fullmatch(part)
        call = None if named is None else self._calls.get(named[1])
        if call is not None and method == "GET":
            return Answer(200, self._resource(call))
        if call is None or call.over:
            return self._told_of(method, path, part)
        if method != "POST":
            return _error(405, 20004, "Method not allowed")
        return self._update(call, body)

    def _number(self, method: str, sid: str, body: str) -> Answer:
        changed = self.numbers.owned[sid] if method == "GET" else self.numbers.change(sid, body)
        return _error(400, 21402, changed) if isinstance(changed, str) else Answer(200, changed)

    def _send(self, body: str) -> Answer:
        sent = sent_text(body)
        if not isinstance(sent, SentText):
            return _error(400, *sent)
        if code := self.refusals.get(sent.to):
            return _error(400, code, f"A text to {sent.to} is refused.")
        self.texts.append(sent)
        for call in self._calls.values():
            if call.texting.own == sent.to and not call.over:
                call.texting.arrived(sent.body)
                break  # one telephone, however many calls it has
        return Answer(201, self._text_resource(sent))

    def _redirected(self, medium_sid: str, path: str) -> Answer:
        place = self.media.place(medium_sid)
        return _not_found(path) if place is None else Answer(307, headers={"Location": self.url + place})

    def _recording(self, recording_sid: str, path: str) -> Answer:
        """https://www.twilio.com/docs/voice/api/recording"""
        wav = self.recordings.get(recording_sid)
        return _not_found(path) if wav is None else Answer(200, content=wav, headers={"Content-Type": "audio/x-wav"})

    def _handed_out(self, target: str, authorization: str) -> Answer:
        """The store behind the API: an address signed for a while, and no second proof beside it."""
        if authorization:
            return Answer(400, content=b"<Error><Code>InvalidArgument</Code></Error>", headers=_XML)
        stored = self.media.hand_out(target)
        if stored is None:
            return Answer(403, content=b"<Error><Code>AccessDenied</Code></Error>", headers=_XML)
        return Answer(200, content=stored.content, headers={"Content-Type": stored.content_type})

    def _update(self, call: RunningCall, body: str) -> Answer:
        form = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        problem = _problem(form)
        if problem:
            return _error(400, 20001, problem)
        self.requests.append((call.call_sid, form))
        if form.get("Status") == "completed":
            call.complete()
        elif "Twiml" in form:
            call.redirect(form["Twiml"])
        else:
            call.redirect(f"<Response><Redirect>{_escaped(form['Url'])}</Redirect></Response>", form["Url"])
        return Answer(200, self._resource(call))

    def _resource(self, call: RunningCall) -> dict[str, object]:
        return {
            "sid": call.call_sid,
            "account_sid": self._account_sid,
            "api_version": "2010-04-01",
            "direction": "inbound",
            "status": "completed" if call.over else "in-progress",
            "uri": f"/2010-04-01/Accounts/{self._account_sid}/Calls/{call.call_sid}.json",
        }

    def _text_resource(self, sent: SentText) -> dict[str, object]:
        return {
            "sid": sent.sid,
            "account_sid": self._account_sid,
            "api_version": "2010-04-01",
            "body": sent.body,
            "date_created": format_datetime(datetime.now(UTC)),
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": sent.from_,
            "num_media": "0",
            "num_segments": "1",
            "status": "queued",
            "to": sent.to,
            "uri": f"/2010-04-01/Accounts/{self._account_sid}/Messages/{sent.sid}.json",
        }

    def _known(self, authorization: str) -> bool:
        kind, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return False
        return kind == "Basic" and hmac.compare_digest(given, f"{self._account_sid}:{self._auth_token}".encode())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_LIMIT_S):
                answer = await self._one_request(reader)
                writer.write(_written(answer))
                await writer.drain()
        except (TimeoutError, OSError, EOFError, ValueError, HTTPException):
            pass  # not a request, or gone before its answer: the peer's own fault
        finally:
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader) -> Answer:
        line, _, head = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        method, target, _ = line.decode().split(" ", 2)
        headers: HTTPMessage = parse_headers(io.BytesIO(head))
        length = int(headers.get("Content-Length", "0"))
        if length > MOST_BODY:
            return _error(413, 20001, "Request too large")
        body = await reader.readexactly(length)
        self.asked.append((method, target))
        await asyncio.sleep(self.slow_s)
        return self.answer(method, target, headers.get("Authorization", ""), body.decode())


def _problem(form: Mapping[str, str]) -> str:
    if unknown := set(form) - _FIELDS:
        return f"Unknown parameter {sorted(unknown)[0]}"
    if len({"Status", "Twiml", "Url"} & set(form)) != 1:
        return "Exactly one of Status, Twiml and Url is needed"
    if form.get("Status", "completed") != "completed":
        return "Only a queued or ringing call can be canceled; Status can be completed"
    if len(form.get("Twiml", "")) > MOST_TWIML:
        return f"Twiml has more than {MOST_TWIML} characters"
    return ""


def _not_found(path: str) -> Answer:
    return _error(404, 20404, f"The requested resource {path} was not found")


def _refused(path: str, status: int) -> Answer:
    """Of an account that has not got what is asked for, or may not have it."""
    if status == 404:
        return _not_found(path)
    known = {401: "Authenticate", 403: "Forbidden"}.get(status)
    return _failed(status) if known is None else _error(status, 20003 if status == 401 else 20403, known)


def _failed(status: int) -> Answer:
    return _error(status, 20429 if status == 429 else 20500, "Too Many Requests" if status == 429 else "Internal error")


def _error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})


def _written(answer: Answer) -> bytes:
    content = json.dumps(answer.body).encode() if answer.content is None else answer.content
    headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(content))}
    lines = [f"HTTP/1.1 {answer.status} ", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + content


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
