"""A call's recording on its page: drawn, heard in parts by who may, and each hearing in the audit."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.console.pages.call_sound import part_of
from app.recording.reading import Sound
from app.store import audit
from app.store.database import Database
from app.store.envelope import Keys
from app.store.objects import Objects, store_at
from app.store.recordings import KeptRecording
from tests.console.site import Site, site
from tests.console.test_calls import RECORDS, START, written

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATA = bytes(range(256)) * 400
PEAKS = bytes((246, 10, 236, 20)) * 50  # -10 to 10 of the caller, -20 to 20 of the assistant, five seconds
CALL = f"/console/calls/{START.call_sid}"


async def recorded(here: Site, *, peaks: bool = True) -> None:
    """The call has a recording of five seconds, from its first second on."""
    objects = Objects(store_at("memory:"), Keys(b"k" * 32))
    await objects.put("sound", DATA)
    if peaks:
        await objects.put("peaks", PEAKS)
    about = ("r1", START.call_sid, "store", AT, 1.0, 5.0, "opus", "sound", "peaks", len(DATA), ())
    here.sounds.append(Sound(KeptRecording(*about), objects))


@pytest.mark.parametrize(
    ("asks", "part"),
    [
        ("", (0, 100)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-30", (70, 100)),
        ("bytes=-500", (0, 100)),
        ("bytes=0-1,5-6", (0, 100)),
        ("bytes=100-", None),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=-0", None),
        ("words=1-2", None),
    ],
)
def test_a_player_asks_for_a_part(asks: str, part: tuple[int, int] | None) -> None:
    assert part_of(asks, 100) == part


async def test_a_recording_is_drawn_and_heard_and_that_is_in_the_audit(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        await recorded(here)
        page = await here.open(CALL)
        assert f'src="{CALL}/sound/0"' in page.text
        assert page.text.count('class="wave wave-') == 2

        whole = await here.open(f"{CALL}/sound/0")
        assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/ogg")
        assert whole.content == DATA
        part = await here.open(f"{CALL}/sound/0", Range="bytes=70000-70099")
        assert (part.status_code, part.content) == (206, DATA[70_000:70_100])
        assert part.headers["content-range"] == f"bytes 70000-70099/{len(DATA)}"
        assert (await here.open(f"{CALL}/sound/0", Range=f"bytes={len(DATA)}-")).status_code == 416
        assert (await here.open(f"{CALL}/sound/1")).status_code == 404
    assert len(await audit.listed(database, audit.Wish(action="call.heard"), most=5)) == 1


async def test_who_may_not_hear_calls_sees_them_without_their_sound(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in("Vera", "viewer")
        await recorded(here)
        assert "/sound/0" not in (await here.open(CALL)).text
        assert (await here.open(f"{CALL}/sound/0")).status_code == 403


async def test_a_call_is_shown_though_its_recording_cannot_be_had(database: Database, tmp_path: Path) -> None:
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        await recorded(here, peaks=False)
        page = await here.open(CALL)
        assert page.status_code == 200
        assert "/sound/0" not in page.text
