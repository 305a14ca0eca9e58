"""Messages are written down once there is a session for it; what fails is tried again, and not for ever."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from app.audio.pcm import PHONE_RATE, Audio, silence
from app.gemini.transcription import NotTranscribed
from app.store.database import Database
from app.store.messages import Message, latest, write
from app.twilio.recordings import RecordingNotFetched
from app.voicemail import ATTEMPTS, Scribe

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LEFT = Message(
    "CA1", "voicemail", "store", "+12025550143", "+12025550199", AT, "en-US", "RE1", "https://t/RE1", 7, "wanted"
)
SOUND = silence(200, PHONE_RATE)


class World:
    """Twilio, Live and the wall clock, as a test says."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = AT
        self.fails: list[Exception] = []
        self.fetched: list[str] = []
        self.scribe = Scribe(database, self.fetch, self.transcribe, wall=lambda: self.now)

    async def fetch(self, url: str) -> Audio:
        self.fetched.append(url)
        return SOUND

    async def transcribe(self, message: Message, sound: Audio) -> str:
        assert sound == SOUND
        if self.fails:
            raise self.fails.pop(0)
        return f"words of {message.call_sid}"

    async def message(self) -> Message:
        (message,) = await latest(self.database, 10)
        return message


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    await database.open()
    await write(database, LEFT)
    with capture_logs():
        yield World(database)


async def test_a_message_is_fetched_and_written_down_once(world: World) -> None:
    assert [await world.scribe.look() for _ in range(2)] == [1, 0]
    message = await world.message()
    assert (message.transcript, message.words) == ("words of CA1", "there")
    assert world.fetched == ["https://t/RE1"]


async def test_while_live_is_away_it_is_tried_ever_more_seldom(world: World) -> None:
    world.fails = [NotTranscribed("503"), NotTranscribed("503")]
    assert await world.scribe.look() == 1
    assert await world.scribe.look() == 0
    world.now += timedelta(seconds=16)
    assert await world.scribe.look() == 1
    world.now += timedelta(seconds=16)
    assert await world.scribe.look() == 0
    world.now += timedelta(seconds=15)
    assert await world.scribe.look() == 1
    assert (await world.message()).transcript == "words of CA1"


async def test_and_not_for_ever(world: World) -> None:
    world.fails = [NotTranscribed("503")] * (ATTEMPTS + 5)
    for _ in range(ATTEMPTS + 3):
        await world.scribe.look()
        world.now += timedelta(hours=1)
    assert len(world.fetched) == ATTEMPTS
    assert (await world.message()).words == "failed"


async def test_a_recording_that_will_never_come_is_given_up_at_once(world: World) -> None:
    world.fails = [RecordingNotFetched("it is no WAV", gone=True)]
    await world.scribe.look()
    assert (await world.message()).words == "failed"


async def test_a_database_that_is_down_ends_nothing(world: World) -> None:
    await world.database.close()
    broken = Scribe(Database("sqlite+aiosqlite:////no/such/folder/m.db"), world.fetch, world.transcribe)
    assert await broken.look() == 0
