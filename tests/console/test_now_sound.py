"""Listening to a call and talking in it: for who may, for as long as they may, and never without the audit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import pytest_asyncio
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from app.audio.pcm import PHONE_RATE, Audio
from app.bridge import Bridge
from app.call.events import CallerAudio, Event, SupervisorAsked, SupervisorSpoke
from app.console import asked as asked_module
from app.console.pages import entrance, now
from app.console.pages.now_passed import GONE, NO_LONGER
from app.store import accounts, audit
from app.store.database import Database
from app.store.tables_people import sign_ins
from app.supervision import Floor
from app.switchboard import Switchboard
from tests.console.site import Site, site
from tests.console.sockets import socket
from tests.fakes import settled

LISTEN, TALK = "/console/now/CA1/listen", "/console/now/CA1/talk"
Mend = Callable[[Site], Coroutine[None, None, None]]


class Calls:
    """One call going on: what it was told, and who watches it."""

    def __init__(self, *, over: bool = False) -> None:
        self.told: list[Event] = []
        self.ears: list[Callable[[Event, list[object], float], None]] = []
        self.bridge = cast(Bridge, SimpleNamespace(watch=self.ears.append, unwatch=self.ears.remove))
        self.over = over
        self.looked_at = asyncio.Event()

    def find(self, call_sid: str) -> Bridge | None:
        return None if self.over or call_sid != "CA1" else self.bridge

    def going_on(self) -> list[Bridge]:
        self.looked_at.set()
        return []

    def tell(self, _: str, event: Event) -> None:
        self.told.append(event)

    def sound(self) -> None:
        """A tenth of a second of the caller's."""
        for ear in self.ears:
            ear(CallerAudio(Audio(bytes(1_600), PHONE_RATE)), [], 0.0)

    @property
    def actions(self) -> list[str]:
        return [event.action for event in self.told if isinstance(event, SupervisorAsked)]


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest_asyncio.fixture
async def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: Calls) -> AsyncIterator[Site]:
    """Olga of ops is signed in, and one call goes on; who may is looked at again and again."""
    monkeypatch.setattr(asked_module, "LOOK_AGAIN_S", 0.02)
    entrance._guesses.storage.reset()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path) as made:
        switchboard = cast(Switchboard, calls)
        made.console.parts = replace(made.console.parts, switchboard=switchboard, floor=Floor(switchboard))
        await made.sign_in("Olga", "ops")
        yield made
    await database.close()


async def signed_out(here: Site) -> None:
    await here.send("/console/sign-out")


async def of_another_role(here: Site) -> None:
    [olga] = await accounts.all_accounts(here.database)
    await accounts.change_account(here.database, olga.id, role="viewer")


async def closed(here: Site) -> None:
    [olga] = await accounts.all_accounts(here.database)
    await accounts.change_account(here.database, olga.id, closed=True)


async def too_old(here: Site) -> None:
    async with here.database.engine.begin() as connection:
        await connection.execute(update(sign_ins).values(until=datetime.now(UTC)))


async def idle(here: Site) -> None:
    async with here.database.engine.begin() as connection:
        await connection.execute(update(sign_ins).values(seen_at=datetime.now(UTC) - timedelta(minutes=61)))


@pytest.mark.parametrize("path", [LISTEN, TALK])
@pytest.mark.parametrize("gone", [signed_out, of_another_role, closed, too_old, idle])
async def test_who_may_no_longer_hears_no_more(here: Site, calls: Calls, path: str, gone: Mend) -> None:
    async with socket(here, path) as ours:
        await ours.accepted.wait()
        await until(lambda: bool(calls.ears))
        calls.sound()
        assert len(await ours.sound.get()) == 1_600
        await gone(here)
        await ours.closed.wait()
        assert ours.code == NO_LONGER
    assert calls.ears == []
    assert calls.actions == (["listen"] if path == LISTEN else ["take_over", "resume"])


async def test_a_database_that_does_not_answer_ends_it_only_after_a_while(
    here: Site, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    monkeypatch.setattr(asked_module, "MOST_UNKNOWN", 5)
    async with socket(here, LISTEN) as ours:
        await until(lambda: bool(calls.ears))

        async def nobody_answers(*_: object, **__: object) -> None:
            looks.append(1)
            raise OperationalError("", {}, OSError())

        monkeypatch.setattr(accounts, "signed_in", nobody_answers)
        await ours.closed.wait()
        assert ours.code == NO_LONGER
    assert len(looks) == 5


async def test_being_watched_by_a_page_is_no_use_of_the_sign_in(here: Site, calls: Calls) -> None:
    before = datetime.now(UTC) - timedelta(minutes=30)
    async with socket(here, LISTEN):
        await until(lambda: bool(calls.ears))
        async with here.database.engine.begin() as connection:
            await connection.execute(update(sign_ins).values(seen_at=before))
        looked = asyncio.get_running_loop().time()
        await until(lambda: asyncio.get_running_loop().time() > looked + 0.1)
    [kept] = await accounts.sign_ins_of(here.database)
    assert kept.seen_at == before


async def test_what_is_live_on_a_page_ends_too(here: Site, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(now, "EVERY_S", 0.02)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        rows = group.create_task(here.open("/console/now/rows"))
        await calls.looked_at.wait()
        await closed(here)
    assert rows.result().text.startswith(": here")


async def test_a_persons_voice_reaches_the_call_until_they_go(here: Site, calls: Calls) -> None:
    async with socket(here, TALK + "?reason=angry") as ours:
        await until(lambda: bool(calls.ears))
        ours.speak(bytes(960))
        await until(lambda: any(isinstance(event, SupervisorSpoke) for event in calls.told))
    assert calls.actions == ["take_over", "resume"]
    done = [(one.action, one.detail) for one in await audit.listed(here.database, audit.Wish(object="CA1"), most=9)]
    assert done == [("call.given_back", {}), ("call.taken_over", {"reason": "angry"})]


@pytest.mark.parametrize("path", [LISTEN, TALK])
async def test_when_the_call_or_the_house_ends_so_does_the_sound(here: Site, calls: Calls, path: str) -> None:
    async with socket(here, path) as ours:
        await until(lambda: bool(calls.ears))
        here.console.close()
        await ours.closed.wait()
    calls.over = True
    async with socket(here, path) as ours:
        await ours.closed.wait()
        assert ours.code == GONE


@pytest.mark.parametrize("path", [LISTEN, TALK])
async def test_nobody_is_heard_without_the_audit(
    here: Site, calls: Calls, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "add", full)
    with pytest.raises(ExceptionGroup):
        async with socket(here, path):
            pass
    assert calls.told == []
    assert calls.ears == []


@pytest.mark.parametrize(("role", "path"), [("viewer", LISTEN), ("manager", TALK), ("qa", TALK)])
async def test_who_may_not_gets_no_sound(here: Site, calls: Calls, role: str, path: str) -> None:
    [olga] = await accounts.all_accounts(here.database)
    await accounts.change_account(here.database, olga.id, role=role)
    async with socket(here, path) as ours:
        await ours.closed.wait()
        assert not ours.accepted.is_set()
    async with socket(here, LISTEN, origin="https://evil.example") as ours:
        await ours.closed.wait()
        assert not ours.accepted.is_set()
    assert calls.told == []


async def until(holds: Callable[[], bool]) -> None:
    """Turn after turn of the loop; the test's own limit ends it."""
    while not holds():
        await settled()
