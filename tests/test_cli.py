"""The command line: what it offers, what it prints, and with which code it ends."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.call.events import KeyPressed
from app.cli import app
from app.cli.ends import FAILED, OK, WRONG_USE
from app.store.bundle import pack
from app.store.journal import JournalFolder
from tests.playbook import RULES, STARTED, Scene
from tests.prompts.planting import plant, swapped

COMMANDS = ("serve", "call", "check", "replay", "doctor")
HOUSE = Path(__file__).parents[1]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, without a setting but the folders."""
    for name in os.environ:
        if name.startswith(
            ("FRONTLINE_", "TWILIO_", "GEMINI_", "GOOGLE_", "PUBLIC_URL", "DATABASE_URL", "PORT", "HOST")
        ):
            monkeypatch.delenv(name)
    (tmp_path / "tools").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}).invoke(app, list(arguments))


async def journal_of_a_call(folder: Path, call_sid: str = "CA1") -> Path:
    """A call that rings, is greeted and hangs up, as its journal tells it."""
    folders = JournalFolder(folder)
    journal = folders.open(call_sid, RULES)
    scene = Scene()
    for event in (STARTED, KeyPressed("1")):
        scene.when(event)
        journal.wrote(event, scene.done, scene.now)
    journal.close()
    await folders.flush()
    return journal.path


# ---- help


def test_without_a_command_everything_on_offer_is_shown() -> None:
    shown = run("--help")
    assert shown.exit_code == OK
    assert all(command in shown.output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_without_a_setting(command: str, place: Path) -> None:
    (place / ".env").write_text("PORT=not a port\n")
    shown = run(command, "--help")
    assert (shown.exit_code, "Usage" in shown.output) == (OK, True)


def test_help_takes_no_time_for_what_it_does_not_need() -> None:
    heavy = ("google.genai", "numpy", "starlette", "twilio", "uvicorn")
    script = f"import sys, app.cli; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, timeout=60, check=True
    )
    assert loaded.stdout == "[]\n"


def test_a_command_that_does_not_exist_is_wrong_use() -> None:
    assert run("dance").exit_code == WRONG_USE


# ---- settings


@pytest.mark.parametrize("arguments", [("serve",), ("check",), ("doctor",), ("call",), ("replay", "CA1")])
def test_wrong_settings_are_all_named_at_once(
    place: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("FRONTLINE_CALLS_AT_ONCE", "0")
    monkeypatch.setenv("FRONTLINE_CALS_AT_ONCE", "7")
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    shown = run(*arguments)
    assert shown.exit_code == WRONG_USE
    named = ("PORT is", "FRONTLINE_CALLS_AT_ONCE is", "FRONTLINE_CALS_AT_ONCE is no setting", "TWILIO_REGION needs")
    assert [name for name in named if name not in shown.stderr] == []
    assert shown.stdout == ""


def test_an_option_goes_before_the_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8000")
    shown = run("serve", "--port", "70000")
    assert shown.exit_code == WRONG_USE
    assert 'PORT is "70000"' in shown.stderr


# ---- serve


def test_mistakes_in_the_folders_stop_the_start(place: Path) -> None:
    plant(place, {"shop/line.toml": swapped("business", "busines")})
    shown = run("serve", "--port", "0")
    assert shown.exit_code == WRONG_USE
    assert "line.toml" in shown.stderr
    assert '"busines"' in shown.stderr


def test_a_start_that_fails_later_is_told_to_whoever_started_it(place: Path) -> None:
    environ = {**os.environ, "FRONTLINE_REHEARSAL_OPTIONS": "--ears none", "FRONTLINE_DATA": str(place / "data")}
    environ |= {"FRONTLINE_PROMPTS": str(plant(place)), "FRONTLINE_TOOLS": str(place / "tools")}
    serving = subprocess.run(
        [sys.executable, "-m", "app", "serve", "--port", "0"],
        cwd=HOUSE,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert serving.returncode == WRONG_USE
    assert "Frontline cannot start. The rehearsal's Live server did not start" in serving.stderr
    assert "FRONTLINE_REHEARSAL_OPTIONS" in serving.stderr
    assert "Traceback" not in serving.stderr + serving.stdout


def test_a_port_in_use_is_said_in_one_line(place: Path) -> None:
    plant(place)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = run("serve", "--port", str(port))
    assert shown.exit_code == WRONG_USE
    assert shown.stderr.endswith(
        f"Frontline cannot start. Port {port} is in use already. "
        "End what listens there, or write another port in PORT.\n"
    )


def test_an_address_of_another_machine_is_refused_in_one_line(place: Path) -> None:
    plant(place)
    shown = run("serve", "--port", "0", "--host", "192.0.2.1")
    assert shown.exit_code == WRONG_USE
    assert "Nothing can listen on 192.0.2.1, port 0" in shown.stderr


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("call",)])
def test_a_data_folder_that_cannot_be_written_is_said_in_one_line(
    place: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    plant(place)
    (place / "file").write_text("no folder")
    monkeypatch.setenv("FRONTLINE_DATA", str(place / "file" / "data"))
    shown = run(*command)
    assert shown.exit_code == WRONG_USE
    assert "FRONTLINE_DATA" in shown.stderr
    assert "Not a directory" in shown.stderr
    assert "Traceback" not in shown.stderr


# ---- call


def test_the_model_for_every_line_is_checked(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(place)
    monkeypatch.setenv("FRONTLINE_MODEL", "gemini-10-live")
    shown = run("check")
    assert shown.exit_code == OK
    assert "gemini-10-live is not known" in shown.stdout


def test_a_sound_file_that_is_not_there_or_no_sound_stops_the_call_before_it_begins(place: Path) -> None:
    (place / "words.wav").write_text("words")
    missing = run("call", "--wav", "missing.wav")
    wrong = run("call", "--wav", "words.wav")
    assert (missing.exit_code, wrong.exit_code) == (WRONG_USE, WRONG_USE)
    assert missing.stderr == ("missing.wav cannot be read (No such file or directory). Write the path of a WAV file.\n")
    assert wrong.stderr.startswith("words.wav: not a PCM WAV file")


def test_the_options_of_a_caller_have_the_names_people_look_for(place: Path) -> None:
    shown = run("call", "--help").output
    assert [
        name for name in ("--interrupt-after", "--echo", "--language", "--noise", "--typing") if name not in shown
    ] == []


# ---- check


def test_folders_without_a_mistake_are_well(place: Path) -> None:
    plant(place)
    shown = run("check")
    assert shown.exit_code == OK, shown.output


def test_a_mistake_is_shown_with_its_file_and_line(place: Path) -> None:
    plant(place, {"shop/line.toml": swapped("vad =", "vda =")})
    shown = run("check")
    assert shown.exit_code == FAILED
    assert "prompts/shop/line.toml:8" in shown.stdout
    assert 'Did you mean "vad"?' in shown.stdout


def test_mistakes_are_to_be_had_as_json(place: Path) -> None:
    plant(place, {"shop/line.toml": swapped("vad =", "vda =")})
    shown = run("check", "--json")
    assert shown.exit_code == FAILED
    problems = json.loads(shown.stdout)
    assert [problem["line"] for problem in problems if problem["severity"] == "error"] == [8]


# ---- replay


async def test_a_journal_is_replayed_by_its_path_or_its_callsid(place: Path) -> None:
    path = await journal_of_a_call(place / "data" / "journals")
    for name in (str(path), "CA1"):
        shown = run("replay", name)
        assert (shown.exit_code, shown.stdout) == (OK, "2 steps, 0 differ\n")


async def test_differences_are_shown_with_their_time_and_their_event(place: Path) -> None:
    path = await journal_of_a_call(place / "data" / "journals")
    path.write_text(path.read_text().replace("Hello, this is the assistant.", "Good morning.", 1))
    shown = run("replay", "CA1")
    assert shown.exit_code == FAILED
    assert "1000.000 CallStarted" in shown.stdout
    assert shown.stdout.endswith("2 steps, 1 differ\n")
    as_json = json.loads(run("replay", "CA1", "--json").stdout)
    assert (as_json["steps"], [told["event"] for told in as_json["differences"]]) == (2, ["CallStarted"])


async def test_a_bundle_is_replayed_whole(place: Path) -> None:
    journals = place / "data" / "journals"
    await journal_of_a_call(journals)
    (place / "call.zip").write_bytes(pack(journals, "CA1", {}, {}))
    shown = run("replay", "call.zip")
    assert (shown.exit_code, shown.stdout) == (OK, "2 steps, 0 differ\n")
    (place / "none.zip").write_bytes(b"nothing")
    assert run("replay", "none.zip").exit_code == WRONG_USE


def test_a_journal_that_is_not_there_is_wrong_use(place: Path) -> None:
    shown = run("replay", "CA404")
    assert shown.exit_code == WRONG_USE
    assert "There is no journal CA404" in shown.stderr
    assert "Traceback" not in shown.output


def test_a_file_that_is_no_journal_is_wrong_use(place: Path) -> None:
    (place / "notes.txt").write_text("nothing\n")
    shown = run("replay", "notes.txt")
    assert shown.exit_code == WRONG_USE
    assert "notes.txt does not begin as a journal does" in shown.stderr


# ---- call


def test_a_line_that_does_not_exist_cannot_be_called(place: Path) -> None:
    plant(place)
    shown = run("call", "--line", "shoe")
    assert shown.exit_code == WRONG_USE
    assert "There is no line shoe. There are: shop." in shown.stderr


def test_a_server_nobody_knows_of_cannot_be_called(place: Path) -> None:
    plant(place)
    shown = run("call", "--url", "http://127.0.0.1:9")
    assert shown.exit_code == WRONG_USE
    assert "frontline serve" in shown.stderr


def test_words_to_say_cannot_be_empty() -> None:
    result = run("call", "--say", " ")
    assert result.exit_code == 2
    assert "it needs words" in result.output
