"""Drafts, their mistakes and differences: nobody overwrites anybody, nothing is lost."""

import shutil
from pathlib import Path

import pytest

from app.lines import publishing, workshop
from app.lines.content import NoPlace, content_from
from app.lines.workshop import Conflict, Refused, Unknown
from app.store import versions
from app.store.versions import FILES
from tests.lines.house import HTTP_TOOL, House, publish, words_of, write
from tests.prompts.planting import swapped

# ---- drafts


async def test_a_draft_changes_nothing_for_callers(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    draft = await write(house, "New.")
    assert (draft.author, draft.revision) == ("ana", 2)
    assert await words_of(house) == "It is {weekday}."
    assert await words_of(house, "draft") == "New."
    assert (await versions.live(house.database, "shop")).version == FILES


async def test_a_draft_may_begin_as_any_state_was(house: House) -> None:
    one = await publish(house, "One.")
    await publish(house, "Two.")
    await workshop.begin_draft(house.shop, "shop", one.after[:8], "ana")
    assert await words_of(house, "draft") == "One."
    await workshop.begin_draft(house.shop, "shop", "files", "ana")
    assert await words_of(house, "draft") == "It is {weekday}."


async def test_the_second_to_save_a_draft_is_shown_the_difference(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Ana's.", "ana")
    with pytest.raises(Conflict, match=r"is ana's, saved as revision 2") as caught:
        await write(house, "Ben's.", "ben")
    shown = caught.value.difference.as_text()
    assert "-Ana's." in shown
    assert "+Ben's." in shown
    await write(house, "Ben's.", "ben", revision=2)
    with pytest.raises(Conflict, match="is ben's, saved as revision 3"):
        await write(house, "Ana's again.", "ana", revision=2)
    assert await words_of(house, "draft") == "Ben's."


async def test_a_draft_that_says_the_same_already_is_not_called_a_change(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "The same.", "ana")
    with pytest.raises(Conflict, match="It says what you were saving: there is nothing to save") as caught:
        await write(house, "The same.", "ben")
    assert "would change" not in str(caught.value)


async def test_whoever_begins_a_draft_over_another_hears_that_it_is_thrown_away(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Ana's.", "ana")
    with pytest.raises(Conflict, match="To throw away what it holds, write --revision 2"):
        await workshop.begin_draft(house.shop, "shop", "live", "ben")
    with pytest.raises(Conflict, match="saved as revision 2, not 1"):
        await workshop.begin_draft(house.shop, "shop", "live", "ben", 1)


async def test_of_two_windows_of_one_person_the_second_is_refused_too(house: House) -> None:
    begun = await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "First window.", revision=begun.revision)
    with pytest.raises(Conflict):
        await write(house, "Second window.", revision=begun.revision)


async def test_a_draft_that_is_gone_is_not_saved_over(house: House) -> None:
    begun = await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await versions.drop_draft(house.database, "shop", begun.revision)
    with pytest.raises(Unknown, match="has no draft"):
        await write(house, "Late.", revision=begun.revision)


async def test_a_file_is_taken_out_of_a_draft(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    draft = await workshop.set_file(house.shop, "shop", "es.md", None, "ana")
    assert "prompts/shop/es.md" not in content_from(draft.content).files
    with pytest.raises(Unknown, match=r"has no prompts/shop/es\.md"):
        await workshop.set_file(house.shop, "shop", "es.md", None, "ana")


async def test_a_file_of_something_else_cannot_be_written(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    with pytest.raises(NoPlace):
        await workshop.set_file(house.shop, "shop", "tools/evil.py", "import os", "ana")


async def test_a_line_that_is_not_there_is_named_with_what_was_meant(house: House) -> None:
    with pytest.raises(Unknown, match=r'There is no line shpo\. Did you mean "shop"'):
        await workshop.begin_draft(house.shop, "shpo", "live", "ana")


# ---- mistakes


async def test_mistakes_of_a_draft_are_told_with_its_own_files(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Ask {nobody}.")
    line = (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")
    await workshop.set_file(house.shop, "shop", "line.toml", line.replace("find_parcel", "find_it"), "ana")
    found = await workshop.check(house.shop, await workshop.named(house.shop, "shop", "draft"))
    errors = {(str(problem.file), problem.line) for problem in found if problem.severity == "error"}
    assert errors == {("prompts/shop/en-US.md", 4), ("prompts/shop/line.toml", 7)}


@pytest.mark.parametrize(
    ("file", "edit", "told"),
    [
        ("line.toml", swapped('"find_parcel"', '"find_it"'), "no tool"),
        ("line.toml", swapped('"es-US"', '"fr-FR"'), "no prompt"),
        ("en-US.md", swapped("{weekday}", "{nobody}"), "Nothing is known"),
        ("en-US.md", swapped("an AI assistant", "an assistant"), "does not say that an AI"),
        ("line.toml", swapped('vad = "telephone"', 'voice = "Nobody"'), "voice"),
        ("line.toml", swapped('business = "Acme"', 'business = "Acme'), "Write"),
    ],
)
async def test_what_check_refuses_is_not_published(house: House, file: str, edit: object, told: str) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    text = (house.folder / "prompts/shop" / file).read_text(encoding="utf-8")
    assert callable(edit)
    await workshop.set_file(house.shop, "shop", file, edit(text), "ana")
    with pytest.raises(Refused) as caught:
        await publishing.publish(house.shop, "shop", "draft", "bad", "ana")
    assert any(told in problem.what for problem in caught.value.problems)
    assert (await versions.live(house.database, "shop")).revision == 0
    assert await versions.versions_of(house.database, "shop") == []


async def test_mistakes_of_other_lines_and_their_tools_hold_nobody_up(house: House) -> None:
    shutil.copytree(house.folder / "prompts/shop", house.folder / "prompts/other")
    house.edit("prompts/other/line.toml", lambda text: text.replace("0123", "0124") + "nonsense = 1\n")
    house.edit("tools/broken.py", lambda _: "def (")
    house.edit("tools/spare.toml", lambda _: "nonsense")
    assert (await publish(house, "One.")).live.revision == 1


async def test_a_draft_brings_an_http_tool_that_no_folder_has(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await workshop.set_file(house.shop, "shop", "tools/track.toml", HTTP_TOOL, "ana")
    line = (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")
    await workshop.set_file(house.shop, "shop", "line.toml", line.replace("find_parcel", "track"), "ana")
    done = await publishing.publish(house.shop, "shop", "draft", "with tracking", "ana")
    content = await workshop.named(house.shop, "shop", "live")
    assert (content.tools, "tools/track.toml" in content.files) == ({}, True)
    lines = house.lines()
    await lines.look()
    one = lines.named("shop", "CA1")
    assert one is not None
    assert (one.version, list(one.tools)) == (done.after, ["track"])


async def test_a_tool_of_a_draft_reaches_no_host_that_ops_have_not_allowed(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    tool = HTTP_TOOL.replace("carrier.example", "evil.example")
    await workshop.set_file(house.shop, "shop", "tools/track.toml", tool, "ana")
    line = (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")
    await workshop.set_file(house.shop, "shop", "line.toml", line.replace("find_parcel", "track"), "ana")
    content = await workshop.whole(house.shop, await workshop.named(house.shop, "shop", "draft"))
    one = await workshop.readable(house.shop, content)
    assert "evil.example" in one.tools["track"].off


async def test_a_number_that_another_line_has_is_not_published(house: House) -> None:
    await publish(house, "One.")
    shutil.copytree(house.folder / "prompts/shop", house.folder / "prompts/second")
    house.edit("prompts/second/line.toml", swapped("0123", "0124"))
    await publishing.publish(house.shop, "second", "files", "its own number", "ana")
    await workshop.begin_draft(house.shop, "second", "live", "ana")
    text = (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")
    await workshop.set_file(house.shop, "second", "line.toml", text, "ana")
    with pytest.raises(Refused) as caught:
        await publishing.publish(house.shop, "second", "draft", "mine", "ana")
    (problem,) = caught.value.problems
    assert (str(problem.file), problem.line) == ("prompts/second/line.toml", 2)
    assert "answered by the line shop already" in problem.what


async def test_a_language_brings_its_phrases_along(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    line = (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")
    await workshop.set_file(house.shop, "shop", "line.toml", line.replace('    "es-US",\n', ""), "ana")
    await workshop.set_file(house.shop, "shop", "es.md", None, "ana")
    await publishing.publish(house.shop, "shop", "draft", "English alone", "ana")
    assert "prompts/phrases/es.toml" not in (await workshop.named(house.shop, "shop", "live")).files
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await workshop.set_file(house.shop, "shop", "line.toml", line, "ana")
    spanish = (house.folder / "prompts/shop/es.md").read_text(encoding="utf-8")
    await workshop.set_file(house.shop, "shop", "es.md", spanish, "ana")
    await publishing.publish(house.shop, "shop", "draft", "Spanish again", "ana")
    assert "prompts/phrases/es.toml" in (await workshop.named(house.shop, "shop", "live")).files


# ---- differences


async def test_a_difference_says_the_settings_in_words_and_the_files_line_by_line(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    line = (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")
    changed = 'voice = "Puck"\n' + line.replace("09:00-18:00", "10:00-18:00").replace('vad = "telephone"\n', "")
    await workshop.set_file(house.shop, "shop", "line.toml", changed, "ana")
    await workshop.set_file(house.shop, "shop", "es.md", None, "ana")
    found = await publishing.diff(house.shop, "shop", "live", "draft")
    assert found.settings == (
        'vad: "telephone" -> (not written)',
        'hours.monday: "09:00-18:00" -> "10:00-18:00"',
        'voice: (not written) -> "Puck"',
    )
    assert list(found.files) == ["prompts/shop/es.md", "prompts/shop/line.toml"]
    assert "+++ /dev/null" in found.files["prompts/shop/es.md"]
    assert '+voice = "Puck"' in found.as_text()
    assert not await publishing.diff(house.shop, "shop", "live", "files")


async def test_a_difference_says_which_tools_are_others(house: House, tmp_path: Path) -> None:
    await publishing.publish(house.shop, "shop", "files", "as it is", "ana")
    house.edit("tools/parcels.py", swapped("Where a parcel is.", "Where is a parcel?"))
    found = await publishing.diff(house.shop, "shop", "live", "files")
    assert found.tools == ("find_parcel",)
    assert "tool find_parcel" in found.as_text()
