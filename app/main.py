"""Puts the parts together: the house, its routes, its tasks and its end."""

import asyncio
import contextlib
import hmac
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from app.admission import Admission
from app.after import Afterwards, sender_for
from app.alerts.rules import Rule, read_rules
from app.audio.pcm import Audio
from app.bridge import Bridge
from app.call.commands import RecordEnd
from app.call.dispositions import SHED
from app.comeback import Comebacks
from app.desk import Desk
from app.edits import EditError
from app.facts import Facts, LookUps
from app.fittings import (
    control_for,
    doors_for,
    folders_for,
    limits_for,
    live_client,
    photos_for,
    pressure_for,
    reader_for,
    recordings_for,
    rehearsal_note,
    second_place,
    text_model_for,
    workshop_for,
)
from app.gemini.models import Backend
from app.gemini.quota import Quota
from app.gemini.setup import SetupWish
from app.gemini.spoken_language import warm_up
from app.gemini.transcription import transcribe
from app.greetings import GreetingCache, recorder
from app.lines.live import LiveLines
from app.lines.published import Published
from app.lines.trial import TriedLines
from app.meaning.billing import Billing
from app.meaning.budget import DayBudget
from app.opening import House, Overrides, Visit, bridge_for, prepare_greetings
from app.prices import own_prices
from app.prompts.languages import main_language
from app.prompts.line import Line
from app.rehearsal.launch import LiveStandIn, live_stand_in
from app.rehearsal.shipping import shipping_stand_in
from app.settings import Settings
from app.store.database import Database
from app.store.disk import Disk
from app.store.journal import JournalFolder
from app.store.messages import Message, MessageBook
from app.store.processes import Roll, this_process
from app.store.sweeper import Sweeper
from app.store.worker import Worker
from app.store.writer import RecordWriter
from app.switchboard import Comeback, Stream, Switchboard
from app.telemetry.garbage import gather_garbage
from app.telemetry.lag import watch_lag
from app.telemetry.watchdog import Watchdog
from app.toolkit import close_databases
from app.toolkit.http import close_http
from app.toolkit.leftovers import writes_ended
from app.toolkit.mcp import close_mcp
from app.twilio import webhooks
from app.twilio.rest import TwilioTexts
from app.twilio.stream import PhoneStream, admit
from app.twilio.webhooks import Ring
from app.voicemail import Scribe

log = structlog.get_logger(__name__)

MEDIA_PATH = "/media"
REHEARSED = {"en", "es", "fr", "de", "it"}  # what the stand-in hears and speaks, where its extra is installed
LET_GO_EVERY_S = 0.5
WRITE_OUT_S = 10.0  # at the end, records and journals have this long
SETTLE_S = 5.0  # and in a rehearsal, what is done after calls


class CannotStart(Exception):
    """What is wrong with the files the house needs, a line each."""


class Frontline:
    """The app: made from settings, run by uvicorn."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.doors = doors_for(settings)
        self._house: House | None = None
        self.database = Database(settings.database_url)
        self.messages = MessageBook(self.database)
        self.process = this_process()
        self._look_after_the_machine()
        self.control = control_for(settings)
        self.photos = photos_for(settings)
        self.recordings = recordings_for(settings)
        self.reader = reader_for(settings)
        self.lines = LiveLines(
            folders_for(settings),
            self.database,
            self.reader.tools,
            self.reader.examine,
            on_change=self._prepare,
        )
        self.answers = TriedLines(self.lines, settings.line_version)
        self.afterwards = Afterwards(settings, self.database, self.answers, self._rules())
        self.writer = RecordWriter(self.database, process=self.process.id, follow=self.afterwards.follow)
        self._read_lines()
        self.quota = Quota()
        most, each = settings.calls_at_once, settings.calls_per_caller
        self.switchboard = Switchboard(self._bridge, most=most, most_per_caller=each, strain=self.pressure.reason)
        self._mind_the_money()
        self.roll = Roll(self.database, self.process, draining=lambda: self.switchboard.draining)
        self.sweeper = Sweeper(self.journals, self.database, self.writer, self.roll)
        self.comebacks = Comebacks(self.journals.folder, self.database, self.roll)
        self.desk = Desk(
            self.answers,
            self.switchboard,
            photos=self.photos,
            admission=self.admission,
            messages=self.messages,
            shed=self._shed,
            elsewhere=self.comebacks,
            lasted=self.billing.lasted,
        )
        self._look_ups: LookUps | None = None
        self._visits: dict[str, tuple[Published, Facts]] = {}  # of streams that are about to be served
        self._note: Path | None = None
        self.app = Starlette(routes=self._routes(), lifespan=self._lifespan)
        # Twilio follows a slash redirect with a GET that has lost its form (facts: webhooks).
        self.app.router.redirect_slashes = False

    def _look_after_the_machine(self) -> None:
        """The disk that journals are written to, and what tells that one more call would be too much."""
        self.disk = Disk(self.settings.data, self.settings.reserve_mb * 1_048_576)
        self.journals = JournalFolder(self.settings.data / "journals", disk=self.disk)
        self.watchdog = Watchdog()
        self.pressure = pressure_for(self.settings, self.disk, self.watchdog)

    def _read_lines(self) -> None:
        """Every mistake in the files that callers would get stops the start, with one message."""
        wrong = [mistake for mistake in self.lines.start() if mistake.severity == "error"]
        if wrong:
            raise CannotStart("\n".join(f"{mistake.file}:{mistake.line}: {mistake.what}" for mistake in wrong))

    def _mind_the_money(self) -> None:
        """The prices, what calls cost in the end, and how much they may cost in a day."""
        try:
            self.prices = own_prices(self.settings.prices)
        except EditError as mistake:
            raise CannotStart(str(mistake)) from mistake
        limit_usd = self.settings.cost_per_day_usd
        self.budget = DayBudget(self.database, limit_usd, lambda: self.switchboard.cost_usd)
        self.billing = Billing(self.database, self.writer, self.prices)
        self.admission = Admission(
            self.switchboard,
            limits_for(self.settings),
            quota_spent=self.quota.spent,
            budget_spent=self.budget.spent,
        )

    def _rules(self) -> tuple[Rule, ...]:
        """What calls are watched by; a mistake in it stops the start, too."""
        rules, wrong = read_rules(self.settings.alert_rules)
        if wrong:
            raise CannotStart("\n".join(str(mistake) for mistake in wrong))
        return rules

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
            live = await self._stand_ins(stack)
            # The writer opens the database, and tries again while it is down: calls are answered all the same.
            stack.push_async_callback(self.database.close)
            stack.push_async_callback(close_databases)
            stack.push_async_callback(close_http)
            stack.push_async_callback(close_mcp)
            stack.push_async_callback(writes_ended, WRITE_OUT_S)
            if self.photos is not None:
                stack.push_async_callback(self.photos.close)
            if self.recordings is not None:
                stack.push_async_callback(self.recordings.close)
            if self.control is not None:
                stack.callback(self.control.close)
            await self.answers.prepare(workshop_for(self.settings, self.database, self.reader))
            await self.lines.look()
            self._house = house = self._furnish(live)
            for state in self.lines.states():
                self._prepare(state)
            worker = await self._worker(stack, live)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            self.desk.look_ups = self._look_ups = LookUps(group.create_task)
            assert house.greetings is not None
            works = (
                *(self.writer.run(), self.journals.run(), self.lines.run(), house.greetings.run(), watch_lag()),
                *(gather_garbage(), self.billing.run(), self.budget.run()),
                *(warm_up(), self.messages.run(), self.roll.run(), self.sweeper.run(), self.watchdog.run()),
                worker.run(),
            )
            tasks = [group.create_task(work) for work in works]
            if self.recordings is not None:
                scribe = Scribe(
                    self.database,
                    self.recordings.fetch,
                    partial(self._transcribe, house),
                    redacts=self.settings.redaction == "on",
                )
                tasks.append(group.create_task(scribe.run()))
            yield
            await self._write_out(worker)
            for task in tasks:
                task.cancel()

    async def _worker(self, stack: contextlib.AsyncExitStack, live: LiveStandIn | None) -> Worker:
        """Who does what is to be done after calls."""
        texts = await asyncio.to_thread(text_model_for, self.settings, live)
        stack.push_async_callback(texts.close)
        sender = sender_for(self.settings)
        stack.push_async_callback(sender.close)
        return self.afterwards.worker(self.process.id, texts, sender, self.prices)

    async def _write_out(self, worker: Worker) -> None:
        """The house ends: what is not written yet is written."""
        if self._note is not None:
            self._note.unlink(missing_ok=True)
        await self.writer.drain(WRITE_OUT_S)
        await self.messages.drain(WRITE_OUT_S)
        if self.settings.rehearsing:  # nobody else would do what is left
            await worker.settle(SETTLE_S)
        await self.roll.end()

    async def _stand_ins(self, stack: contextlib.AsyncExitStack) -> LiveStandIn | None:
        """In a rehearsal: the Live server, and the service that the sample HTTP tool calls."""
        if not self.settings.rehearsing:
            return None
        # Of its own: several processes on one folder would write over each other's certificates.
        folder = self.settings.data / "rehearsal" / f"process-{os.getpid()}"
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.reader.rehearse(await stack.enter_async_context(shipping_stand_in(folder)))
        await asyncio.to_thread(self.lines.start)
        spoken = {main_language(tag) for line in self.lines.all().values() for tag in line.languages} & REHEARSED
        options = ("--languages", ",".join(sorted(spoken | {"en"})), *self.settings.rehearsal_arguments)
        return await stack.enter_async_context(live_stand_in(folder, options))

    def _furnish(self, live: LiveStandIn | None) -> House:
        settings, client = self.settings, live_client(self.settings, live)
        backend: Backend = settings.backend if live is None else "developer"
        control = self.control
        record = recorder(client, backend=backend, raw=settings.live_raw)
        return House(
            client=client,
            backend=backend,
            writer=self.writer,
            journals=self.journals,
            process=self.process,
            # The stand-in's voice must never greet a caller of the real one.
            greetings=GreetingCache(settings.data / ("greetings" if live is None else "rehearsal/greetings"), record),
            control=control,
            texts=None if control is None else partial(TwilioTexts, control),
            overrides=Overrides(settings.model, settings.longest_call_s, settings.silence_s),
            live_connect_s=settings.live_connect_s,
            live_raw=settings.live_raw,
            uplink_ms=settings.uplink_ms,
            second=second_place(settings, live, client),
            quota=self.quota,
            renew_after_s=settings.renew_after_s,
            fresh_after_s=settings.fresh_after_s,
            redacts=settings.redaction == "on",
            prices=self.prices,
            cost_per_call_usd=settings.cost_per_call_usd,
            resumes=settings.session_resumption == "on",
            context_updates={"auto": None, "on": True, "off": False}[settings.context_updates],
        )

    async def _transcribe(self, house: House, message: Message, sound: Audio) -> str:
        """A message in words, heard as its line hears callers."""
        line = self.answers.all().get(message.line)
        wish = SetupWish(languages=(message.language,) if message.language else ())
        if line is not None:
            others = tuple(tag for tag in line.languages if tag != message.language)
            wish = replace(wish, model=house.overrides.model or line.model, languages=(*wish.languages, *others))
        return await transcribe(house.client, wish, sound, backend=house.backend, raw=house.live_raw)

    def _prepare(self, published: Published) -> None:
        """A line goes live: what callers hear first is made ready."""
        if self._house is not None:
            prepare_greetings(self._house, published)

    def note_port(self, port: int) -> None:
        """In a rehearsal, how `frontline call` on the same machine finds this server."""
        if not self.settings.rehearsing:
            return
        self._note = note = rehearsal_note(self.settings.data, port)
        note.touch(mode=0o600)
        about = {"pid": os.getpid(), "port": port, "public_url": self.doors.public_url, "token": self.doors.tokens[0]}
        note.write_text(json.dumps(about), encoding="utf-8")

    def _bridge(self, stream: Stream) -> Bridge:
        assert self._house is not None
        published, facts = self._visits.pop(stream.call_sid)
        visit = Visit(stream.call_sid, stream.caller, stream.called, facts, datetime.now(UTC))
        return bridge_for(self._house, published, visit)

    def _shed(self, ring: Ring, line: Line, why: str) -> None:
        """A call that is not taken for want of room is on record all the same."""
        records = self.writer.records_for(
            *(ring.call_sid, line.name, line.languages[0], ring.caller, ring.called, datetime.now(UTC))
        )
        records.end(RecordEnd(SHED, "house", 0.0, problem=why))

    async def _media(self, ws: WebSocket) -> None:
        stream = await admit(ws, self.doors.signatures, self.doors.stream_tokens)
        if stream is None:
            return
        comeback = await self._comeback(stream) if stream.again else None
        if comeback is None:
            await self._visit(stream)
        try:
            await self.switchboard.serve(stream, comeback)
        finally:
            self._visits.pop(stream.call_sid, None)

    async def _comeback(self, stream: PhoneStream) -> Comeback | None:
        """A call that comes back on a new stream, and not to the process that had it."""
        call_sid = stream.call_sid
        if self.switchboard.find(call_sid) is not None:
            if not await self.comebacks.is_gone(call_sid):
                return None
            self.switchboard.let_go(call_sid)
        arrival = await self.comebacks.arrival(call_sid, stream.stream_sid)
        published = self.answers.answering(stream.called, call_sid)
        if arrival is None or published is None:
            return None
        assert self._house is not None
        assert self._look_ups is not None
        facts = await self._look_ups.of(published, call_sid, stream.caller)
        visit = Visit(call_sid, stream.caller, stream.called, facts, arrival.at)
        return Comeback(bridge_for(self._house, published, visit, arrival.past), arrival.started, arrival.returned)

    async def _visit(self, stream: Stream) -> None:
        """What a call that begins now starts with, and what is known of its caller."""
        published = self.answers.answering(stream.called, stream.call_sid)
        if published is None or self.switchboard.find(stream.call_sid) is not None:
            return
        assert self._look_ups is not None
        facts = await self._look_ups.of(published, stream.call_sid, stream.caller)
        self._visits[stream.call_sid] = published, facts

    async def let_go_of_passed_on(self) -> None:
        """While we drain: the calls that others go on with keep us no longer. Runs until cancelled."""
        while True:
            for call_sid in self.switchboard.passed_on():
                if await self.comebacks.is_gone(call_sid):
                    self.switchboard.let_go(call_sid)
            await asyncio.sleep(LET_GO_EVERY_S)

    async def _front(self, _: Request) -> Response:
        numbers = ", ".join(number for line in self.lines.all().values() for number in line.numbers)
        return PlainTextResponse(
            f"Frontline answers {numbers}.\nCalls now: {len(self.switchboard)}.\n"
            "For ops: /healthz /readyz /metrics\nTo try it: make call\n"
        )

    async def _healthz(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _readyz(self, _: Request) -> Response:
        why = self.admission.standing() or self.pressure.reason()
        if why is not None:
            return JSONResponse({"status": why, "calls": len(self.switchboard)}, 503)
        return JSONResponse({"status": "ready", "calls": len(self.switchboard)})

    async def _metrics(self, request: Request) -> Response:
        token = self.settings.metrics_token
        given = request.headers.get("authorization", "")
        if token is not None and not hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode()):
            return PlainTextResponse("a token is needed: Authorization: Bearer …\n", 401)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
