"""Puts the parts together: the house, its routes, its tasks and its end."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute

from app.admission import Admission
from app.after import Afterwards, sender_for
from app.alerts.rules import Rule, read_rules
from app.arrivals import Arrivals
from app.audio.pcm import Audio
from app.bridge import Bridge
from app.call.commands import RecordEnd
from app.call.dispositions import SHED
from app.comeback import Comebacks
from app.console.mount import Console
from app.console.others import others_on
from app.console.parts import Parts
from app.desk import Desk
from app.doctor import examine
from app.edits import EditError
from app.facts import LookUps
from app.feed import Feed
from app.first_sounds import prepare_greetings
from app.fittings import (
    bench_for,
    control_for,
    doors_for,
    folders_for,
    keys_for,
    limits_for,
    live_client,
    note_for_callers,
    photos_for,
    places_for,
    pressure_for,
    reader_for,
    recorder_for,
    recordings_for,
    retention_for,
    second_place,
    shared_keys_for,
    text_model_for,
    traces_for,
    workshop_for,
)
from app.gemini.models import Backend
from app.gemini.quota import Quota
from app.gemini.setup import SetupWish
from app.gemini.spoken_language import warm_up
from app.gemini.transcription import transcribe
from app.greetings import GreetingCache, recorder
from app.house import House, Overrides
from app.lines.live import LiveLines
from app.lines.proof import Proofs
from app.lines.published import Published
from app.lines.trial import TriedLines
from app.meaning.billing import Billing
from app.meaning.budget import DayBudget
from app.ops import Ops
from app.prices import own_prices
from app.prompts.languages import main_language
from app.prompts.line import Line
from app.recording.reading import Sound, sounds_of
from app.recording.recorder import Recorder
from app.rehearsal.launch import LiveStandIn, live_stand_in
from app.rehearsal.shipping import shipping_stand_in
from app.settings import Settings
from app.softphone.booth import Booth
from app.softphone.exchange import Exchange
from app.softphone.seals import Seals
from app.store.database import Database
from app.store.disk import Disk
from app.store.journal import JournalFolder
from app.store.messages import Message, MessageBook
from app.store.processes import Roll, this_process
from app.store.sweeper import Sweeper
from app.store.worker import Worker
from app.store.writer import RecordWriter
from app.supervision import Floor
from app.switchboard import Stream, Switchboard
from app.telemetry.garbage import gather_garbage
from app.telemetry.lag import watch_lag
from app.telemetry.traces import Traces
from app.telemetry.watchdog import Watchdog
from app.toolkit import close_databases
from app.toolkit.http import close_http
from app.toolkit.leftovers import writes_ended
from app.toolkit.mcp import close_mcp
from app.twilio import webhooks
from app.twilio.rest import TwilioTexts
from app.twilio.webhooks import Ring
from app.voicemail import Scribe

log = structlog.get_logger(__name__)

MEDIA_PATH = "/media"
REHEARSED = {"en", "es", "fr", "de", "it"}  # what the stand-in hears and speaks, where its extra is installed
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
        self.writer = self._record_writer()
        self._read_lines()
        self.quota = Quota()
        most, each = settings.calls_at_once, settings.calls_per_caller
        self.switchboard = Switchboard(self._open_bridge, most=most, most_per_caller=each, strain=self.pressure.reason)
        self.feed, self.floor = Feed(self.switchboard.find), Floor(self.switchboard)
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
        self._take_calls_in()
        self._note: Path | None = None
        self._open_doors()

    def _open_doors(self) -> None:
        """The console, and the app that all come to."""
        self.console = self._open_console()
        self.app = Starlette(routes=self._routes(), lifespan=self._lifespan)
        # Twilio follows a slash redirect with a GET that has lost its form (facts: webhooks).
        self.app.router.redirect_slashes = False

    def _look_after_the_machine(self) -> None:
        """The disk that journals are written to, and what tells that one more call would be too much."""
        self.disk = Disk(self.settings.data, self.settings.reserve_mb * 1_048_576)
        self.journals = JournalFolder(self.settings.data / "journals", disk=self.disk)
        self.watchdog = Watchdog()
        self.pressure = pressure_for(self.settings, self.disk, self.watchdog)

    def _record_writer(self) -> RecordWriter:
        follow, folder = self.afterwards.follow, self.journals.folder
        return RecordWriter(self.database, process=self.process.id, follow=follow, journals=folder)

    def _take_calls_in(self) -> None:
        """Where streams arrive, and what calls from browsers have in Twilio's place."""
        self.exchange = Exchange(self.desk, self.answers, self.doors)
        self.arrivals = Arrivals(self.answers, self.switchboard, self.comebacks, self.exchange, self.doors)
        links = Seals("phone link", self.doors.tokens)
        self.booth = Booth(self.exchange, self.switchboard, self.lines, self.database, links, self.feed.watch)

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
        self.billing = Billing(self.database, self.prices)
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
            WebSocketRoute(MEDIA_PATH, self.arrivals.media),
            *self._ops().routes(),
            *self.console.routes(),
        ]

    def _ops(self) -> Ops:
        token, rehearsing = self.settings.metrics_token, self.settings.rehearsing
        return Ops(self.switchboard, self._numbers, self._unready, token, open_metrics=rehearsing)

    def _open_console(self) -> Console:
        parts = Parts(
            settings=self.settings,
            database=self.database,
            switchboard=self.switchboard,
            floor=self.floor,
            feed=self.feed,
            house=lambda: self._house,
            lines=self.lines,
            proofs=Proofs(bench_for(self.settings, self.database, self.reader)),
            reader=self.reader,
            public_url=self.doors.public_url,
            control=self.control,
            booth=self.booth,
            rules=self.afterwards.rules,
            sounds=self._sounds,
            keys=partial(shared_keys_for, self.settings),
            places=partial(places_for, self.settings, self.database),
            examine=examine,
            process=self.process.id,
            others=others_on(self.roll),
        )
        return Console(parts)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            self.settings.data.mkdir(parents=True, exist_ok=True)
            live = await self._stand_ins(stack)
            self._close_at_the_end(stack)
            self.exchange.shop = shop = workshop_for(self.settings, self.database, self.reader)
            await self.answers.prepare(shop)
            await self.lines.look()
            self._house = house = self._furnish(live, await self._traces(stack))
            for state in self.lines.states():
                self._prepare(state)
            worker = await self._worker(stack, live)
            await stack.enter_async_context(self.console.open_doors())
            retention = await asyncio.to_thread(retention_for, self.settings, self.database, self.answers.all)
            group = await stack.enter_async_context(asyncio.TaskGroup())
            self.desk.look_ups = look_ups = LookUps(group.create_task)
            self.arrivals.open(house, look_ups)
            assert house.greetings is not None and house.recorder is not None
            works = (
                *(self.writer.run(), self.journals.run(), self.lines.run(), house.greetings.run(), watch_lag()),
                *(gather_garbage(self.switchboard), self.billing.run(), self.budget.run()),
                house.recorder.run(),
                *(warm_up(), self.messages.run(), self.roll.run(), self.sweeper.run(), self.watchdog.run()),
                *(worker.run(), retention.run()),
            )
            tasks = [group.create_task(work) for work in works]
            if self.recordings is not None:
                scribe = partial(Scribe, self.database, self.recordings.fetch, partial(self._transcribe, house))
                tasks.append(group.create_task(scribe(redacts=self.settings.redaction == "on").run()))
            yield
            await self._write_out(worker, house.recorder)
            for task in tasks:
                task.cancel()

    def _close_at_the_end(self, stack: contextlib.AsyncExitStack) -> None:
        # The writer opens the database, and tries again while it is down: calls are answered all the same.
        stack.push_async_callback(self.database.close)
        stack.push_async_callback(close_databases)
        stack.push_async_callback(close_http)
        stack.push_async_callback(close_mcp)
        stack.callback(self.booth.speaker.close)
        stack.push_async_callback(writes_ended, WRITE_OUT_S)
        if self.photos is not None:
            stack.push_async_callback(self.photos.close)
        if self.recordings is not None:
            stack.push_async_callback(self.recordings.close)
        if self.control is not None:
            stack.callback(self.control.close)

    async def _worker(self, stack: contextlib.AsyncExitStack, live: LiveStandIn | None) -> Worker:
        """Who does what is to be done after calls."""
        texts = await asyncio.to_thread(text_model_for, self.settings, live)
        stack.push_async_callback(texts.close)
        sender = sender_for(self.settings)
        stack.push_async_callback(sender.close)
        return self.afterwards.worker(self.process.id, texts, sender, self.billing)

    async def _write_out(self, worker: Worker, recordings: Recorder) -> None:
        """The house ends: what is not written yet is written."""
        if self._note is not None:
            self._note.unlink(missing_ok=True)
        await self.writer.drain(WRITE_OUT_S)
        await self.messages.drain(WRITE_OUT_S)
        await self.billing.drain(WRITE_OUT_S)
        await recordings.drain(WRITE_OUT_S)
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

    async def _traces(self, stack: contextlib.AsyncExitStack) -> Traces | None:
        """Where calls are traced to, if anywhere."""
        traces = traces_for(self.settings, self.process.id)
        if traces is not None:
            stack.push_async_callback(traces.close)
        return traces

    def _furnish(self, live: LiveStandIn | None, traces: Traces | None) -> House:
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
            recorder=recorder_for(settings, self.database),
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
            traces=traces,
            secret=keys_for(settings).secret("arguments"),
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
        if self.settings.rehearsing:
            self._note = note_for_callers(self.settings.data, port, self.doors)

    async def _sounds(self, call_sid: str) -> list[Sound]:
        recorder = self._house.recorder if self._house is not None else None
        return [] if recorder is None else await sounds_of(recorder.book, recorder.objects, call_sid)

    def _open_bridge(self, stream: Stream) -> Bridge:
        return self.arrivals.bridge(stream)

    def _numbers(self) -> list[str]:
        return [number for line in self.lines.all().values() for number in line.numbers]

    def _unready(self) -> str | None:
        return self.admission.standing() or self.pressure.reason()

    def _shed(self, ring: Ring, line: Line, why: str) -> None:
        """A call that is not taken for want of room is on record all the same."""
        records = self.writer.records_for(
            *(ring.call_sid, line.name, line.languages[0], ring.caller, ring.called, datetime.now(UTC))
        )
        records.end(RecordEnd(SHED, "house", 0.0, problem=why))
