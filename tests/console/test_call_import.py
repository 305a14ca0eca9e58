"""A bundle comes back as a call's page, read only and on no record; what others made of it is refused, or text."""

import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from app.call.events import (
    AssistantInterrupted,
    CallerHungUp,
    SessionLost,
    SessionOpened,
    SpeechStarted,
    ToolCalled,
    ToolReturned,
    TurnCompleted,
)
from app.console import importing
from app.console.importing import TooMuch
from app.console.pages import call_import, entrance
from app.console.pages.call_import import LARGEST
from app.store import audit
from app.store.bundle import pack
from app.store.calls import latest
from app.store.database import Database
from app.store.journal import JournalFolder
from tests.console.site import HERE, OURS, Site, site
from tests.playbook import RULES, STARTED, Scene

AT = "/console/calls/import"
XSS = "<script>alert(1)</script>"
CALL = STARTED.call_sid
LIVED = replace(RULES, line="store")


def scene() -> Scene:
    """A call with a tool, an interruption and a lost session."""
    played = Scene(LIVED).when(STARTED).wait(0.5).when(SessionOpened(300))
    played.assistant_says("Hello, this is the store.", ms=1_600).wait(2.0)
    played.caller_says(f"Where is my tent {XSS}?").when(ToolCalled("1", "look_up_order", {"note": XSS})).wait(0.5)
    played.when(ToolReturned("1", {"status": XSS}, "ok", 500)).wait(0.4)
    played.assistant_says("It is on its way and comes tomorrow.", ms=6_000, complete=False).wait(1.0)
    played.when(SpeechStarted()).wait(0.4).when(AssistantInterrupted(), TurnCompleted()).wait(1.0)
    played.when(SessionLost(1011, XSS)).wait(0.7).when(SessionOpened(600)).wait(0.5)
    return played.when(CallerHungUp())


@pytest_asyncio.fixture
async def journals(tmp_path: Path) -> Path:
    """The folder with that call's journal."""
    folder = JournalFolder(tmp_path / "journals")
    journal = folder.open(CALL, LIVED)
    for event, commands, now in scene().steps:
        journal.wrote(event, commands, now)
    journal.close()
    await folder.flush()
    return folder.folder


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    entrance._guesses.storage.reset()
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
    async with site(database, tmp_path / "house") as made:
        await made.sign_in("Quentin", "qa")
        yield made
    await database.close()


async def upload(here: Site, data: bytes, name: str = "bundle.zip", **headers: str) -> httpx2.Response:
    return await here.browser.post(AT, files={"bundle": (name, data)}, headers=OURS | headers)


def rewritten(journals: Path, change: Callable[[str], str]) -> bytes:
    """The bundle, its journal changed by somebody."""
    path = journals / f"{CALL}.jsonl"
    path.write_text(change(path.read_text()))
    return pack(journals, CALL, {}, {})


async def test_a_bundle_is_a_calls_page_with_the_replays_verdict(here: Site, journals: Path) -> None:
    page = await upload(here, pack(journals, CALL, {"call_sid": CALL}, {}))
    assert page.status_code == 200
    assert "this version decides in each as the call did" in page.text
    for shown in ("Imported", "tent", "look_up_order", "region-caller", "the session was lost", CALL):
        assert shown in page.text, shown
    assert XSS not in page.text and STARTED.caller not in page.text
    for action in ("/notes", "/tags", "/erase", "/hold", "bundle.zip", "/twilio"):
        assert action not in page.text, action


async def test_it_is_in_no_record_and_on_the_audit(here: Site, journals: Path) -> None:
    await upload(here, pack(journals, CALL, {}, {}))
    assert await latest(here.database, 5) == []
    assert not list((here.console.parts.settings.data / "journals").glob("*"))
    assert (await here.open(f"/console/calls/{CALL}")).status_code == 404
    [done] = await audit.listed(here.database, audit.Wish(action="call.imported"), most=5)
    assert (done.who, done.object) == ("Quentin", CALL)


async def test_htmx_gets_the_part_and_a_browser_without_it_the_page(here: Site, journals: Path) -> None:
    data = pack(journals, CALL, {}, {})
    assert "<html" not in (await upload(here, data, **{"HX-Request": "true"})).text
    assert "<html" in (await upload(here, data)).text


async def test_where_this_version_decides_otherwise_both_are_shown(here: Site, journals: Path) -> None:
    page = await upload(
        here, rewritten(journals, lambda text: text.replace('"c":"OpenSession"', '"c":"CloseSession"', 1))
    )
    assert "decided otherwise by this version" in page.text
    assert "CloseSession" in page.text and "OpenSession" in page.text


def zipped(*files: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in files:
            bundle.writestr(name, text)
    return buffer.getvalue()


HEAD = json.dumps({"journal": 1, "call_sid": "CA1", "at": "2026-11-23T12:00:00+00:00", "rules": {"line": "x"}}) + "\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a bundle"),
        (b"PK\x03\x04 not a zip at all", "not a bundle"),
        (zipped(("call.json", "{}")), "no journal in it"),
        (zipped(("journals/CA1.jsonl", HEAD), ("../evil.jsonl", "x")), "leads out"),
        (zipped(*((f"journals/CA1.{n}.jsonl", HEAD) for n in range(2, 300))), "more than"),
        (zipped(("journals/CA1.jsonl", HEAD)), "cannot be read"),
        (zipped(("journals/CA1.jsonl", HEAD + '{"t":1,"e":"CallStarted"}\n{"t":"x","e":[]}\n')), "cannot be read"),
    ],
)
async def test_what_is_no_bundle_is_refused_in_words(here: Site, data: bytes, said: str) -> None:
    page = await upload(here, data)
    assert page.status_code == 200
    assert said in page.text, page.text[-600:]
    assert await audit.listed(here.database, audit.Wish(action="call.imported"), most=5) == []


async def test_nothing_and_too_much_are_refused_before_anything_reads_them(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: bytes) -> str:
        raise AssertionError

    monkeypatch.setattr(call_import, "imported", never)
    assert "Choose a bundle first" in (await upload(here, b"", "")).text
    assert "too large" in (await upload(here, b"0" * (LARGEST + 1))).text
    assert (await upload(here, b"0" * (LARGEST + 5_000_000))).status_code == 413


async def test_a_journal_that_asks_for_endless_work_is_given_up(
    here: Site, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "WITHIN_S", 6.0)
    endless = '{"t":9999.0,"e":"CallerAudio","ms":20.0,"n":1000000000000}\n'
    page = await upload(here, rewritten(journals, lambda text: text + endless))
    assert "more time or memory" in page.text
    monkeypatch.undo()
    vast = '{"t":9999.0,"e":"CallerAudio","audio":{"ms":1e12,"rate":8000}}\n'
    assert "more time or memory" in (await upload(here, rewritten(journals, lambda text: text + vast))).text


async def test_two_at_once_are_one_too_many(here: Site, journals: Path) -> None:
    async with importing._one_at_a_time:
        assert "Another bundle is being read" in (await upload(here, pack(journals, CALL, {}, {}))).text


async def test_who_may_not_gets_nowhere(here: Site, journals: Path) -> None:
    data = pack(journals, CALL, {}, {})
    elsewhere = await upload(here, data, Origin="https://evil.example")
    assert elsewhere.status_code == 403
    entrance._guesses.storage.reset()
    async with here.another(HERE) as other:
        assert (await other.post(AT, files={"bundle": ("b.zip", data)}, headers=OURS)).status_code == 401


async def test_a_viewer_does_not_import(database: Database, tmp_path: Path) -> None:
    entrance._guesses.storage.reset()
    async with site(database, tmp_path) as looking:
        await looking.sign_in("Vera", "viewer")
        assert (await upload(looking, b"x")).status_code == 403
        assert AT not in (await looking.open("/console/calls")).text


async def test_the_process_has_none_of_the_houses_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    given = dict[str, object]()

    async def begun(*command: object, **options: object) -> None:
        given.update(options)
        raise TooMuch

    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    monkeypatch.setattr("asyncio.create_subprocess_exec", begun)
    with pytest.raises(TooMuch):
        await importing.imported(b"x")
    assert "secret" not in str(given)
