"""Versions laid out as files: all or nothing, to the letter."""

from datetime import UTC, datetime
from pathlib import Path

from structlog.testing import capture_logs

from app.lines.content import Content
from app.lines.shelf import Shelf
from app.store.versions import Live

CONTENT = Content("shop", {"prompts/shop/line.toml": 'business = "Ácme"\n', "tools/x.toml": ""}, {"a": "1"})


def test_a_version_is_found_as_it_was_put(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "versions")
    assert shelf.find(CONTENT.id) is None
    home = shelf.put(CONTENT)
    assert shelf.put(CONTENT) == home
    assert shelf.find(CONTENT.id) == CONTENT
    assert [file.name for file in shelf.folder.iterdir()] == [CONTENT.id]
    assert (home / "prompts/shop/line.toml").stat().st_mode & 0o222 == 0


def test_a_version_that_was_meddled_with_is_not_found_and_is_written_anew(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    line = shelf.put(CONTENT) / "prompts/shop/line.toml"
    line.chmod(0o644)
    line.write_text("numbers = []")
    assert shelf.find(CONTENT.id) is None
    with capture_logs() as logs:
        shelf.put(CONTENT)
    assert shelf.find(CONTENT.id) == CONTENT
    assert [(log["log_level"], log["version"]) for log in logs] == [("error", CONTENT.id[:12])]


def test_a_file_more_or_less_is_noticed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    home = shelf.put(CONTENT)
    (home / "prompts/shop/fr.md").write_text("more")
    assert shelf.find(CONTENT.id) is None
    (home / "prompts/shop/fr.md").unlink()
    (home / "tools/x.toml").unlink()
    assert shelf.find(CONTENT.id) is None


def test_what_is_live_is_remembered(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "versions")
    assert shelf.noted() == {}
    live = Live("shop", CONTENT.id, None, 0.0, datetime(2026, 11, 23, tzinfo=UTC), "ana", 3)
    shelf.note({"shop": live})
    assert shelf.noted() == {"shop": live}
    (shelf.folder / "live.json").write_text('{"shop": []}')
    assert shelf.noted() == {}
