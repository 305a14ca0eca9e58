"""Live refuses, is slow or never answers, or all lines are busy: what callers hear then, and what they leave."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from app import voicemail
from app.calling import CALLER_NUMBER
from app.main import Frontline
from app.rehearsal.callers import Caller, HangUp, Listen, Press, Say, Silence, Tone, Wait, WaitForEnd
from app.rehearsal.launch import LiveStandIn, live_stand_in
from app.rehearsal.report import CallReport, rehearse
from app.rehearsal.twilio_rest import TwilioRest
from app.settings import load
from app.store.calls import call, turns_of
from app.store.messages import Message, of_call
from tests.prompts.planting import plant
from tests.test_main import PROMPT, prepared, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT, TOKEN, PUBLIC = "AC" + "0" * 32, "a-token", "https://phone.example"
LEAVES_WORD, WANTS_CALL = "+12125550123", "+12125550124"
HOPES = Caller("hopes", "", (Wait(finished_ms=300), Say("Hello?"), Wait(finished_ms=300), HangUp()))
SPEAKS = Caller("speaks", "", (Tone(), Say("Please call me back."), Silence(0.3), Press("#"), WaitForEnd(30)))
PRESSES = Caller("presses", "", (Listen("callback"), Silence(0.2), Press("1"), WaitForEnd(30)))
SAID = "Please call me back about my order."


def line(number: str, more: str = "") -> str:
    return f'business = "Acme"\nnumbers = ["{number}"]\nlanguages = ["en-US"]\ntools = ["end_call"]\n{more}'


@dataclass
class World:
    """An app, its Live stand-in, and Twilio's REST API."""

    frontline: Frontline
    base_url: str
    live: LiveStandIn
    rest: TwilioRest

    async def fault(self, **fault: object) -> None:
        """From now on Live has this fault, or none."""
        verify = ssl.create_default_context(cafile=self.live.ca_file)
        async with httpx2.AsyncClient(verify=verify, trust_env=False) as client:
            asked = await client.post(f"{self.live.base_url}/control", params={"ask": json.dumps({"fault": fault})})
        assert asked.status_code == 200, asked.text

    async def phone(self, caller: Caller, number: str = LEAVES_WORD) -> CallReport:
        who = await prepared(caller)
        base_url, rest = self.base_url, self.rest
        report = await rehearse(base_url, PUBLIC, TOKEN, who, record_to=None, rest=rest, to=number, from_=CALLER_NUMBER)
        assert report.violations == ()
        return report

    async def left(self, report: CallReport) -> Message:
        assert await self.frontline.messages.drain(5.0)
        (message,) = await of_call(self.frontline.database, report.call_sid)
        return message

    async def ended(self, report: CallReport) -> tuple[str, str]:
        """How the call is on record: its disposition and what was the matter."""
        assert await self.frontline.writer.drain(5.0)
        row = await call(self.frontline.database, report.call_sid)
        assert row is not None and row.end is not None
        return row.end.disposition, row.end.problem

    async def heard(self, report: CallReport) -> list[tuple[str, float]]:
        """What the assistant's own voice said, and when."""
        turns = await turns_of(self.frontline.database, report.call_sid)
        return [(turn.heard, turn.started_s) for turn in turns if turn.side == "assistant"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("world")
    seen: list[LiveStandIn] = []

    @asynccontextmanager
    async def kept(at: Path, options: Sequence[str]) -> AsyncIterator[LiveStandIn]:
        async with live_stand_in(at, options) as live:
            seen.append(live)
            yield live

    rest = TwilioRest(ACCOUNT, TOKEN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.main.live_stand_in", kept)
        patch.setattr(voicemail, "LOOK_EVERY_S", 0.2)
        patch.setattr(voicemail, "FIRST_WAIT_S", 0.5)
        async with rest.serving() as rest_url, running(frontline_in(folder, rest_url)) as house:
            await house.made()
            yield World(house.frontline, house.base_url, seen[0], rest)


def frontline_in(folder: Path, rest_url: str) -> Frontline:
    edits = {
        "shop/line.toml": lambda _: line(LEAVES_WORD),
        "shop/en-US.md": lambda _: PROMPT,
        "shop/es.md": None,
        "desk/line.toml": lambda _: line(WANTS_CALL, 'unreachable = "callback"\n'),
        "desk/en-US.md": lambda _: PROMPT,
    }
    (folder / "tools").mkdir()
    given = {
        "FRONTLINE_PROMPTS": str(plant(folder, edits)),
        "FRONTLINE_TOOLS": str(folder / "tools"),
        "FRONTLINE_DATA": str(folder / "data"),
        "FRONTLINE_REHEARSAL": "on",
        "FRONTLINE_REHEARSAL_OPTIONS": f"--ears script --voice tones --script '{SAID}'",
        "FRONTLINE_TWILIO_API_URL": rest_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "PUBLIC_URL": PUBLIC,
        "PORT": "0",
    }
    return Frontline(load(given, None))


def said_at(report: CallReport) -> float:
    """When Twilio's own voice began to speak."""
    return next(happening.at_s for happening in report.happenings if happening.what == "twilio says")


GREETING, HOLD = "An AI of Acme.", "one_moment in en"


@pytest.mark.parametrize("fault", [{"refuse": 503}, {"mute_setup": True}, {"connect_delay_s": 10.0}], ids=str)
async def test_without_live_callers_hear_the_greeting_one_moment_and_a_way_on(
    world: World, fault: dict[str, object]
) -> None:
    await world.fault(**fault)
    spoke, pressed = await asyncio.gather(world.phone(SPEAKS), world.phone(PRESSES, WANTS_CALL))
    await world.fault()
    for report, phrases in (
        (spoke, ("voicemail", "voicemail_thanks")),
        (pressed, ("callback_offer", "callback_thanks")),
    ):
        assert report.ended_by == "app"
        assert report.spoken == tuple(f"{phrase} in en" for phrase in phrases)
        assert report.figures.first_sound_ms is not None and report.figures.first_sound_ms < 1_000
        assert 7.9 <= said_at(report) < 10.0
        disposition, problem = await world.ended(report)
        assert (disposition, problem.split(":")[0]) == ("session_lost", "live_connect_failed")
        (greeting, _), (hold, hold_s) = await world.heard(report)
        assert (greeting, hold) == (GREETING, HOLD)
        assert 4.0 <= hold_s < 5.0
    wish = await world.left(pressed)
    assert (wish.kind, wish.line, wish.caller, wish.state) == ("callback", "desk", CALLER_NUMBER, "new")
    await written_down(world, spoke)


async def written_down(world: World, report: CallReport) -> None:
    """The message is fetched and transcribed once Live is there again."""
    message = await world.left(report)
    assert (message.kind, message.line, message.duration_s > 0) == ("voicemail", "shop", True)
    async with asyncio.timeout(40):
        while (message := await world.left(report)).words == "wanted":  # noqa: ASYNC110 - a database tells nobody
            await asyncio.sleep(0.2)
    assert (message.words, message.transcript) == ("there", SAID)


async def test_live_that_is_three_seconds_late_takes_the_call(world: World) -> None:
    await world.fault(connect_delay_s=3.0)
    report = await world.phone(HOPES)
    await world.fault()
    assert report.spoken == ()
    assert await world.ended(report) == ("caller_hung_up", "")
    assert HOLD not in [words for words, _ in await world.heard(report)]


async def test_when_all_lines_are_busy_the_caller_hears_so_at_once_and_is_called_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.frontline.switchboard, "_most", 0)
    report = await world.phone(PRESSES)
    assert report.rang_ms < 500
    assert report.spoken == ("busy_callback in en", "callback_thanks in en")
    assert (report.streams, report.ended_by) == (0, "app")
    assert await world.ended(report) == ("shed", "full")
    assert (await world.left(report)).kind == "callback"
