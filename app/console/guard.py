"""How a page is added: every one says what it needs, and answers nobody who has not got it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from app.console.asked import Asked
from app.console.origins import SAFE
from app.console.permissions import Needs, Open

Handler = Callable[[Asked], Awaitable[Response]]
SocketHandler = Callable[[Asked, WebSocket], Awaitable[None]]
Opener = Callable[[HTTPConnection], Awaitable[Asked]]

LARGEST_BODY: Final = 2_000_000  # bytes, of what a page is sent; an action that takes files says how much it takes


@dataclass(frozen=True, slots=True)
class Guarded:
    """A handler behind what it needs; the endpoint of its route."""

    handler: Handler
    needs: Needs
    methods: tuple[str, ...]
    largest: int = LARGEST_BODY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await RequestBodyLimitMiddleware(self._answer, self.largest)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = await opener_of(scope)(Request(scope, receive))
        asked.needs = self.needs
        response = _refusal(asked, self.needs) or await self.handler(asked)
        if scope["method"] == "HEAD":  # what is live would never end, and nobody would hear it
            response = Response(status_code=response.status_code, headers=_without_length(response))
        await response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class GuardedSocket:
    """The same for a WebSocket: it is accepted only for who may have it."""

    handler: SocketHandler
    needs: Needs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ws = WebSocket(scope, receive, send)
        asked = await opener_of(scope)(ws)
        asked.needs = self.needs
        if _refusal(asked, self.needs) is not None:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not permitted"})
            return
        await self.handler(asked, ws)


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one part. ``Pages([])`` at the top of its file; ``mount.PARTS`` lists them all."""

    routes: list[BaseRoute]

    def page(self, path: str, needs: Needs) -> Callable[[Handler], Handler]:
        """What is looked at: GET. ``path`` begins after ``/console``."""
        return self._at(path, needs, ("GET",), LARGEST_BODY)

    def action(self, path: str, needs: Needs, largest: int = LARGEST_BODY) -> Callable[[Handler], Handler]:
        """What changes something: POST, from a page of ours. ``largest`` body in bytes."""
        return self._at(path, needs, ("POST",), largest)

    def socket(self, path: str, needs: Needs) -> Callable[[SocketHandler], SocketHandler]:
        def added(handler: SocketHandler) -> SocketHandler:
            self.routes.append(WebSocketRoute(path, GuardedSocket(handler, needs)))
            return handler

        return added

    def _at(self, path: str, needs: Needs, methods: tuple[str, ...], largest: int) -> Callable[[Handler], Handler]:
        def added(handler: Handler) -> Handler:
            guarded = Guarded(handler, needs, methods, largest)
            self.routes.append(Route(path, guarded, methods=list(methods), name=handler.__name__))
            return handler

        return added


def opener_of(scope: Scope) -> Opener:
    opener: Opener = scope["app"].state.opener
    return opener


def _without_length(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name != "content-length"}


def _refusal(asked: Asked, needs: Needs) -> Response | None:
    """Why somebody gets no further: to the sign-in, or told what their role may not."""
    if isinstance(needs, Open):
        return None
    if asked.person is None:
        return _to_sign_in(asked)
    if not asked.person.may(needs):
        return asked.show("frame/forbidden.html", 403, needs=needs)
    return None


def _to_sign_in(asked: Asked) -> Response:
    connection = asked.connection
    if asked.partial or not isinstance(connection, Request) or connection.method not in SAFE:
        return Response(status_code=401, headers={"HX-Redirect": "/console/sign-in"})
    wanted = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
    return asked.go(f"/console/sign-in?to={quote(wanted)}")
