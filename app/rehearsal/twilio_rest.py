"""A stand-in for the one address of Twilio's REST API that leads a running call: hang up, or other TwiML."""

import asyncio
import base64
import binascii
import hmac
import io
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, parse_headers
from typing import Protocol
from urllib.parse import parse_qs

READ_LIMIT_S = 10.0
MOST_BODY = 64 * 1024
MOST_TWIML = 4000  # characters, https://www.twilio.com/docs/voice/api/call-resource
_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-f]{32})/Calls/(CA[0-9a-f]{32})\.json")
_FIELDS = {"Status", "Twiml", "Url", "Method"}


class RunningCall(Protocol):
    """A phone's call, as far as REST can reach it."""

    call_sid: str

    @property
    def over(self) -> bool: ...

    def complete(self) -> None: ...

    def redirect(self, twiml: str, url: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: its status and its JSON."""

    status: int
    body: Mapping[str, object]


class TwilioRest:
    """The REST API of one account, on 127.0.0.1. ``requests`` are the updates taken, CallSid and form."""

    def __init__(self, account_sid: str, auth_token: str) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
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
        """A call this API leads from now on."""
        self._calls = {sid: known for sid, known in self._calls.items() if not known.over}
        self._calls[call.call_sid] = call

    def answer(self, method: str, path: str, authorization: str, body: str) -> Answer:
        """Take one request."""
        place = _PATH.fullmatch(path)
        if not self._known(authorization):
            return _error(401, 20003, "Authentication Error - invalid username")
        if place is None or place[1] != self._account_sid:
            return _error(404, 20404, f"The requested resource {path} was not found")
        call = self._calls.get(place[2])
        if call is None or call.over:
            return _error(404, 20404, f"The requested resource {path} was not found")
        if method == "GET":
            return Answer(200, self._resource(call))
        if method != "POST":
            return _error(405, 20004, "Method not allowed")
        return self._update(call, body)

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
        method, path, _ = line.decode().split(" ", 2)
        headers: HTTPMessage = parse_headers(io.BytesIO(head))
        length = int(headers.get("Content-Length", "0"))
        if length > MOST_BODY:
            return _error(413, 20001, "Request too large")
        body = await reader.readexactly(length)
        return self.answer(method, path.partition("?")[0], headers.get("Authorization", ""), body.decode())


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


def _error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more, "status": status})


def _written(answer: Answer) -> bytes:
    body = json.dumps(answer.body).encode()
    head = f"HTTP/1.1 {answer.status} \r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + "Connection: close\r\n\r\n").encode() + body


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
