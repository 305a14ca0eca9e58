"""The doctor: sees what is well and what is not, on real sockets of this machine, and names the next step."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.server import ServerConnection, serve

from app.doctor import Finding, examine, render
from app.settings import Settings, load
from app.twilio.signature import Form, Signatures

ACCOUNT = "AC" + "0" * 32
TOKEN = "the-auth-token"


class Outside:
    """The door of an app, a Live service and a Twilio, each as well as a test wants it."""

    def __init__(self) -> None:
        self.signatures = Signatures.off()
        self.environ: dict[str, str] = {}
        self.account_status = "active"
        self.live_close: tuple[int, str] | None = None
        self.health = 200

    def settings(self, **changed: str) -> Settings:
        return load({**self.environ, **changed}, None)

    async def seen(self, **changed: str) -> dict[str, Finding]:
        return {finding.name: finding for finding in await examine(self.settings(**changed))}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/healthz", self._healthz),
                Route("/voice/incoming", self._incoming, methods=["POST"]),
                WebSocketRoute("/media", self._media),
                Route(f"/2010-04-01/Accounts/{ACCOUNT}.json", self._account),
            ]
        )

    async def _healthz(self, _: Request) -> Response:
        return PlainTextResponse("", self.health)

    async def _incoming(self, request: Request) -> Response:
        async with request.form() as form:
            body = Form([(name, str(value)) for name, value in form.multi_items()])
        good = self.signatures.webhook("/voice/incoming", body, request.headers)
        return Response("<Response/>" if good else "", 200 if good else 403)

    async def _media(self, ws: WebSocket) -> None:
        if self.signatures.stream("/media", ws.headers):
            await ws.accept()
        await ws.close()

    async def _account(self, _: Request) -> Response:
        return JSONResponse({"sid": ACCOUNT, "status": self.account_status})

    async def live(self, connection: ServerConnection) -> None:
        await connection.recv()
        if self.live_close:
            await connection.close(*self.live_close)
            return
        await connection.send(b'{"setupComplete": {}}')
        await connection.wait_closed()


@asynccontextmanager
async def listening(app: Starlette, key: Path | None = None) -> AsyncIterator[int]:
    """Serve ``app`` on a free port, by TLS with ``key``."""
    config = uvicorn.Config(app, log_config=None, ws="websockets-sansio", lifespan="off", ssl_certfile=key)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await server.startup(sockets=[listener])
        yield listener.getsockname()[1]
        server.force_exit = True
        await server.shutdown(sockets=[listener])


@pytest.fixture
async def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outside]:
    authority, certificate = trustme.CA(), tmp_path / "key.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    outside = Outside()
    async with (
        listening(outside.app(), certificate) as port,
        listening(outside.app()) as plain_port,
        serve(outside.live, "127.0.0.1", 0, ssl=context) as live,
    ):
        outside.environ = {
            "GEMINI_API_KEY": "the-gemini-key",
            "GOOGLE_GEMINI_BASE_URL": f"https://127.0.0.1:{live.sockets[0].getsockname()[1]}",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": f"{TOKEN},older",
            "FRONTLINE_TWILIO_API_URL": f"http://127.0.0.1:{plain_port}",
            "PUBLIC_URL": f"https://127.0.0.1:{port}",
            "FRONTLINE_DATA": str(tmp_path / "data"),
            "FRONTLINE_LIVE_CONNECT_S": "5",
        }
        outside.signatures = Signatures([TOKEN], f"https://127.0.0.1:{port}")
        yield outside


async def test_when_all_is_well_every_line_says_so(outside: Outside) -> None:
    findings = await examine(outside.settings())
    assert {finding.name: finding.ok for finding in findings} == dict.fromkeys(
        ("settings", "keys", "data", "database", "clock", "Live", "Twilio", "address", "signature", "stream"), True
    ) | {"second Live": None}
    assert not any(finding.next_step for finding in findings)
    told = render(findings)
    assert TOKEN not in told
    assert "the-gemini-key" not in told
    assert "signed 101, unsigned 403" in told


async def test_a_rehearsal_needs_no_cloud(tmp_path: Path) -> None:
    findings = await examine(load({"FRONTLINE_DATA": str(tmp_path)}, None))
    assert {finding.name for finding in findings if finding.ok is None} == {
        "keys", "clock", "Live", "second Live", "Twilio", "address", "signature", "stream",
    }  # fmt: skip
    assert {finding.name for finding in findings if finding.ok} == {"settings", "data", "database"}


async def test_where_calls_go_on_is_tried_like_the_first(outside: Outside) -> None:
    second = (await outside.seen(FRONTLINE_SECOND_MODEL="gemini-3.1-flash-live-preview"))["second Live"]
    assert second.ok
    assert "gemini-3.1-flash-live-preview was ready" in second.seen
    gone = outside.environ["GOOGLE_GEMINI_BASE_URL"].rpartition(":")[0] + ":9"
    found = await outside.seen(FRONTLINE_SECOND_BASE_URL=gone)
    assert found["Live"].ok
    assert found["second Live"].ok is False
    assert found["second Live"].next_step


async def test_a_refused_key_is_told_with_the_services_reason(outside: Outside) -> None:
    outside.live_close = (1008, "API key not valid: the-gemini-key")
    live = (await outside.seen())["Live"]
    assert live.ok is False
    assert "1008 API key not valid: [secret]" in live.seen
    assert "key" in live.next_step


async def test_a_live_service_that_is_not_there_is_told(outside: Outside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = listener.getsockname()[1]
    live = (await outside.seen(GOOGLE_GEMINI_BASE_URL=f"https://127.0.0.1:{gone}"))["Live"]
    assert live.ok is False
    assert live.next_step


async def test_a_wrong_clock_is_told(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = timedelta(seconds=90)
    monkeypatch.setattr("app.doctor.parsedate_to_datetime", lambda date: parsedate_to_datetime(date) - fast)
    clock = (await outside.seen())["clock"]
    assert clock.ok is False
    assert clock.seen.startswith(("+90 s", "+91 s"))


async def test_an_account_that_is_suspended_is_told(outside: Outside) -> None:
    outside.account_status = "suspended"
    assert (await outside.seen())["Twilio"].seen == "the account is suspended"


async def test_an_account_that_does_not_exist_is_told(outside: Outside) -> None:
    twilio = (await outside.seen(TWILIO_ACCOUNT_SID="AC" + "1" * 32))["Twilio"]
    assert twilio.ok is False
    assert twilio.next_step


async def test_a_proxy_with_nothing_behind_it_is_told(outside: Outside) -> None:
    outside.health = 502
    address = (await outside.seen())["address"]
    assert (address.ok, address.seen.endswith("/healthz: 502")) == (False, True)


async def test_an_address_where_nothing_listens_is_told_on_each_line(outside: Outside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = listener.getsockname()[1]
    seen = await outside.seen(PUBLIC_URL=f"https://127.0.0.1:{gone}")
    for name in ("address", "signature", "stream"):
        assert seen[name].ok is False
        assert seen[name].next_step


async def test_an_app_with_another_public_url_or_token_is_told(outside: Outside) -> None:
    outside.signatures = Signatures([TOKEN], "https://another.example")
    seen = await outside.seen()
    assert seen["signature"].seen.endswith("signed 403, forged 403")
    assert "PUBLIC_URL" in seen["signature"].next_step
    assert seen["stream"].seen.endswith("signed 403, unsigned 403")


async def test_a_door_that_lets_everyone_in_is_told(outside: Outside) -> None:
    outside.signatures = Signatures.off()
    seen = await outside.seen(FRONTLINE_SIGNATURES="off-i-know")
    for name in ("keys", "signature", "stream"):
        assert seen[name].ok is False
        assert seen[name].next_step.endswith("write FRONTLINE_SIGNATURES=on")


async def test_a_key_without_twilio_is_told(outside: Outside) -> None:
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_URL"):
        del outside.environ[name]
    seen = await outside.seen()
    assert seen["keys"].ok is False
    assert (seen["Twilio"].ok, seen["address"].ok) == (None, None)


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = load({"FRONTLINE_DATA": str(tmp_path / "file" / "data")}, None)
    seen = {finding.name: finding for finding in await examine(settings)}
    assert "FRONTLINE_DATA" in seen["data"].next_step
    assert "DATABASE_URL" in seen["database"].next_step


async def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.doctor.LEAST_FREE_BYTES", 10**18)
    findings = await examine(load({"FRONTLINE_DATA": str(tmp_path)}, None))
    assert next(finding for finding in findings if finding.name == "data").next_step.startswith("make room")


def test_findings_are_shown_with_a_sign_and_the_next_step() -> None:
    findings = [
        Finding("data", True, "fine"),
        Finding("database", False, "gone", "start it"),
        Finding("Live", None, "no"),
    ]
    assert render(findings) == "✓ data      fine\n✗ database  gone\n            → start it\n– Live      no"
    assert findings[1].as_json() == {"name": "database", "ok": False, "seen": "gone", "next_step": "start it"}
