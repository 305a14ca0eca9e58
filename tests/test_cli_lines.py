"""`frontline lines`: a manager changes what callers get, sees it, and takes it back."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.ends import FAILED, OK, WRONG_USE
from tests.lines.house import TOOL
from tests.prompts.planting import plant, swapped

COMMANDS = ("list", "show", "diff", "draft", "check", "publish", "rollback", "canary", "follow", "export", "history")
ENGLISH = "---\ngreeting: Hello, I'm an AI assistant.\n---\n{words}\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one line and one tool, without a setting."""
    for name in os.environ:
        if name.startswith(
            ("FRONTLINE_", "TWILIO_", "GEMINI_", "GOOGLE_", "PUBLIC_URL", "DATABASE_URL", "PORT", "HOST")
        ):
            monkeypatch.delenv(name)
    plant(tmp_path, {"shop/line.toml": swapped('"end_call"', '"end_call", "find_parcel"')})
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "parcels.py").write_text(TOOL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    return runner.invoke(app, ["lines", *arguments])


def done(*arguments: str) -> str:
    """What a command prints that must not fail."""
    shown = run(*arguments)
    assert shown.exit_code == OK, shown.output
    return shown.stdout


def publish(place: Path, words: str, by: str = "ana") -> str:
    """The short id of a version that says ``words``."""
    (place / "new.md").write_text(ENGLISH.format(words=words), encoding="utf-8")
    done("draft", "shop", "--from", "live", "--set", "en-US.md=new.md", "--by", by)
    told = json.loads(done("publish", "shop", "--note", words, "--by", by, "--json"))
    return str(told["live"])[:12]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = run(command, "--help")
    assert (shown.exit_code, "Usage" in shown.output) == (OK, True)


def test_the_list_has_every_line_and_what_its_callers_get(place: Path) -> None:
    assert done("list").split() == ["shop", "files", "+12125550123"]
    id = publish(place, "One.")
    assert done("list").split()[:2] == ["shop", id]
    (told,) = json.loads(done("list", "--json"))
    assert (told["line"], told["live"][:12], told["changed_by"], told["live_revision"]) == ("shop", id, "ana", 1)


def test_a_line_that_cannot_be_read_keeps_none_of_the_others_from_the_list(place: Path) -> None:
    (place / "prompts" / "odd").mkdir()
    (place / "prompts" / "odd" / "line.toml").write_bytes(b'business = "\xff"')
    odd, shop = done("list").splitlines()
    assert odd.startswith("odd          cannot be read: ")
    assert "UTF-8" in odd
    assert shop.startswith("shop")
    assert [told["line"] for told in json.loads(done("list", "--json"))] == ["odd", "shop"]


def test_a_line_is_shown_in_plain_words(place: Path) -> None:
    assert "Who calls shop (+12125550123) gets what the files say now" in done("show", "shop")
    id = publish(place, "One.")
    told = done("show", "shop")
    assert f"gets version {id}, live since" in told
    assert 'by ana: "One."' in told
    assert "The files in the folders differ from it: frontline lines diff shop live files" in told
    assert "a minute for the model" in told


def test_since_when_a_line_is_live_and_both_revisions_are_shown(place: Path) -> None:
    publish(place, "One.", "marie")
    (place / "new.md").write_text(ENGLISH.format(words="Canary."), encoding="utf-8")
    done("draft", "shop", "--from", "live", "--set", "en-US.md=new.md")
    done("canary", "shop", "draft", "10%", "--by", "root")
    told = done("show", "shop")
    assert 'by marie: "One."' in told
    assert "What is live is at revision 2 (--live-revision)." in told
    assert "revision 2 (--revision), saved" in told
    shown = json.loads(done("show", "shop", "--json"))
    assert (shown["live_by"], shown["live_revision"], shown["draft"]["revision"]) == ("marie", 2, 2)


def test_the_revision_of_the_draft_is_the_one_to_publish_it_with(place: Path) -> None:
    for words in ("One.", "Two.", "Three."):
        publish(place, words)
    (place / "new.md").write_text(ENGLISH.format(words="Four."), encoding="utf-8")
    done("draft", "shop", "--from", "live", "--set", "en-US.md=new.md", "--by", "ana")
    late = run("publish", "shop", "--note", "late", "--revision", "1")
    assert (late.exit_code, "is at revision 2, saved by ana, not at 1" in late.stderr) == (FAILED, True)
    behind = run("publish", "shop", "--note", "late", "--live-revision", "1")
    assert (behind.exit_code, "is at revision 3 now" in behind.stderr) == (FAILED, True)
    done("publish", "shop", "--note", "Four.", "--revision", "2", "--live-revision", "3")
    gone = run("publish", "shop", "--note", "again", "--revision", "2")
    assert (gone.exit_code, "shop has no draft" in gone.stderr) == (WRONG_USE, True)
    files = run("publish", "shop", "--files", "--note", "x", "--revision", "2")
    assert (files.exit_code, "--live-revision" in files.output) == (WRONG_USE, True)


def test_files_that_are_what_is_live_are_not_compared_with_themselves(place: Path) -> None:
    told = done("check", "shop")
    assert "nothing else is live to compare with" in told
    assert "+0 tokens" not in told
    publish(place, "One.")
    assert "against what is live" in done("check", "shop")


def test_a_change_without_a_note_ends_with_who_made_it(place: Path) -> None:
    publish(place, "One.")
    done("rollback", "shop", "--by", "ben")
    assert done("history", "shop").splitlines()[0].endswith(" ben")


def test_a_tool_that_is_another_now_is_told_of(place: Path) -> None:
    publish(place, "One.")
    (place / "tools" / "parcels.py").write_text(TOOL.replace("Where a parcel", "Where the parcel"), encoding="utf-8")
    assert "written for other tools than there are now (find_parcel)" in done("show", "shop")


def test_a_version_is_shown_by_the_beginning_of_its_id(place: Path) -> None:
    id = publish(place, "One.")
    told = done("show", "shop", "--version", id[:6])
    assert f"Version {id} of shop, by ana" in told
    assert "prompts/shop/en-US.md" in told
    assert json.loads(done("show", "shop", "--version", id, "--json"))["tools"].keys() == {"find_parcel"}


def test_from_a_draft_to_callers_and_back(place: Path) -> None:
    (place / "new.md").write_text(ENGLISH.format(words="Be a pirate."), encoding="utf-8")
    told = done("draft", "shop", "--set", "en-US.md=new.md", "--by", "ana")
    assert "+Be a pirate." in told
    assert "frontline lines check shop --draft" in told
    assert "Be a pirate." in done("draft", "shop", "--show")
    checked = done("check", "shop", "--draft")
    assert "No mistakes found" in checked or "no mistakes" in checked
    assert "against what is live" in checked
    told = done("publish", "shop", "--note", "a joke", "--by", "ana")
    assert "The next call has it, within 2 seconds; calls going on keep what they started with." in told
    assert "To take it back: frontline lines rollback shop" in told
    assert "(before: " in done("rollback", "shop", "--note", "no joke", "--by", "ben")
    newest, oldest = done("history", "shop").splitlines()
    assert "rollback" in newest
    assert "ben: no joke" in newest
    assert "ana: a joke" in oldest
    assert done("diff", "shop", "files").strip() == "They are the same."


def test_what_check_refuses_is_not_published_and_says_where(place: Path) -> None:
    (place / "new.md").write_text(ENGLISH.format(words="Ask {nobody}."), encoding="utf-8")
    done("draft", "shop", "--set", "en-US.md=new.md")
    checked = run("check", "shop", "--draft")
    assert checked.exit_code == FAILED
    assert "prompts/shop/en-US.md:4: Nothing is known of {nobody}." in checked.output
    problems = json.loads(run("check", "shop", "--draft", "--json").stdout)["problems"]
    assert ("prompts/shop/en-US.md", 4) in {(problem["file"], problem["line"]) for problem in problems}
    shown = run("publish", "shop", "--note", "bad")
    assert shown.exit_code == FAILED
    assert "prompts/shop/en-US.md:4: Nothing is known of {nobody}." in shown.stderr
    assert "Nothing was published: callers get what they got before." in shown.stderr
    assert done("list").split()[1] == "files"


def test_the_second_editor_is_shown_the_difference(place: Path) -> None:
    (place / "new.md").write_text(ENGLISH.format(words="Ana's."), encoding="utf-8")
    done("draft", "shop", "--set", "en-US.md=new.md", "--by", "ana")
    (place / "new.md").write_text(ENGLISH.format(words="Ben's."), encoding="utf-8")
    shown = run("draft", "shop", "--set", "en-US.md=new.md", "--by", "ben")
    assert shown.exit_code == FAILED
    assert "The draft of shop is ana's, saved as revision 2." in shown.stderr
    assert "+Ben's." in shown.stderr
    (place / "new.md").write_text(ENGLISH.format(words="Ana's."), encoding="utf-8")
    same = run("draft", "shop", "--set", "en-US.md=new.md", "--by", "ben")
    assert same.stderr.strip().endswith("To go on from it, write --revision 2.")
    done("draft", "shop", "--set", "en-US.md=new.md", "--by", "ben", "--revision", "2")


def test_a_canary_has_its_share_and_ends(place: Path) -> None:
    publish(place, "One.")
    (place / "new.md").write_text(ENGLISH.format(words="Canary."), encoding="utf-8")
    done("draft", "shop", "--from", "live", "--set", "en-US.md=new.md")
    told = done("canary", "shop", "draft", "10%")
    assert "10 % of the calls get " in told
    assert "To end it: frontline lines rollback shop" in told
    assert "for 10 %" in done("list")
    assert "A canary, " in done("show", "shop")
    assert "no canary any more" in done("canary", "shop", "live", "0%")
    assert run("canary", "shop", "draft", "many").exit_code == WRONG_USE
    assert run("canary", "shop", "draft", "101%").exit_code == WRONG_USE


def test_a_version_without_a_note_is_shown_without_one(place: Path) -> None:
    publish(place, "One.")
    (place / "new.md").write_text(ENGLISH.format(words="Canary."), encoding="utf-8")
    done("draft", "shop", "--from", "live", "--set", "en-US.md=new.md")
    told = json.loads(done("canary", "shop", "draft", "10%", "--json"))
    assert '""' not in done("show", "shop", "--version", told["canary"])


def test_two_versions_are_compared_by_their_ids(place: Path) -> None:
    one, two = publish(place, "One."), publish(place, "Two.")
    told = done("diff", one, two)
    assert "-One." in told
    assert "+Two." in told
    assert json.loads(done("diff", "shop", one, two, "--json"))["files"].keys() == {"prompts/shop/en-US.md"}
    assert run("diff", one).exit_code == WRONG_USE
    assert run("diff", one, "ffffffff").exit_code == WRONG_USE


def test_what_is_live_is_written_into_the_files_and_they_are_followed_again(place: Path) -> None:
    publish(place, "One.")
    assert "written  prompts/shop/en-US.md" in done("export", "shop")
    assert "One." in (place / "prompts/shop/en-US.md").read_text(encoding="utf-8")
    assert "live is the files now" in done("follow", "shop", "--note", "git")
    (place / "prompts/shop/en-US.md").write_text("mine\n", encoding="utf-8")
    shown = run("export", "shop", "--to", str(place))
    assert shown.exit_code == OK  # the line follows its files: they are what is live


def test_an_edit_that_no_version_has_is_not_written_over(place: Path) -> None:
    publish(place, "One.")
    (place / "prompts/shop/en-US.md").write_text("An evening of work.\n", encoding="utf-8")
    shown = run("export", "shop")
    assert shown.exit_code == FAILED
    assert "-An evening of work." in shown.stderr
    assert "--force" in shown.stderr
    assert "written  prompts/shop/en-US.md" in done("export", "shop", "--force")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "shpo"), 'There is no line shpo. Did you mean "shop"'),
        (("show", "shop", "--version", "3f2a"), "shop has no versions yet"),
        (("publish", "shop", "--draft", "--note", "x"), "shop has no draft. Begin one: frontline lines draft shop"),
        (("rollback", "shop"), "shop has nothing to go back to"),
        (("draft", "shop", "--set", "tools/evil.py=new.md"), "is no file of the line shop"),
        (("draft", "shop", "--set", "en-US.md=missing.md"), "missing.md cannot be read"),
    ],
)
def test_wrong_use_is_said_in_one_line(place: Path, arguments: tuple[str, ...], told: str) -> None:
    (place / "new.md").write_text("x", encoding="utf-8")
    shown = run(*arguments)
    assert shown.exit_code == WRONG_USE
    assert told in shown.stderr


def test_a_note_is_needed_to_publish_and_the_author_is_the_user_by_default(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("publish", "shop").exit_code == WRONG_USE
    assert run("publish", "shop", "--note", "x", "--files", "--draft").exit_code == WRONG_USE
    monkeypatch.setenv("LOGNAME", "carla")
    done("publish", "shop", "--files", "--note", "as it is")
    assert "by carla" in done("show", "shop")
    again = run("publish", "shop", "--files", "--note", "again")
    assert (again.exit_code, "has exactly this already" in again.stderr) == (WRONG_USE, True)


def test_a_database_that_does_not_answer_is_said_in_one_line(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "frontline.db").write_bytes(b"this is no database, whatever its name says" * 100)
    shown = run("list")
    assert shown.exit_code == FAILED
    assert "The database does not answer (DatabaseError). See `frontline doctor`." in shown.stderr
