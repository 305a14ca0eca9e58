"""What ops ask of a running process: is it there, does it take calls, what are its figures."""

import hmac
from collections.abc import Callable, Iterable, Sized

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest, start_http_server
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

CLOSED = "closed: write FRONTLINE_METRICS_TOKEN, or FRONTLINE_METRICS_PORT for a port of its own\n"


def serve_metrics(host: str, port: int) -> Callable[[], None]:
    """Give the metrics at a port of their own, by a thread of their own; returns what ends that. Raises OSError."""
    server, thread = start_http_server(port, host)

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end


class Ops:
    """The pages for ops. ``unready`` says why no call is taken now, or None; ``numbers``, whom callers reach here.

    ``/metrics`` is for who has the token; without one it is closed, unless it is ``open_metrics``.
    """

    def __init__(
        self,
        calls: Sized,
        numbers: Callable[[], Iterable[str]],
        unready: Callable[[], str | None],
        metrics_token: SecretStr | None,
        *,
        open_metrics: bool,
    ) -> None:
        self._calls = calls
        self._numbers = numbers
        self._unready = unready
        self._metrics_token = metrics_token
        self._open_metrics = open_metrics

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._front),
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    async def _front(self, _: Request) -> Response:
        return PlainTextResponse(
            f"Frontline answers {', '.join(self._numbers())}.\nCalls now: {len(self._calls)}.\n"
            "For people: /console\nFor ops: /healthz /readyz /metrics\nTo try it: /console/phone, or make call\n"
        )

    async def _healthz(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _readyz(self, _: Request) -> Response:
        why = self._unready()
        if why is not None:
            return JSONResponse({"status": why, "calls": len(self._calls)}, 503)
        return JSONResponse({"status": "ready", "calls": len(self._calls)})

    async def _metrics(self, request: Request) -> Response:
        token = self._metrics_token
        given = request.headers.get("authorization", "")
        if token is None and not self._open_metrics:
            return PlainTextResponse(CLOSED, 403)
        if token is not None and not hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
            return PlainTextResponse("a token is needed: Authorization: Bearer …\n", 401)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
