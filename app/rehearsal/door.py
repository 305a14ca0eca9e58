"""The stand-in's front door: a request for a text model is answered here, anything else goes on to the Live server."""

import asyncio
import io
import json
from http import HTTPStatus
from http.client import HTTPException, parse_headers
from typing import Final

from websockets.asyncio.server import ServerConnection

from app.rehearsal.text_models import Reply, TextModels

MOST_BODY: Final = 4 * 2**20  # bytes
ASKED_WITHIN_S: Final = 30.0
# How every request to the text models begins; the Live service is asked with GET, its control page not so.
_TEXTS: Final = b"POST /v1"


class Door:
    """The protocol of a connection until it is known what it is for. ``live`` takes it over where it is no text's."""

    def __init__(self, live: ServerConnection, texts: TextModels) -> None:
        self._live = live
        self._texts = texts
        self._data = bytearray()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._timer = asyncio.get_running_loop().call_later(ASKED_WITHIN_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._data[: len(_TEXTS)].startswith(_TEXTS[: len(self._data)]):
            self._pass_on()
        elif len(self._data) >= len(_TEXTS):
            self._answer()

    def eof_received(self) -> None:
        return None

    def connection_lost(self, _: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def pause_writing(self) -> None:
        """An answer is one small write."""

    def resume_writing(self) -> None:
        """See pause_writing."""

    def _pass_on(self) -> None:
        assert self._transport is not None
        assert self._timer is not None
        self._timer.cancel()
        self._transport.set_protocol(self._live)
        self._live.connection_made(self._transport)
        self._live.data_received(bytes(self._data))

    def _answer(self) -> None:
        """Answer once the request is whole."""
        head, found, body = bytes(self._data).partition(b"\r\n\r\n")
        if not found:
            return None
        line, _, rest = head.partition(b"\r\n")
        try:
            _, path, _ = line.decode("ascii").split(" ", 2)
            headers = {name.lower(): value for name, value in parse_headers(io.BytesIO(rest + b"\r\n\r\n")).items()}
            length = int(headers.get("content-length", "0"))
        except (ValueError, HTTPException):
            return self._send(Reply(400, {"error": {"code": 400, "message": "Bad request", "status": "INVALID"}}))
        if length > MOST_BODY:
            return self._send(Reply(413, {"error": {"code": 413, "message": "Too large", "status": "INVALID"}}))
        if len(body) >= length:
            reply = self._texts.answer(path, headers, body[:length])
            asyncio.get_running_loop().call_later(reply.delay_s, self._send, reply)
        return None

    def _send(self, reply: Reply) -> None:
        assert self._transport is not None
        content = json.dumps(reply.body, ensure_ascii=False).encode()
        phrase = HTTPStatus(reply.status).phrase
        lines = [f"HTTP/1.1 {reply.status} {phrase}", "Content-Type: application/json; charset=UTF-8"]
        lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
        if not self._transport.is_closing():
            self._transport.write("\r\n".join(lines).encode() + content)
            self._transport.close()
