"""Now, where calls are in other processes: two consoles on one database, the other one reached by a socket."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import httpx2
import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy import update

from app.call.events import SupervisorSpoke
from app.call.glance import Glance
from app.console import asked as asked_module
from app.console import others
from app.console.others import REST_S, Others
from app.console.pages import entrance, now_feed
from app.console.pages.now_passed import GONE, NO_LONGER
from app.feed import Feed
from app.siblings import reach
from app.siblings.reach import Siblings
from app.siblings.visitor import PASSED_ON, Visitor
from app.store import accounts, audit
from app.store.database import Database
from app.store.processes import Sibling
from app.store.tables_people import sign_ins
from app.supervision import Floor, Seen
from app.switchboard import Switchboard
from app.telling import Told
from tests.console.site import HERE, OURS, Site, site
from tests.console.sockets import socket
from tests.console.test_now_sound import LISTEN, TALK, Calls, of_another_role, until
from tests.fakes import Clock, settled

AT = "/console/now/CA1"
BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Shown(Floor):
    """A floor whose calls are as the test says."""

    def __init__(self, calls: Calls, *seen: Seen) -> None:
        super().__init__(cast(Switchboard, calls))
        self.shows = seen

    async def going_on(self) -> Sequence[Seen]:
        return self.shows


class News:
    """What is told of a call, in turn, each time somebody begins to watch."""

    def __init__(self, *told: Sequence[Told]) -> None:
        self.told = list(told)

    async def watch(self, call_sid: str) -> AsyncGenerator[Told, None]:
        del call_sid
        for one in self.told.pop(0) if self.told else ():
            yield one


@dataclass(frozen=True, slots=True)
class Two:
    """``here`` has the browser, ``there`` has the call."""

    here: Site
    there: Site
    calls: Calls  # of the process there
    clock: Clock

    async def audited(self) -> list[tuple[str, str]]:
        found = await audit.listed(self.here.database, audit.Wish(object="CA1"), most=9)
        return [(one.who, one.action) for one in reversed(found)]

    def reached_by(self, transport: httpx2.AsyncBaseTransport, *siblings: Sibling) -> None:
        others = Others(Siblings(lambda: siblings, transport), self.clock)
        self.here.console.parts = replace(self.here.console.parts, others=others)

    def tells(self, told: object) -> None:
        """The process there answers this, instead."""
        self.reached_by(httpx2.MockTransport(lambda _: httpx2.Response(200, json=told)), Sibling("p2", "http://p2"))


def patient(patch: pytest.MonkeyPatch) -> None:
    """A process that answers may be slow to: this machine does much else."""
    patch.setattr(others, "WITHIN_S", 60.0)
    for name in ("CONNECT_S", "ANSWER_S", "SILENT_S", "PING_S"):
        patch.setattr(reach, name, 60.0)


def seen(sid: str, words: str, age_s: float) -> Seen:
    glance = Glance("talking", age_s, "en-US", hands_off=True, story=("Caller: my card is 4111",))
    return Seen(sid, "store", "v1", "+12025550143", "+12125550123", BEGAN, glance, words, "")


@asynccontextmanager
async def served(there: Site) -> AsyncIterator[str]:
    """The console at a port."""
    server = uvicorn.Server(uvicorn.Config(there.app, log_config=None, lifespan="off", ws="websockets-sansio"))
    with sockets.create_server(("127.0.0.1", 0)) as listening:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(sockets=[listening]))
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            there.console.close()
            server.should_exit = True


@pytest_asyncio.fixture
async def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Two]:
    """Olga of ops is signed in here, and one call goes on in either process."""
    monkeypatch.setattr(asked_module, "LOOK_AGAIN_S", 0.02)
    patient(monkeypatch)
    entrance._guesses.storage.reset()
    database, calls, clock = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}"), Calls(), Clock()
    async with site(database, tmp_path) as here, site(database, tmp_path) as there, served(there) as url:
        floor = Shown(calls, seen("CA1", "my lamp is late", 60.0))
        board = cast(Switchboard, calls)
        there.console.parts = replace(there.console.parts, switchboard=board, floor=floor, process="p2")
        own = Shown(Calls(over=True), seen("CA2", "a second lamp", 20.0))
        siblings = Siblings(lambda: [Sibling("p2", url)])
        here.console.parts = replace(here.console.parts, floor=own, process="p1", others=Others(siblings, clock))
        await here.sign_in("Olga", "ops")
        yield Two(here, there, calls, clock)
        await siblings.close()
    await database.close()


# ---- the list


async def test_calls_of_all_processes_are_listed_the_oldest_first_without_what_may_not_be_seen(two: Two) -> None:
    page = (await two.here.open("/console/now")).text
    assert page.index("my lamp is late") < page.index("a second lamp")
    assert "are not shown" not in page
    assert "+1•••43" in page
    told = (await two.here.open("/console/now/here")).json()
    assert [one["call_sid"] for one in told["calls"]] == ["CA2"]
    assert "5550143" not in json.dumps(told)
    assert "4111" not in json.dumps(told)


async def test_a_process_that_does_not_answer_is_told_of_and_left_alone_for_a_while(two: Two) -> None:
    asked: list[httpx2.Request] = []

    def gone(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        raise httpx2.ConnectError("refused")

    two.reached_by(httpx2.MockTransport(gone), Sibling("p2", "http://p2"), Sibling("p3", "http://p3", sure=False))
    for _ in range(2):
        page = (await two.here.open("/console/now")).text
        assert "The calls of one process are not shown: it did not answer." in page
        assert "a second lamp" in page
    assert len(asked) == 2  # each once; of the one that may have died before we came nothing is said
    two.clock.now += REST_S
    await two.here.open("/console/now")
    assert len(asked) == 4


async def test_a_process_of_another_version_is_understood(two: Two) -> None:
    two.tells({"process": "p2", "calls": [{"call_sid": "CA7", "mood": "new", "state": "dreaming"}], "more": 1})
    page = (await two.here.open("/console/now")).text
    assert 'id="now-CA7"' in page
    assert "are not shown" not in page


@pytest.mark.parametrize("told", [{"process": "p9", "calls": []}, {"calls": 3}, ["CA1"], "no"])
async def test_an_answer_that_is_not_that_processs_own_is_none(two: Two, told: object) -> None:
    two.tells(told)
    assert "are not shown" in (await two.here.open("/console/now")).text


async def test_being_asked_by_another_process_is_no_use_of_the_sign_in(two: Two) -> None:
    before = datetime.now(UTC) - timedelta(minutes=30)
    async with two.here.database.engine.begin() as connection:
        await connection.execute(update(sign_ins).values(seen_at=before))
    assert (await two.here.open("/console/now/here", **{PASSED_ON: "p1"})).status_code == 200
    [kept] = await accounts.sign_ins_of(two.here.database)
    assert kept.seen_at == before
    await two.here.open("/console/now/here")
    [kept] = await accounts.sign_ins_of(two.here.database)
    assert kept.seen_at > before


# ---- one call


async def test_a_call_of_another_process_has_its_page_and_what_is_done_in_it_is_done_there_once(two: Two) -> None:
    page = (await two.here.open(AT)).text
    assert f'data-feed="{AT}/feed"' in page
    done = await two.here.send(f"{AT}/assist", action="note", text="A regular.")
    assert "The assistant knows it." in done.text
    done = await two.here.send(f"{AT}/take", action="hand_off", reason="angry")
    assert "handed off" in done.text
    assert two.calls.actions == ["note", "hand_off"]
    assert await two.audited() == [("Olga", "call.whispered"), ("Olga", "call.handed_off")]


async def test_what_was_passed_on_goes_no_further(two: Two) -> None:
    done = await two.here.browser.post(
        f"{AT}/take",
        data={"action": "end", "reason": "x"},
        headers={PASSED_ON: "p1", **OURS},
    )
    assert "The call is over." in done.text
    assert two.calls.told == []


async def test_the_process_of_a_call_looks_itself_who_may(two: Two) -> None:
    siblings = two.here.console.parts.others.siblings
    [there] = siblings.living()
    [cookie] = (f"{name}={value}" for name, value in two.here.browser.cookies.items())
    form = {"content-type": "application/x-www-form-urlencoded"}

    async def status(cookie: str, **along: str) -> int:
        visitor = Visitor("127.0.0.1:8000", False, cookie, {**form, **along})
        answer = await siblings.ask(there, f"{AT}/take", visitor, body=b"action=end&reason=x")
        return answer.status

    ours = {"origin": HERE, "sec-fetch-site": "same-origin"}
    assert await status("frontline-8000=nobody", **ours) == 401
    assert await status(cookie, origin="https://evil.example") == 403
    await of_another_role(two.here)
    assert await status(cookie, **ours) == 403
    assert two.calls.told == []


async def test_a_process_that_does_not_answer_is_no_success(two: Two) -> None:
    two.tells({"process": "p2", "calls": [{"call_sid": "CA1"}]})
    assert (await two.here.open(AT)).status_code == 200

    def gone(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("silent")

    two.here.console.parts.others.siblings.transport = httpx2.MockTransport(gone)
    two.here.console.parts.others.siblings._client = None
    two.clock.now += 1.0
    done = await two.here.send(f"{AT}/take", action="end", reason="x")
    assert "did not answer" in done.text
    assert "notice-bad" in done.text


# ---- sound


@pytest.mark.parametrize("path", [LISTEN, TALK])
async def test_the_sound_of_a_call_elsewhere_comes_and_ends_when_who_hears_it_may_no_longer(
    two: Two, path: str
) -> None:
    async with socket(two.here, path) as ours:
        await until(lambda: bool(two.calls.ears))
        two.calls.sound()
        assert len(await ours.sound.get()) == 1_600
        await of_another_role(two.here)
        await ours.closed.wait()
        assert ours.code == NO_LONGER
    await until(lambda: two.calls.ears == [])


async def test_a_persons_voice_reaches_a_call_elsewhere_until_they_go(two: Two) -> None:
    async with socket(two.here, TALK + "?reason=angry") as ours:
        await until(lambda: bool(two.calls.ears))
        ours.speak(bytes(960))
        await until(lambda: any(isinstance(event, SupervisorSpoke) for event in two.calls.told))
    await until(lambda: two.calls.actions == ["take_over", "resume"])
    while len(await two.audited()) < 2:
        await settled()
    assert await two.audited() == [("Olga", "call.taken_over"), ("Olga", "call.given_back")]


async def test_a_call_that_is_over_there_by_now_has_no_sound(two: Two) -> None:
    two.calls.over = True
    async with socket(two.here, LISTEN) as ours:
        await ours.closed.wait()
        assert ours.code == GONE
    two.reached_by(httpx2.ASGITransport(app=two.there.app), Sibling("p2", "http://127.0.0.1:9"))  # its list alone
    async with socket(two.here, LISTEN) as ours:
        await ours.closed.wait()
        assert ours.code == GONE


# ---- words


def told(kind: str, **about: object) -> Told:
    return Told(kind, 1.0, about)


async def fed(two: Two) -> list[dict[str, object]]:
    """Everything that is told of the call until that ends."""
    answer = await two.here.open(f"{AT}/feed")
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: ")]


def feeds(two: Two, here: News, there: News) -> None:
    for where, news in ((two.here, here), (two.there, there)):
        where.console.parts = replace(where.console.parts, feed=cast(Feed, news))


async def test_a_call_is_followed_from_one_process_to_the_next_until_it_ends(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(now_feed, "LOOK_EVERY_S", 0.0)
    on_record(monkeypatch, lambda: False)
    left = told("end", disposition="", ended_by="")
    there = News([told("now"), told("words", text="one \u2028\ndata: {}"), left], [], [told("now")])
    feeds(two, News(), there)
    two.clock.now += 1.0
    kinds: list[object] = []
    there.told.append([told("now"), told("end", disposition="completed", ended_by="caller")])
    for one in await fed(two):
        kinds.append(one["kind"])
        if one["kind"] == "words":
            assert one["text"] == "one \u2028\ndata: {}"
    assert kinds == ["now", "words", "away", "away", "now", "away", "now", "end"]


async def test_a_call_whose_process_died_is_over_when_that_is_on_record(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(now_feed, "LOOK_EVERY_S", 0.0)
    over = iter([False, False, True])
    on_record(monkeypatch, lambda: next(over))
    feeds(two, News(), News([told("now")]))
    assert [one["kind"] for one in await fed(two)] == ["now", "away", "away", "end"]


async def test_a_call_that_nobody_has_and_that_is_not_on_record_is_over(two: Two) -> None:
    two.tells({"process": "p2", "calls": []})
    assert [one["kind"] for one in await fed(two)] == ["end"]


async def test_a_call_that_never_comes_back_is_given_up(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(now_feed, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(now_feed, "BACK_WITHIN_S", 0.05)
    on_record(monkeypatch, lambda: False)
    two.tells({"process": "p2", "calls": []})
    kinds = [one["kind"] for one in await fed(two)]
    assert kinds[-1] == "end"
    assert set(kinds[:-1]) == {"away"}


def on_record(monkeypatch: pytest.MonkeyPatch, over: Callable[[], bool]) -> None:
    async def ended(_: object) -> bool:
        return over()

    monkeypatch.setattr(now_feed, "_over", ended)
