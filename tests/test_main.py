"""The whole app over real sockets, its Live service a stand-in with cheap speech, phoned by a rehearsed phone."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.call import dispositions
from app.fittings import objects_for
from app.main import Frontline
from app.rehearsal.callers import Caller, HangUp, Say, Wait, WaitForEnd
from app.rehearsal.phone import Representative
from app.rehearsal.phone_webhooks import call_parameters, sid, signature
from app.rehearsal.prepared import Prepared, prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.server import serve, server_for
from app.settings import load
from app.store.calls import call, tool_uses_of, turns_of
from app.store.database import Database
from app.store.journal import read, replay
from app.store.objects import NotStored
from app.telemetry.trace_ids import as_written, trace_of
from tests.prompts.planting import plant
from tests.telemetry.otlp import receiving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = "AC" + "0" * 32
NUMBER, CALLER_NUMBER = "+12125550123", "+12025550143"
POOL_SIZE = 5  # of SQLAlchemy
METRICS_TOKEN = "what-the-dashboards-know"
ORDER = "Where is my order 1047?"
GOODBYE = "No thank you, goodbye."
PERSON = "I want to speak to a person."
LINE = f"""\
business = "Acme"
numbers = ["{NUMBER}"]
languages = ["en-US"]
tools = ["look_up_order", "end_call", "hand_off"]
handoff_number = "+15555550100"
"""
PROMPT = "---\ngreeting: An AI of Acme.\n---\n\nYou answer the phone.\n"
TOOL = '''\
"""Orders."""

from app.toolkit import answer, tool


@tool
async def look_up_order(order_number: str) -> dict[str, object]:
    """Look up where an order is.

    Args:
        order_number: Its number.
    """
    return answer("Shipped.", order_number=order_number)
'''
ASKS = Caller("asks", "", (Wait(finished_ms=300), Say("Where?"), Wait(finished_ms=300), Say("Bye."), WaitForEnd(20)))
LEAVES = Caller("leaves", "", (Wait(finished_ms=100), HangUp()))
WAITS = Caller("waits", "", (WaitForEnd(20),))


def frontline_in(folder: Path, *script: str, **environ: str) -> Frontline:
    """An app with one line and one tool, whose callers say what the script says."""
    edits = {"shop/line.toml": lambda _: LINE, "shop/en-US.md": lambda _: PROMPT, "shop/es.md": None}
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "orders.py").write_text(TOOL, encoding="utf-8")
    given = {
        "FRONTLINE_PROMPTS": str(plant(folder, edits)),
        "FRONTLINE_TOOLS": str(folder / "tools"),
        "FRONTLINE_DATA": str(folder / "data"),
        "FRONTLINE_METRICS_TOKEN": METRICS_TOKEN,
        "FRONTLINE_REHEARSAL_OPTIONS": f"--ears script --voice tones --script '{'|'.join(script)}'",
        "PORT": "0",
    }
    return Frontline(load({**given, **environ}, None))


@dataclass
class House:
    """A running app."""

    frontline: Frontline
    base_url: str

    async def phone(self, caller: Caller, number: str = NUMBER, from_: str = CALLER_NUMBER) -> CallReport:
        """Somebody calls; returns when their call is over."""
        doors = self.frontline.doors
        who = await prepared(caller)
        return await rehearse(
            self.base_url, doors.public_url, doors.tokens[0], who, record_to=None, to=number, from_=from_
        )

    async def webhook(self, path: str, *, number: str = NUMBER, token: str | None = None) -> httpx2.Response:
        """A voice webhook as Twilio sends it, signed with ``token``, or the right one."""
        form = call_parameters(ACCOUNT, sid("CA"), CALLER_NUMBER, number, "ringing")
        doors = self.frontline.doors
        signed = signature(doors.tokens[0] if token is None else token, doors.public_url + path, form)
        async with httpx2.AsyncClient(base_url=self.base_url, trust_env=False) as client:
            return await client.post(path, data=form, headers={"X-Twilio-Signature": signed})

    async def ask(self, path: str, **headers: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=self.base_url, trust_env=False) as client:
            return await client.get(path, headers=headers)

    async def made(self) -> None:
        """All sounds that calls have wished for are there."""
        assert self.frontline._house is not None and self.frontline._house.greetings is not None
        await self.frontline._house.greetings.settled()

    async def written(self) -> None:
        """All records and journals are on disk."""
        assert await self.frontline.writer.drain(5.0)
        await self.frontline.journals.flush()

    async def disposition(self, report: CallReport) -> str:
        row = await call(self.frontline.database, report.call_sid)
        assert row is not None
        assert row.end is not None
        return row.end.disposition

    async def said(self, report: CallReport, side: str) -> list[str]:
        turns = await turns_of(self.frontline.database, report.call_sid)
        return [turn.heard for turn in turns if turn.side == side]


async def prepared(caller: Caller) -> Prepared:
    return await asyncio.to_thread(prepare_with, caller, "tones")


async def until(true: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for what sockets and files bring about, which tell nobody."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(frontline: Frontline, up_within_s: float = 10.0) -> AsyncIterator[House]:
    """The app served on 127.0.0.1 in this loop."""
    server = server_for(frontline)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await until(lambda: server.started or serving.done(), up_within_s)
        assert server.started
        try:
            yield House(frontline, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, 15)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running(frontline_in(tmp_path_factory.mktemp("house"), ORDER, GOODBYE)) as house:
        yield house


# ---- the doors


async def test_ops_see_that_the_app_lives_and_takes_calls(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await house.ask("/healthz")).json() == {"status": "ok"}
    ready = await house.ask("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "calls": 0})
    monkeypatch.setattr(house.frontline.disk, "_look_at", float("inf"))  # or it would see that there is room
    monkeypatch.setattr(house.frontline.disk, "full", True)
    strained = await house.ask("/readyz")
    assert (strained.status_code, strained.json()["status"]) == (503, "disk")
    monkeypatch.setattr(house.frontline.switchboard, "_most", 0)
    full = await house.ask("/readyz")
    assert (full.status_code, full.json()["status"]) == (503, "full")
    monkeypatch.setattr(house.frontline.switchboard, "draining", True)
    draining = await house.ask("/readyz")
    assert (draining.status_code, draining.json()["status"]) == (503, "draining")
    assert (await house.ask("/healthz")).status_code == 200


async def test_the_front_page_says_what_this_is_and_no_secret(house: House) -> None:
    page = await house.ask("/")
    assert page.status_code == 200
    assert NUMBER in page.text
    assert house.frontline.doors.tokens[0] not in page.text


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": METRICS_TOKEN}])
async def test_metrics_are_for_those_who_have_the_token(house: House, header: dict[str, str]) -> None:
    assert (await house.ask("/metrics", **header)).status_code == 401


async def test_metrics_are_given_to_who_has_the_token(house: House) -> None:
    metrics = await house.ask("/metrics", Authorization=f"Bearer {METRICS_TOKEN}")
    assert metrics.status_code == 200
    assert "frontline_calls_now 0.0" in metrics.text


@pytest.mark.parametrize(
    "path", ["/voice/incoming", "/voice/after-stream", "/voice/after-dial", "/voice/status", "/voice/stream-status"]
)
async def test_a_webhook_that_twilio_did_not_sign_is_refused(house: House, path: str) -> None:
    assert (await house.webhook(path, token="another account's")).status_code == 403


async def test_a_webhook_with_a_slash_too_many_is_not_redirected(house: House) -> None:
    assert (await house.webhook("/voice/incoming/")).status_code == 404


async def test_a_stream_that_twilio_did_not_sign_is_refused_before_it_is_up(house: House) -> None:
    url = house.base_url.replace("http", "ws") + "/media"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, proxy=None, additional_headers={"X-Twilio-Signature": "AAAA"}):
            pass
    assert refused.value.response.status_code == 403


# ---- calls


async def test_a_number_without_a_line_hears_a_sentence(house: House) -> None:
    report = await house.phone(WAITS, number="+12125550111")
    assert report.spoken == ("unknown_number in en",)
    assert (report.ended_by, report.streams, report.violations) == ("app", 0, ())


async def test_calls_are_led_recorded_and_leave_nothing_behind(house: House) -> None:
    await house.phone(LEAVES)  # whatever is made once is made now
    await house.made()
    await fill_the_pool(house.frontline.database)
    with contextlib.suppress(NotStored):  # its library opens files of its own with the first thing asked of it
        await objects_for(house.frontline.settings).size("none")
    before = await at_rest()
    reports = await asyncio.gather(*(house.phone(ASKS, from_=f"+1202555014{number}") for number in range(3)))
    await house.written()
    for report in reports:
        assert (report.ended_by, report.violations, report.figures.cut_off_ms) == ("app", (), 0)
        await check_records(house, report)
        steps, differences = await asyncio.to_thread(replay, journal_of(house, report))
        assert steps > 30
        assert differences == []
        _, written = await asyncio.to_thread(read, journal_of(house, report))
        sounds = Counter(step.event["ms"] for step in written if step.event["e"] == "CallerAudio")
        assert sounds.most_common(1)[0][0] == 40  # two frames of the phone at a time
    assert await at_rest() == before


async def check_records(house: House, report: CallReport) -> None:
    """What the database says of a call that asked for an order."""
    row = await call(house.frontline.database, report.call_sid)
    assert row is not None
    assert (row.start.line, row.start.called) == ("shop", NUMBER)
    assert row.end is not None
    assert (row.end.disposition, row.end.ended_by, row.end.sessions) == (dispositions.COMPLETED, "assistant", 1)
    assert row.end.first_sound_ms is not None
    assert await house.said(report, "caller") == [ORDER, GOODBYE]
    spoken = await house.said(report, "assistant")
    assert spoken[0] == "An AI of Acme."
    assert any("Shipped." in words for words in spoken)
    tools = await tool_uses_of(house.frontline.database, report.call_sid)
    assert [(tool.name, tool.status) for tool in tools] == [("look_up_order", "ok"), ("end_call", "ok")]
    assert tools[0].args == {"order_number": "1047"}


async def test_a_call_is_traced_to_whoever_takes_traces(tmp_path: Path) -> None:
    with receiving() as receiver:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.address, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=k"}
        async with running(frontline_in(tmp_path, ORDER, GOODBYE, **environ)) as house:
            report = await house.phone(ASKS)
            await until(lambda: len(house.frontline.switchboard) == 0)
    (of_call,) = receiver.named("invoke_agent shop")
    assert of_call.trace == as_written(trace_of(report.call_sid))
    assert {span.trace for span in receiver.spans} == {of_call.trace}
    assert {span.parent for span in receiver.spans} == {"", of_call.id}
    assert len(receiver.named("execute_tool look_up_order")) == 1
    assert len(receiver.named("caller")) == 2
    assert (len(receiver.named("session")), len(receiver.named("stream"))) == (1, 1)
    assert ORDER.encode() not in b"".join(receiver.bodies)
    assert receiver.headers[0]["x-key"] == "k"


async def test_a_caller_who_hangs_up_is_let_go_at_once(house: House) -> None:
    report = await house.phone(LEAVES)
    await until(lambda: len(house.frontline.switchboard) == 0)
    await house.written()
    assert await house.disposition(report) == dispositions.CALLER_HUNG_UP
    assert replay(journal_of(house, report))[1] == []


async def test_a_call_that_fails_is_apologised_for_and_the_next_one_works(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("app.call.machine.Call.handle", _raise)
        report = await house.phone(WAITS)
    await house.written()
    assert report.spoken == ("apology in en",)
    assert await house.disposition(report) == dispositions.FAILED
    again = await house.phone(LEAVES)
    await house.written()
    assert again.figures.first_sound_ms is not None
    assert await house.disposition(again) == dispositions.CALLER_HUNG_UP


def _raise(*_: object) -> None:
    raise ZeroDivisionError("of the machine")


def journal_of(house: House, report: CallReport) -> Path:
    return house.frontline.settings.data / "journals" / f"{report.call_sid}.jsonl"


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def fill_the_pool(database: Database) -> None:
    """Have every connection that the pool keeps, so that how many are open no longer depends on who came when."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(POOL_SIZE):
            await stack.enter_async_context(database.engine.connect())


async def at_rest() -> tuple[int, int]:
    """How many tasks and open files there are, when that has not changed for a while."""
    seen: list[tuple[int, int]] = []
    while len(seen) < 6 or len(set(seen[-6:])) > 1:
        await asyncio.sleep(0.1)
        seen.append((len(asyncio.all_tasks()), open_files()))
        assert len(seen) < 100, seen
    return seen[-1]


# ---- a representative


def wants_a_person(representative: Representative, stays_s: float) -> Caller:
    """Asks for somebody, and stays on the line so long after it."""
    steps = (Wait(finished_ms=300), Say("Hm."), WaitForEnd(stays_s))
    return Caller("wants a person", "", steps, representative=representative)


async def test_callers_reach_a_representative_or_come_back_when_nobody_is_free(tmp_path: Path) -> None:
    async with running(frontline_in(tmp_path, PERSON)) as house:
        taken, back = await asyncio.gather(
            house.phone(wants_a_person(Representative(rings_s=0.1, talks_s=0.3), 20)),
            house.phone(wants_a_person(Representative("busy", rings_s=0.1), 6.5)),
        )
        await until(lambda: len(house.frontline.switchboard) == 0)
        await house.written()
        assert (taken.dialled, taken.streams, taken.ended_by) == ((("+15555550100", "completed"),), 1, "app")
        assert await house.disposition(taken) == dispositions.HANDED_OFF
        assert (back.dialled, back.streams, back.ended_by) == ((("+15555550100", "busy"),), 2, "caller")
        assert (await house.said(back, "assistant"))[-1] == "handoff_failed in en"
        assert await house.disposition(back) == dispositions.CALLER_HUNG_UP
        assert back.violations == taken.violations == ()
        for report in (taken, back):
            assert replay(journal_of(house, report))[1] == []


# ---- the end


async def note_of(frontline: Frontline) -> dict[str, object]:
    """What a rehearsing server leaves for others on this machine."""
    data = frontline.settings.data
    await until(lambda: any(note.stat().st_size for note in data.glob("rehearsal-*.json")))
    [note] = data.glob("rehearsal-*.json")
    assert note.stat().st_mode & 0o077 == 0, "it holds a secret"
    about = json.loads(note.read_text(encoding="utf-8"))
    assert isinstance(about, dict)
    return about


async def test_a_call_going_on_when_the_process_is_told_to_stop_ends_in_peace(tmp_path: Path) -> None:
    frontline = frontline_in(tmp_path, GOODBYE)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        serving = group.create_task(serve(frontline))
        house = House(frontline, f"http://127.0.0.1:{(await note_of(frontline))['port']}")
        calling = group.create_task(house.phone(ASKS))
        await until(lambda: len(frontline.switchboard) == 1)
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: frontline.switchboard.draining)
        late = await house.phone(WAITS)
        assert late.spoken == ("busy in en",)
        assert not serving.done()
    report = calling.result()
    assert (report.ended_by, report.spoken, report.figures.cut_off_ms) == ("app", (), 0)
    row = await call(frontline.database, report.call_sid)
    assert row is not None
    assert row.end is not None
    assert row.end.disposition == dispositions.COMPLETED
    assert replay(journal_of(house, report))[1] == []
    await frontline.database.close()


async def test_told_twice_the_process_stops_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    frontline = frontline_in(tmp_path, GOODBYE, FRONTLINE_METRICS_PORT=str(port))
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        serving = group.create_task(serve(frontline))
        house = House(frontline, f"http://127.0.0.1:{(await note_of(frontline))['port']}")
        group.create_task(house.phone(WAITS))
        await until(lambda: len(frontline.switchboard) == 1)
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: frontline.switchboard.draining)
        async with httpx2.AsyncClient(trust_env=False) as client:  # to the last, without a token
            assert "frontline_calls_now 1.0" in (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(5):
            await asyncio.wait([serving])
