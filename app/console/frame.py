"""What stands around every page: who may ask at all, and the headers that keep a page to itself."""

import secrets
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.console.origins import SAFE, Origins

NONCE: Final = "console_nonce"  # in the scope: what scripts and styles of this answer are known by
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=(), display-capture=()",
    "Cache-Control": "no-store",
}
HSTS: Final = "max-age=31536000"


def policy(nonce: str) -> str:
    """Scripts are those that the page names with its nonce, and what they load; nothing else comes from anywhere."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'strict-dynamic'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "form-action 'self'",
            "frame-src 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        )
    )


class Frame:
    """Wraps the console's app; what is not at home here gets no further."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self.app, self.origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                await _refuse_socket(receive, send)
            return
        nonce = scope[NONCE] = secrets.token_urlsafe(18)
        answered = _with_headers(send, policy(nonce), self._is_secure(scope, headers))
        await (refusal or self.app)(scope, receive, answered)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if not self.origins.at_home(scope["scheme"], host):
            where = f" It is at {self.origins.public_url}/console." if self.origins.public_url else ""
            told = f"The console is not under this name.{where} A proxy must pass the Host header on.\n"
            return PlainTextResponse(told, 421)
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE
        if changes and not self.origins.own(host, headers):
            return PlainTextResponse(
                "This was not sent by a page of the console. Open the console and try there.\n", 403
            )
        return None

    def _is_secure(self, scope: Scope, headers: Headers) -> bool:
        return not self.origins.plain(scope["scheme"], headers.get("host", ""))


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": "not a page of the console"})


def _with_headers(send: Send, content_policy: str, secure: bool) -> Send:
    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _all(content_policy, secure):
                headers.setdefault(name, value)
        await send(message)

    return send_on


def _all(content_policy: str, secure: bool) -> Iterable[tuple[str, str]]:
    yield from HEADERS.items()
    yield "Content-Security-Policy", content_policy
    if secure:
        yield "Strict-Transport-Security", HSTS
