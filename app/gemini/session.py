"""The Live sessions of one call, one connection after another."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import structlog
from google import genai
from google.genai.live import AsyncSession

from app.audio.pcm import BYTES_PER_SAMPLE, PHONE_RATE, Audio
from app.audio.resample import Upsampler
from app.audio.soundness import Soundness
from app.call.commands import Route
from app.call.events import AssistantAudio, Event, SessionLost, SessionOpened
from app.call.image import Image
from app.gemini.client import Place, client_for
from app.gemini.closes import FAULTS, LOSSES, NotReady, lost_by, next_step
from app.gemini.models import Backend, Model, model, takes_context_update
from app.gemini.outbox import (
    Content,
    NewInstruction,
    Outbox,
    Outgoing,
    Picture,
    RealtimeText,
    Sound,
    SoundEnd,
    ToolAnswer,
)
from app.gemini.setup import SetupWish, instruction_for, live_config, scheduling_of
from app.gemini.spoken_language import TurnLanguages
from app.gemini.wire import Wire, wire_of
from app.telemetry import metrics

__all__ = ["LiveModel", "Place", "client_for"]

# The service wants 20 to 40 ms a message (https://ai.google.dev/gemini-api/docs/live-api/best-practices).
# 40 costs a caller at most 20 ms, and this process a sixth less than 20 would.
UPLINK_MS = 40

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One connection that was asked for."""

    greeting: str = ""
    handle: str | None = None
    story: str = ""
    after_s: float = 0.0
    route: Route = "first"


class LiveModel:
    """``app.ports.Model`` on the Live API.

    At most one connection is open, and only its events are fed: what an earlier one still had to say is not
    heard. Of each connection that was refused or lost ``SessionLost`` is fed exactly once, last; of one that
    ``renew`` or ``close`` ended, never.
    """

    def __init__(
        self,
        client: genai.Client,
        wish: SetupWish,
        feed: Callable[[Event], None],
        *,
        backend: Backend,
        connect_within_s: float = 5.0,
        raw: bool = True,
        uplink_ms: int = UPLINK_MS,
        wishes: Callable[[str], SetupWish] | None = None,
        context_updates: bool | None = None,
        second: Place | None = None,
        on_loss: Callable[[SessionLost], None] = lambda lost: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``wishes`` gives the wish for another language of the call; without it only ``wish.language`` changes.

        ``context_updates`` goes before what the model's row says of sessions that take a new instruction; ``second`` is
        where the sessions of that route are had.
        """
        self._first = self._place = Place(client, backend)
        self._second = second or self._first
        self._on_loss = on_loss
        self._line_wish = wish
        self._wishes = wishes or (lambda language: replace(wish, language=language))
        self._context_updates = context_updates
        self._feed = feed
        self._connect_within_s = connect_within_s
        self._raw = raw
        self._clock = clock
        self._upsampler = Upsampler()
        self._uplink_bytes = uplink_ms * PHONE_RATE // 1000 * BYTES_PER_SAMPLE
        self._gathered = b""
        self._outbox = Outbox()
        self._something_waits = asyncio.Event()
        self._asked = asyncio.Event()
        self._attempt: _Attempt | None = None
        self._story = ""  # that the newest session was told
        self._greeted = ""
        self._steered = False  # while a session was being set up
        self._languages = TurnLanguages()
        self._soundness = Soundness()
        self._serving: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self._leaving = self._closed = False

    # ---- what the call asks

    def open(self, greeting: str, said: bool = False) -> None:
        self._greeted = greeting if said else ""
        self._connect(_Attempt(greeting="" if said else greeting))

    def renew(self, handle: str | None, story: str, after_s: float, route: Route = "first") -> None:
        self._connect(_Attempt(handle=handle, story=story, after_s=after_s, route=route))

    def leave(self) -> None:
        """Close the connection, until ``renew``."""
        self._attempt = None
        self._leave()

    def close(self) -> None:
        self._closed = True
        self._leave()

    def listen(self, audio: Audio) -> None:
        """Send sound, in messages of at least ``uplink_ms``.

        What comes while no connection is open is the call's to keep; here it is dropped.
        """
        assert audio.rate == PHONE_RATE
        if self._wire is None:
            metrics.listen_dropped_ms.inc(audio.ms)
            return
        gathered = self._gathered + audio.pcm
        if len(gathered) < self._uplink_bytes:
            self._gathered = gathered
            return
        self._gathered = b""
        if pcm := self._upsampler.process(gathered):
            self._send(Sound(pcm))

    def pause_listening(self) -> None:
        """Send what was gathered, then that the caller is done."""
        if self._wire is None:
            return
        gathered, self._gathered = self._gathered, b""
        if pcm := self._upsampler.process(gathered):
            self._send(Sound(pcm))
        self._send(SoundEnd())

    def steer(self, language: str, live: bool) -> None:
        """Set sessions up for ``language`` from now on; the open one is told where its model takes that."""
        self._line_wish = self._wishes(language)
        if not live or not takes_context_update(self._wish.model, self._place.backend, self._context_updates):
            return
        if self._wire is None:
            self._steered = True
        else:
            self._send(self._instruction())

    def show(self, image: Image) -> None:
        """Show a picture as soon as one is due: behind what is said before it, before what is said after it."""
        self._outbox.put(Picture(image.jpeg), self._clock())
        self._something_waits.set()

    def say(self, instruction: str) -> None:
        self._send(RealtimeText(instruction))

    def tell_heard(self, text: str) -> None:
        if self._model.context_notes:
            self._send(Content(text, turn_complete=False))

    def answer_tool(
        self,
        id: str,
        name: str,
        response: Mapping[str, object],
        scheduling: Literal["INTERRUPT", "WHEN_IDLE", "SILENT"] | None,
    ) -> None:
        self._send(ToolAnswer(id, name, response, scheduling_of(self._wish, name, scheduling)))

    @property
    def _wish(self) -> SetupWish:
        """What the line wishes, of the model of the place in use."""
        place = self._place
        return self._line_wish if place.model is None else replace(self._line_wish, model=place.model)

    @property
    def _model(self) -> Model:
        return model(self._wish.model)

    def _send(self, message: Outgoing) -> None:
        """Now if nothing is in the way, else as soon as it can be; words wait for the next connection too."""
        if self._wire is not None and not self._outbox and self._wire.write(message):
            return
        self._outbox.put(message, self._clock())
        self._something_waits.set()

    def _connect(self, attempt: _Attempt) -> None:
        if self._closed:
            return
        self._attempt = attempt
        self._leave()

    def _leave(self) -> None:
        """Break before make: a handle is refused while its old connection is open (sip-to-ai#14)."""
        if self._wire is not None:
            metrics.live_closes.labels("ours").inc()
        self._wire = None
        if self._serving is not None and not self._leaving:
            self._leaving = True  # a second cancel would cut the closing handshake short
            self._serving.cancel()
        self._asked.set()

    # ---- the connections

    async def run(self) -> None:
        """Own the connections until ``close``. Raises for nothing that a peer does."""
        async with asyncio.TaskGroup() as tasks:
            while not self._closed:
                await self._asked.wait()
                self._asked.clear()
                attempt, self._attempt = self._attempt, None
                if attempt is None or self._closed:
                    continue
                self._serving = tasks.create_task(self._serve(attempt))
                await asyncio.wait([self._serving])
                self._serving, self._leaving = None, False

    async def _serve(self, attempt: _Attempt) -> None:
        """One attempt: at most one connection, at most one SessionLost."""
        await asyncio.sleep(attempt.after_s)
        lost = await self._hold(attempt)
        metrics.live_closes.labels(str(lost.code)).inc()
        log.warning(
            "live session lost", code=lost.code, reason=lost.reason, next_step=next_step(lost.code, lost.reason)
        )
        self._on_loss(lost)
        self._feed(lost)

    async def _hold(self, attempt: _Attempt) -> SessionLost:
        """Connect, and stay until the connection is lost."""
        asked_at = self._clock()
        self._story = "" if attempt.handle else attempt.story
        self._steered = False
        self._place = self._second if attempt.route == "second" else self._first
        wish = self._wish
        config = live_config(wish, self._place.backend, attempt.handle, attempt.story, self._greeted)
        async with AsyncExitStack() as connection:
            try:
                async with asyncio.timeout(self._connect_within_s):
                    connecting = self._place.client.aio.live.connect(model=wish.model, config=config)
                    session = await connection.enter_async_context(connecting)
                if session.setup_complete is None:
                    raise NotReady("the first message was not setupComplete")
            except FAULTS as fault:
                return lost_by(fault)
            try:
                return await self._talk(self._opened(session, attempt, self._clock() - asked_at))
            finally:
                self._wire = None
                await session.close()  # with 1000; cancelled, the SDK's own way out says 1011

    def _opened(self, session: AsyncSession, attempt: _Attempt, took_s: float) -> Wire:
        """Let the greeting go first, before any sound; then what has waited; then the call learns of it."""
        resumed = attempt.handle is not None
        self._upsampler.reset()
        self._gathered = b""
        self._languages = TurnLanguages()
        self._soundness = Soundness()
        self._outbox.start_over(resumed)
        if self._steered:
            self._outbox.put_back(self._instruction(), self._clock())
        if attempt.greeting:
            self._outbox.put_back(self._greeting(attempt.greeting), self._clock())
        self._something_waits.set()
        self._wire = wire = wire_of(session, self._raw)
        metrics.live_connect_s.labels("resumed" if resumed else "new").observe(took_s)
        self._feed(SessionOpened(round(took_s * 1000), resumed))
        return wire

    def _instruction(self) -> NewInstruction:
        """All of the setup's instruction again: what is sent takes its place."""
        return NewInstruction(instruction_for(self._wish, self._story, self._greeted))

    def _greeting(self, greeting: str) -> Outgoing:
        instruction = f'Greet the caller now. Say exactly: "{greeting}"'
        if self._model.greet_by == "client_content":
            return Content(instruction, turn_complete=True)
        return RealtimeText(instruction)

    async def _talk(self, wire: Wire) -> SessionLost:
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(self._write(wire))
            lost = await self._read(wire)
            writing.cancel()
        return lost

    async def _read(self, wire: Wire) -> SessionLost:
        """Feed events until the connection is lost: not at the end of a turn, nor of a message we do not know."""
        try:
            await wire.read(partial(self._take, wire))
        except LOSSES as loss:
            return lost_by(loss)
        raise AssertionError("a wire is read to its end")

    def _take(self, wire: Wire, events: list[Event]) -> None:
        for event in events:
            if self._wire is not wire:
                return
            self._feed(self._judged(event))
            for told in self._languages.after(event, self._line_wish.languages):
                self._feed(told)

    def _judged(self, event: Event) -> Event:
        """Sound with what is wrong with it: behind this edge nobody listens to it."""
        if isinstance(event, AssistantAudio) and (flaw := self._soundness.flaw(event.audio)):
            return AssistantAudio(event.audio, flaw)
        return event

    async def _write(self, wire: Wire) -> None:
        """Send what waits. A lost connection is the reader's to tell."""
        with suppress(*LOSSES):
            while True:
                await self._until_something_is_due()
                await wire.ready()
                await self._send_next(wire)

    async def _until_something_is_due(self) -> None:
        while (wait_s := self._outbox.wait_s(self._clock())) != 0.0:
            self._something_waits.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._something_waits.wait()

    async def _send_next(self, wire: Wire) -> None:
        message = self._outbox.take(self._clock())
        if message is None:
            return
        try:
            await wire.send(message)
        except LOSSES:
            self._outbox.put_back(message, self._clock())
            raise
