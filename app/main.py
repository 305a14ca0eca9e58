"""Puts the parts together: the house, its routes, its tasks and its end."""

import asyncio
import contextlib
import hmac
import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from app.bridge import Bridge
from app.desk import Desk
from app.edits import EditError
from app.gemini.client import client_for
from app.gemini.models import Backend
from app.opening import House, Overrides, bridge_for
from app.prompts.languages import main_language
from app.prompts.lines import Line, line_for, load_lines
from app.rehearsal.launch import LiveStandIn, live_stand_in
from app.settings import Settings
from app.store.database import Database
from app.store.journal import JournalFolder
from app.store.writer import RecordWriter
from app.switchboard import Stream, Switchboard
from app.telemetry.lag import watch_lag
from app.toolkit import close_databases
from app.toolkit.loader import load_tools
from app.toolkit.schema import LoadedTool
from app.twilio import webhooks
from app.twilio.rest import CallControl
from app.twilio.signature import Signatures
from app.twilio.stream import admit
from app.twilio.tokens import StreamTokens

log = structlog.get_logger(__name__)

MEDIA_PATH = "/media"
REHEARSAL_URL = "https://rehearsal.frontline.example"
REHEARSAL_ACCOUNT = "AC" + "0" * 32
REHEARSED = {"en", "es"}  # what the stand-in hears and speaks
WRITE_OUT_S = 10.0  # at the end, records and journals have this long


class CannotStart(Exception):
    """What is wrong with the files the house needs, a line each."""


@dataclass(frozen=True, slots=True)
class Doors:
    """What guards the way in."""

    public_url: str
    tokens: tuple[str, ...]
    signatures: Signatures
    stream_tokens: StreamTokens


def doors_for(settings: Settings) -> Doors:
    """The doors by the settings. A rehearsal without a Twilio account makes its own secret for this run."""
    secrets = settings.twilio_tokens or (os.urandom(16).hex(),)
    public_url = settings.public_url or REHEARSAL_URL
    signatures = Signatures(secrets, public_url) if settings.checks_signatures else Signatures.off()
    return Doors(public_url, secrets, signatures, StreamTokens(secrets))


def read_house(settings: Settings) -> tuple[Mapping[str, Line], Mapping[str, LoadedTool]]:
    """The lines and tools; every mistake in them stops the start with one message."""
    lines, wrong_lines = load_lines(settings.prompts)
    # By settings, not by the environment alone: a value may stand in .env.
    tools, wrong_tools = load_tools(settings.tools, settings.for_tools)
    wrong: list[EditError] = [*wrong_lines, *wrong_tools]
    if wrong:
        raise CannotStart("\n".join(str(error) for error in wrong))
    return lines, tools


def control_for(settings: Settings) -> CallControl | None:
    """Call control over Twilio's REST API, where there is an account."""
    if settings.twilio_account_sid is None or not settings.twilio_tokens:
        return None
    secret = settings.twilio_api_secret.get_secret_value() if settings.twilio_api_secret else settings.twilio_tokens[0]
    return CallControl(
        settings.twilio_account_sid,
        secret,
        api_key=settings.twilio_api_key,
        base_url=settings.twilio_api_url,
        region=settings.twilio_region,
        edge=settings.twilio_edge,
    )


def rehearsal_note(data: Path, port: int | str) -> Path:
    """Where a rehearsing server on ``port`` says how it is to be phoned; there may be several on one machine."""
    return data / f"rehearsal-{port}.json"


class Frontline:
    """The app: made from settings, run by uvicorn."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.doors = doors_for(settings)
        self.lines, self.tools = read_house(settings)
        self.database = Database(settings.database_url)
        self.writer = RecordWriter(self.database)
        self.journals = JournalFolder(settings.data / "journals")
        self.control = control_for(settings)
        self.switchboard = Switchboard(
            self._bridge, most=settings.calls_at_once, most_per_caller=settings.calls_per_caller
        )
        self.desk = Desk(self.lines, self.switchboard)
        self._house: House | None = None
        self._note: Path | None = None
        self.app = Starlette(routes=self._routes(), lifespan=self._lifespan)
        # Twilio follows a slash redirect with a GET that has lost its form (facts: webhooks).
        self.app.router.redirect_slashes = False

    def _routes(self) -> list[BaseRoute]:
        doors = self.doors
        return [
            *webhooks.routes(self.desk, doors.signatures, doors.stream_tokens, doors.public_url),
            WebSocketRoute(MEDIA_PATH, self._media),
            Route("/", self._front),
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            self.settings.data.mkdir(parents=True, exist_ok=True)
            live = await self._live_stand_in(stack)
            # The writer opens the database, and tries again while it is down: calls are answered all the same.
            stack.push_async_callback(self.database.close)
            stack.push_async_callback(close_databases)
            if self.control is not None:
                stack.callback(self.control.close)
            self._house = self._furnish(live)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            tasks = [group.create_task(task) for task in (self.writer.run(), self.journals.run(), watch_lag())]
            yield
            if self._note is not None:
                self._note.unlink(missing_ok=True)
            await self.writer.drain(WRITE_OUT_S)
            for task in tasks:
                task.cancel()

    async def _live_stand_in(self, stack: contextlib.AsyncExitStack) -> LiveStandIn | None:
        if not self.settings.rehearsing:
            return None
        folder = self.settings.data / "rehearsal"
        spoken = {main_language(tag) for line in self.lines.values() for tag in line.languages} & REHEARSED
        options = ("--languages", ",".join(sorted(spoken | {"en"})), *self.settings.rehearsal_arguments)
        return await stack.enter_async_context(live_stand_in(folder, options))

    def _furnish(self, live: LiveStandIn | None) -> House:
        settings = self.settings
        backend: Backend = settings.backend if live is None else "developer"
        return House(
            lines=self.lines,
            tools=self.tools,
            client=client_for(
                backend,
                (settings.gemini_key or "") if live is None else live.key,
                project=settings.google_cloud_project or "",
                location=settings.google_cloud_location or "",
                api_version=settings.live_api_version if backend == "developer" else None,
                base_url=settings.google_gemini_base_url if live is None else live.base_url,
                ca_file=None if live is None else live.ca_file,
            ),
            backend=backend,
            writer=self.writer,
            journals=self.journals,
            control=self.control,
            overrides=Overrides(settings.model, settings.longest_call_s, settings.silence_s),
            live_connect_s=settings.live_connect_s,
            live_raw=settings.live_raw,
            uplink_ms=settings.uplink_ms,
        )

    def note_port(self, port: int) -> None:
        """In a rehearsal, how `frontline call` on the same machine finds this server."""
        if not self.settings.rehearsing:
            return
        self._note = note = rehearsal_note(self.settings.data, port)
        note.touch(mode=0o600)
        about = {"pid": os.getpid(), "port": port, "public_url": self.doors.public_url, "token": self.doors.tokens[0]}
        note.write_text(json.dumps(about), encoding="utf-8")

    def _bridge(self, stream: Stream) -> Bridge:
        line = line_for(self.lines, stream.called)
        assert self._house is not None
        assert line is not None, "the desk declines calls that no line answers"
        return bridge_for(self._house, line, stream.call_sid, stream.caller, stream.called)

    async def _media(self, ws: WebSocket) -> None:
        stream = await admit(ws, self.doors.signatures, self.doors.stream_tokens)
        if stream is not None:
            await self.switchboard.serve(stream)

    async def _front(self, _: Request) -> Response:
        numbers = ", ".join(number for line in self.lines.values() for number in line.numbers)
        return PlainTextResponse(
            f"Frontline answers {numbers}.\nCalls now: {len(self.switchboard)}.\n"
            "For ops: /healthz /readyz /metrics\nTo try it: make call\n"
        )

    async def _healthz(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _readyz(self, _: Request) -> Response:
        if self.switchboard.draining:
            return JSONResponse({"status": "draining", "calls": len(self.switchboard)}, 503)
        if self.switchboard.full:
            return JSONResponse({"status": "full", "calls": len(self.switchboard)}, 503)
        return JSONResponse({"status": "ready", "calls": len(self.switchboard)})

    async def _metrics(self, request: Request) -> Response:
        token = self.settings.metrics_token
        given = request.headers.get("authorization", "")
        if token is not None and not hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
            return PlainTextResponse("a token is needed: Authorization: Bearer …\n", 401)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
