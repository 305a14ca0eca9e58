"""Writes messages down: their recordings are fetched, and heard by a Live session, once there is one again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.audio.pcm import Audio
from app.gemini.transcription import NotTranscribed
from app.redaction import redact
from app.store.database import Database
from app.store.messages import Message, claim, not_transcribed, transcribed
from app.telemetry import metrics
from app.twilio.recordings import RecordingNotFetched

LOOK_EVERY_S: Final = 5.0
AT_ONCE: Final = 2
LEASE_S: Final = 300.0  # longer than any message takes
ATTEMPTS: Final = 10
FIRST_WAIT_S: Final = 15.0
LAST_WAIT_S: Final = 1_800.0

log = structlog.get_logger(__name__)

Fetch = Callable[[str], Awaitable[Audio]]
Transcribe = Callable[[Message, Audio], Awaitable[str]]


class Scribe:
    """Looks for messages without words, and writes a few at once down. What fails is tried again, ever more seldom."""

    def __init__(
        self,
        database: Database,
        fetch: Fetch,
        transcribe: Transcribe,
        *,
        redacts: bool = True,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._fetch = fetch
        self._transcribe = transcribe
        self._redacts = redacts
        self._wall = wall

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> int:
        """Write down what is due; returns how many were tried."""
        try:
            due = await claim(self._database, self._wall(), LEASE_S, AT_ONCE)
        except (SQLAlchemyError, OSError) as failed:
            _complain(failed)
            return 0
        async with asyncio.TaskGroup() as tasks:
            for message in due:
                tasks.create_task(self._try(message))
        return len(due)

    async def _try(self, message: Message) -> None:
        try:
            await self._write_down(message)
        except (SQLAlchemyError, OSError) as failed:  # its lease ends, and it is tried again
            _complain(failed)

    async def _write_down(self, message: Message) -> None:
        try:
            words = await self._transcribe(message, await self._fetch(message.recording_url))
        except (RecordingNotFetched, NotTranscribed) as failed:
            await self._put_off(message, failed)
            return
        words = redact(words, message.language).text if self._redacts else words
        await transcribed(self._database, message, words)
        metrics.messages_written.labels("written").inc()
        log.info("message written down", of_call=message.call_sid, line=message.line, letters=len(words))

    async def _put_off(self, message: Message, failed: RecordingNotFetched | NotTranscribed) -> None:
        hopeless = isinstance(failed, RecordingNotFetched) and failed.gone
        attempt = message.attempts + 1
        over = hopeless or attempt >= ATTEMPTS
        wait_s = min(FIRST_WAIT_S * 2**message.attempts, LAST_WAIT_S)
        await not_transcribed(self._database, message, None if over else self._wall() + timedelta(seconds=wait_s))
        metrics.messages_written.labels("given_up" if over else "put_off").inc()
        log.warning(
            "message not written down",
            of_call=message.call_sid,
            attempt=attempt,
            reason=str(failed),
            next="listen to its recording: frontline messages show" if over else f"none: again in {wait_s:.0f} s",
        )


def _complain(failed: Exception) -> None:
    log.warning("messages not looked at", error=type(failed).__name__, next="none: it is tried again")
