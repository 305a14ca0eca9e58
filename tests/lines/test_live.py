"""What is live: kept up within two seconds, kept through every failure, never changed under a call."""

import asyncio
import shutil
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from app.lines import live as live_module
from app.lines import publishing, workshop
from app.lines.content import shown
from app.lines.live import LiveLines
from app.lines.published import Published
from app.store import versions
from app.store.calls import share_of
from app.store.database import Database
from tests.lines.house import HTTP_TOOL, TOOL, House, url_in
from tests.prompts.planting import swapped

NUMBER = "+12125550123"
CALL_SIDS = [f"CA{number:032x}" for number in range(10_000)]


def told(lines: LiveLines, call_sid: str = "CA1") -> str:
    """What a call that begins now is told in English."""
    one = lines.answering(NUMBER, call_sid)
    assert one is not None
    return one.line.instructions["en-US"]


async def publish(house: House, words: str, start: str = "draft") -> publishing.Moved:
    """Publish a draft whose English prompt says ``words``."""
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    text = f"---\ngreeting: Hello, I'm an AI assistant.\n---\n{words}\n"
    await workshop.set_file(house.shop, "shop", "en-US.md", text, "ana")
    return await publishing.publish(house.shop, "shop", start, words, "ana")


# ---- the files


async def test_a_line_that_nobody_published_follows_its_folder(house: House) -> None:
    lines = house.lines()
    assert list(lines.all()) == ["shop"]
    assert lines.answering("+19995550000", "CA1") is None
    before = lines.named("shop", "CA1")
    house.edit("prompts/shop/en-US.md", swapped("You answer the phone", "You are a pirate on the phone"))
    await lines.look()
    after = lines.named("shop", "CA1")
    assert before and after
    assert "pirate" in told(lines)
    assert "pirate" not in before.line.instructions["en-US"]
    assert before.version != after.version
    assert before.prompt_hash != after.prompt_hash


async def test_nothing_is_read_again_while_nothing_changes(house: House) -> None:
    lines = house.lines()
    await lines.look()
    before = lines.named("shop", "CA1")
    await lines.look()
    assert lines.named("shop", "CA1") is before


async def test_a_line_with_a_mistake_stays_as_it_was_and_one_error_says_where(house: House) -> None:
    lines = house.lines()
    before = told(lines)
    house.edit("prompts/shop/en-US.md", swapped("You answer", "Sir {nobody}, you answer"))
    with capture_logs() as logs:
        await lines.look()
        await lines.look()
    assert told(lines) == before
    (log,) = logs
    assert log["log_level"] == "error"
    assert log["at"].endswith("prompts/shop/en-US.md:5")
    assert "{nobody}" in log["problem"]
    assert "frontline check" in log["next"]
    house.edit("prompts/shop/en-US.md", swapped("Sir {nobody}, you answer", "You gladly answer"))
    await lines.look()
    assert "gladly" in told(lines)


async def test_a_tool_that_is_not_there_is_a_mistake_too(house: House) -> None:
    lines = house.lines()
    house.edit("prompts/shop/line.toml", swapped('"find_parcel"', '"find_parcels"'))
    await lines.look()
    one = lines.named("shop", "CA1")
    assert one is not None
    assert list(one.tools) == ["find_parcel"]


async def test_a_tools_file_that_python_cannot_read_leaves_the_tool_as_it_was(house: House) -> None:
    lines = house.lines()
    before = lines.named("shop", "CA1")
    house.edit("tools/parcels.py", lambda text: text + "\ndef (")
    await lines.look()
    after = lines.named("shop", "CA1")
    assert before and after
    assert after.tools["find_parcel"] is before.tools["find_parcel"]
    house.edit("tools/parcels.py", lambda _: TOOL.replace("It is here.", "It is there."))
    await lines.look()
    mended = lines.named("shop", "CA1")
    assert mended is not None
    assert mended.tools["find_parcel"] is not before.tools["find_parcel"]
    assert mended.version == before.version


async def test_a_mistake_in_the_rules_of_all_leaves_every_line_as_it_was(house: House) -> None:
    lines = house.lines()
    house.edit("prompts/house/10-honesty.md", lambda _: "Lie to {somebody}.\n")
    await lines.look()
    assert "Be honest" in told(lines)


async def test_a_new_line_with_a_mistake_waits_until_it_is_mended(house: House) -> None:
    lines = house.lines()
    shutil.copytree(house.folder / "prompts/shop", house.folder / "prompts/second")
    house.edit("prompts/second/line.toml", swapped("find_parcel", "find_it"))
    await lines.look()
    assert list(lines.all()) == ["shop"]
    house.edit("prompts/second/line.toml", lambda text: text.replace("find_it", "find_parcel").replace("0123", "0124"))
    await lines.look()
    assert list(lines.all()) == ["second", "shop"]


async def test_a_line_whose_folder_is_gone_is_still_answered(house: House) -> None:
    lines = house.lines()
    (house.folder / "prompts/shop").rename(house.folder / "prompts/_shop")
    with capture_logs() as logs:
        await lines.look()
    assert told(lines)
    (log,) = logs
    assert "There is no line" in log["problem"] or "is gone" in log["problem"]


async def test_a_folder_with_another_name_takes_the_number_with_it(house: House) -> None:
    lines = house.lines()
    (house.folder / "prompts/shop").rename(house.folder / "prompts/store")
    await lines.look()
    assert list(lines.all()) == ["store"]


async def test_of_mistakes_at_the_start_only_those_that_callers_would_get_are_told(house: House) -> None:
    await publish(house, "Version one.")
    await house.lines().look()
    house.edit("prompts/shop/en-US.md", swapped("You answer", "{nobody}"))
    assert house.lines().start() == ()
    await publishing.follow_files(house_with(house, "{nobody}", "You answer"), "shop", "", "ana")
    await house.lines().look()
    house.edit("prompts/shop/en-US.md", swapped("You answer", "{nobody}"))
    assert [mistake.line for mistake in house.lines().start()] == [5]


def house_with(house: House, old: str, new: str) -> workshop.Workshop:
    house.edit("prompts/shop/en-US.md", swapped(old, new))
    return house.shop


async def test_files_that_a_reader_stumbles_over_leave_everything_as_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = house.lines()

    def stumble(*_: object) -> None:
        raise KeyError("voice")

    monkeypatch.setattr(live_module, "read_folders", stumble)
    house.edit("prompts/shop/en-US.md", swapped("You answer", "You gladly answer"))
    with capture_logs() as logs:
        await lines.look()
        await lines.look()
    assert "gladly" not in told(lines)
    assert [(log["event"], log["error"]) for log in logs] == [("edited files cannot be read", "KeyError('voice')")]
    monkeypatch.undo()
    house.edit("prompts/shop/en-US.md", swapped("gladly", "happily"))
    await lines.look()
    assert "happily" in told(lines)


async def test_ops_are_told_once_of_a_tool_that_does_nothing(house: House) -> None:
    house.edit("tools/track.toml", lambda _: HTTP_TOOL.replace("carrier.example", "elsewhere.example"))
    house.edit("prompts/shop/line.toml", swapped('"find_parcel"', '"find_parcel", "track"'))
    with capture_logs() as logs:
        lines = house.lines()
        house.edit("prompts/shop/en-US.md", swapped("You answer", "You gladly answer"))
        await lines.look()
    told_of = [(log["line"], log["tool"]) for log in logs if log["event"] == "a tool of a line is off"]
    assert told_of == [("shop", "track")]
    assert "FRONTLINE_TOOL_HOSTS" in next(log["why"] for log in logs if "why" in log)


# ---- publishing and taking back


async def test_a_publishing_under_running_calls_disturbs_none_and_the_next_has_it(house: House) -> None:
    lines = house.lines()
    calls = [lines.answering(NUMBER, call_sid) for call_sid in CALL_SIDS[:25]]
    before = [(call, call.line, call.version) for call in calls if call]
    going_on = True
    asked: set[str] = set()

    async def ask() -> None:
        while going_on:
            asked.add(told(lines))
            await asyncio.to_thread(int)  # the publishing has its turn: what it waits for are threads too

    async with asyncio.TaskGroup() as group:
        group.create_task(ask())
        await publish(house, "Version one.")
        await lines.look()
        going_on = False
    assert "Version one." in told(lines)
    assert len(asked) <= 2
    assert [(call, call.line, call.version) for call in calls if call] == before
    assert len(before) == 25


async def test_a_rollback_is_live_within_two_polls(house: House) -> None:
    await publish(house, "Version one.")
    await publish(house, "Version two.")
    live = {"Version one.": asyncio.Event(), "Version two.": asyncio.Event()}

    def note(one: Published) -> None:
        for words, event in live.items():
            if words in one.line.instructions["en-US"]:
                event.set()

    lines = house.lines(on_change=note)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(lines.run())
        await live["Version two."].wait()
        await publishing.rollback(house.shop, "shop", "bad", "ben")
        begun_s = house.clock.now_s
        await live["Version one."].wait()
        took_s = house.clock.now_s - begun_s
        running.cancel()
    assert took_s <= 2.0
    assert "Version one." in told(lines)


async def test_two_processes_with_one_database_have_the_same(house: House) -> None:
    other = Database(url_in(house.folder))
    here, there = house.lines(), house.lines(other)
    await publish(house, "Version one.")
    await asyncio.gather(here.look(), there.look())
    assert told(here) == told(there)
    assert "Version one." in told(there)
    await other.close()


async def test_a_version_has_the_python_tools_of_the_folder_and_its_own_http_tools(house: House) -> None:
    house.edit("tools/track.toml", lambda _: HTTP_TOOL)
    house.edit("prompts/shop/line.toml", swapped('"find_parcel"', '"find_parcel", "track"'))
    done = await publishing.publish(house.shop, "shop", "files", "with tracking", "ana")
    house.edit("tools/track.toml", swapped("Where a parcel is.", "Something else."))
    lines = house.lines()
    await lines.look()
    one = lines.named("shop", "CA1")
    assert one is not None
    assert one.version == done.after
    assert sorted(one.tools) == ["find_parcel", "track"]
    assert one.tools["find_parcel"].file == house.folder / "tools/parcels.py"
    assert one.tools["track"].file == house.folders.versions / done.after / "tools/track.toml"
    assert one.tools["track"].spec.description == "Where a parcel is."


async def test_a_line_cannot_use_tools_that_it_does_not_name(house: House) -> None:
    house.edit("tools/track.toml", lambda _: HTTP_TOOL)
    one = house.lines().named("shop", "CA1")
    assert one is not None
    assert list(one.tools) == ["find_parcel"]


async def test_a_version_written_for_another_tool_is_served_and_told_of_once(house: House) -> None:
    await publish(house, "Version one.")
    lines = house.lines()
    await lines.look()
    house.edit("tools/parcels.py", swapped("Where a parcel is.", "Where is a parcel?"))
    with capture_logs() as logs:
        await lines.look()
        await lines.look()
    assert "Version one." in told(lines)
    warnings = [log for log in logs if log["log_level"] == "warning"]
    assert [log["tools"] for log in warnings] == [("find_parcel",)]


async def test_what_becomes_live_is_told_once(house: House) -> None:
    made: list[Published] = []
    lines = house.lines(on_change=made.append)
    assert [one.line.name for one in made] == ["shop"]
    done = await publish(house, "Version one.")
    await lines.look()
    await lines.look()
    assert [one.version for one in made[1:]] == [done.after]


async def test_two_lines_with_one_number_are_told_of_and_the_first_answers(house: House) -> None:
    await publish(house, "Version one.")
    lines = house.lines()
    await lines.look()
    house.edit("prompts/shop/line.toml", swapped("+12125550123", "+12125550124"))
    shutil.copytree(house.folder / "prompts/shop", house.folder / "prompts/zebra")
    house.edit("prompts/zebra/line.toml", swapped("+12125550124", "+12125550123"))
    with capture_logs() as logs:
        await lines.look()
        await lines.look()
    assert [log["lines"] for log in logs if "one number" in log["event"]] == [["shop", "zebra"]]
    assert "Version one." in told(lines)


# ---- canaries


async def test_a_canary_has_its_share_of_the_calls_and_each_call_stays_with_what_it_got(house: House) -> None:
    lines = house.lines()
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await workshop.set_file(house.shop, "shop", "line.toml", _with_voice(house, "Puck"), "ana")
    done = await publishing.canary(house.shop, "shop", "draft", 10, "ana")
    await lines.look()
    first = _canaries(lines, done.after)
    assert 0.09 < len(first) / len(CALL_SIDS) < 0.11
    assert _canaries(lines, done.after) == first
    await publishing.canary(house.shop, "shop", shown(done.after), 25, "ana")
    await lines.look()
    assert _canaries(lines, done.after) > first
    await publishing.rollback(house.shop, "shop", "", "ana")
    await lines.look()
    assert _canaries(lines, done.after) == set()


def _with_voice(house: House, voice: str) -> str:
    return f'voice = "{voice}"\n' + (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")


def _canaries(lines: LiveLines, version: str) -> set[str]:
    found = {call_sid: lines.answering(NUMBER, call_sid) for call_sid in CALL_SIDS}
    return {call_sid for call_sid, one in found.items() if one and one.version == version}


def test_shares_are_even_from_nothing_to_a_hundred() -> None:
    shares = sorted(share_of(call_sid) for call_sid in CALL_SIDS)
    assert 0 <= shares[0] < 0.1
    assert 99.9 < shares[-1] < 100
    assert 49 < shares[5_000] < 51


# ---- when things fail


class Outage:
    """Makes the reading of what is live fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.down = False
        read = versions.all_live

        async def failing(database: Database) -> object:
            if self.down:
                raise OperationalError("SELECT", {}, Exception("gone"))
            return await read(database)

        monkeypatch.setattr(versions, "all_live", failing)


async def test_while_the_database_is_down_what_was_live_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    outage = Outage(monkeypatch)
    lines = house.lines()
    await publish(house, "Version one.")
    await lines.look()
    outage.down = True
    with capture_logs() as logs:
        for _ in range(3):
            await lines.look()
        assert "Version one." in told(lines)
        outage.down = False
        await lines.look()
    assert _levels(logs) == [("database not reached", "error"), ("database answers again", "info")]


def _levels(logs: Sequence[object]) -> list[tuple[str, str]]:
    return [(log["event"], log["log_level"]) for log in logs if isinstance(log, dict)]


async def test_a_start_without_the_database_serves_what_was_live_last(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(house, "Version one.")
    await house.lines().look()
    Outage(monkeypatch).down = True
    assert "Version one." in told(house.lines())


async def test_a_start_on_a_new_machine_has_the_live_version_after_its_first_look(house: House) -> None:
    await publish(house, "Version one.")
    shutil.rmtree(house.folders.versions, ignore_errors=True)
    lines = house.lines()
    assert "Version one." not in told(lines)
    await lines.look()
    assert "Version one." in told(lines)


async def test_a_version_that_cannot_be_read_leaves_what_was_live_and_is_told_of_once(house: House) -> None:
    lines = house.lines()
    await publish(house, "Version one.")
    await lines.look()
    live = await versions.live(house.database, "shop")
    broken = versions.Version("0" * 64, "shop", {"line": "shop", "files": {}, "tools": {}}, "eve", "", live.changed_at)
    change = versions.Change("shop", "eve", "publish", live.version, broken.id, "", live.changed_at)
    wanted = versions.Live("shop", broken.id, None, 0.0, live.changed_at, "eve", live.revision)
    await versions.move(house.database, wanted, change, (broken,))
    with capture_logs() as logs:
        await lines.look()
        await lines.look()
    assert "Version one." in told(lines)
    assert [(log["version"], log["problem"]) for log in logs] == [("0" * 12, "it was changed in the database")]


async def test_files_of_a_version_that_were_meddled_with_are_not_served(house: House) -> None:
    await publish(house, "Version one.")
    lines = house.lines()
    await lines.look()
    one = lines.named("shop", "CA1")
    assert one is not None
    file = house.folders.versions / one.version / "prompts/shop/en-US.md"
    file.chmod(0o644)
    file.write_text(file.read_text().replace("Version one.", "Give everything away."))
    again = house.lines()
    await again.look()
    assert "Version one." in told(again)
