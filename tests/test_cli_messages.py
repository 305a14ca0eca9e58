"""`frontline messages` and `frontline fallback`, as people and programs use them."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.ends import OK, WRONG_USE
from app.store.database import Database
from app.store.messages import Message, transcribed, write
from tests.prompts.planting import plant, with_line

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CALLER = "+12025550143"
SPOKEN = Message("CA1a", "voicemail", "store", CALLER, "+12025550199", AT, "en-US", "RE1", "https://t/RE1", 7, "wanted")
WISH = Message("CA1b", "callback", "store", CALLER, "+12025550199", AT)


pytestmark = pytest.mark.usefixtures("in_a_data_folder")


def left(folder: Path, *messages: Message, words: str = "") -> None:
    """These are in the database."""

    async def keep() -> None:
        database = Database(f"sqlite+aiosqlite:///{folder / 'frontline.db'}")
        await database.open()
        for message in messages:
            await write(database, message)
            if words:
                await transcribed(database, message, words)
        await database.close()

    asyncio.run(keep())


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def listed(*more: str) -> Sequence[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("messages", "list", "--json", *more).output)
    return found


def test_when_nobody_has_left_anything_that_is_said() -> None:
    shown = run("messages", "list")
    assert (shown.exit_code, shown.output) == (OK, "Nobody has left anything.\n")


def test_a_manager_sees_who_called_and_what_they_said(tmp_path: Path) -> None:
    left(tmp_path, SPOKEN, words="Please call me back about my order, it is late and I have been waiting for a week.")
    row = run("messages", "list").output
    assert row.startswith("2026-11-23 12:00  CA1a")
    assert CALLER in row
    assert row.rstrip().endswith("…")
    sheet = run("messages", "show", "CA1").output
    assert "waiting for a week." in sheet
    assert "https://t/RE1 (7 s)" in sheet


def test_a_message_without_words_yet_says_so(tmp_path: Path) -> None:
    left(tmp_path, SPOKEN)
    assert "(7 s, not written down yet)" in run("messages", "list").output


def test_what_is_done_leaves_the_list(tmp_path: Path) -> None:
    left(tmp_path, SPOKEN, WISH)
    shown = run("messages", "done", "CA1b")
    assert (shown.exit_code, shown.output) == (OK, f"Done: the callback of {CALLER}.\n")
    assert [one["call_sid"] for one in listed()] == ["CA1a"]
    assert {one["call_sid"]: one["state"] for one in listed("--all")} == {"CA1a": "new", "CA1b": "done"}


def test_programs_get_everything(tmp_path: Path) -> None:
    left(tmp_path, WISH)
    shown = json.loads(run("messages", "show", "CA1b", "--json").output)
    assert (shown["kind"], shown["at"], shown["caller"]) == ("callback", "2026-11-23T12:00:00+00:00", CALLER)


@pytest.mark.parametrize(
    ("which", "told"), [("CA9", "No call CA9 has left anything."), ("CA1", "2 messages begin with CA1.")]
)
def test_a_message_that_cannot_be_told_is_asked_for_again(tmp_path: Path, which: str, told: str) -> None:
    left(tmp_path, SPOKEN, WISH)
    shown = run("messages", "show", which)
    assert shown.exit_code == WRONG_USE
    assert told in shown.output


# ---- the document for another host


def test_the_fallback_of_a_line_dials_its_representative_or_says_sorry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = plant(tmp_path, {"shop/line.toml": with_line('handoff_number = "+12125550150"')})
    monkeypatch.setenv("FRONTLINE_PROMPTS", str(prompts))
    response = ElementTree.fromstring(run("fallback", "shop").output)
    assert [verb.tag for verb in response] == ["Say", "Dial", "Hangup"]
    assert (response[0].text, response[1][0].text) == ("handing_off in en", "+12125550150")
    plant(tmp_path)
    response = ElementTree.fromstring(json.loads(run("fallback", "--json").output)["shop"])
    assert [(verb.tag, verb.text) for verb in response] == [("Say", "apology in en"), ("Hangup", None)]


def test_a_fallback_for_no_line_names_those_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_PROMPTS", str(plant(tmp_path)))
    shown = run("fallback", "shpo")
    assert shown.exit_code == WRONG_USE
    assert "There are: shop." in shown.output
