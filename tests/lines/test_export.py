"""Written back into the folders: what is live and what git has are the same, and no edit is lost."""

import pytest

from app.lines import publishing, workshop
from app.lines.export import WouldBeLost, export
from tests.lines.house import House
from tests.prompts.planting import swapped

ENGLISH = "---\ngreeting: Hello, I'm an AI assistant.\n---\n{words}\n"


async def publish(house: House, words: str) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await workshop.set_file(house.shop, "shop", "en-US.md", ENGLISH.format(words=words), "ana")
    await publishing.publish(house.shop, "shop", "draft", words, "ana")


async def test_after_an_export_the_files_are_what_is_live_and_may_be_followed(house: House) -> None:
    await publish(house, "One.")
    done = await export(house.shop, "shop", house.folders.prompts, house.folders.tools)
    assert done.written == ("prompts/shop/en-US.md",)
    live = await workshop.named(house.shop, "shop", "live")
    files = await workshop.named(house.shop, "shop", "files")
    assert files.id == live.id
    again = await export(house.shop, "shop", house.folders.prompts, house.folders.tools)
    assert (again.written, again.removed) == ((), ())
    assert not list((house.folder / "prompts").rglob("*.new"))


async def test_a_file_that_the_live_version_does_not_have_is_removed(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    line = (house.folder / "prompts/shop/line.toml").read_text(encoding="utf-8")
    await workshop.set_file(house.shop, "shop", "line.toml", line.replace('    "es-US",\n', ""), "ana")
    await workshop.set_file(house.shop, "shop", "es.md", None, "ana")
    await publishing.publish(house.shop, "shop", "draft", "English alone", "ana")
    done = await export(house.shop, "shop", house.folders.prompts, house.folders.tools)
    assert done.removed == ("prompts/shop/es.md",)
    assert not (house.folder / "prompts/shop/es.md").exists()
    assert (house.folder / "prompts/phrases/es.toml").exists()


async def test_an_edit_that_no_version_has_is_shown_and_not_written_over(house: House) -> None:
    await publish(house, "One.")
    house.edit("prompts/shop/en-US.md", swapped("It is {weekday}.", "Somebody's evening of work."))
    with pytest.raises(WouldBeLost, match=r"prompts/shop/en-US\.md") as caught:
        await export(house.shop, "shop", house.folders.prompts, house.folders.tools)
    assert 'frontline lines publish shop --files --note "..."' in str(caught.value)
    assert "-Somebody's evening of work." in caught.value.changes["prompts/shop/en-US.md"]
    assert "evening" in (house.folder / "prompts/shop/en-US.md").read_text(encoding="utf-8")
    await export(house.shop, "shop", house.folders.prompts, house.folders.tools, force=True)
    assert "One." in (house.folder / "prompts/shop/en-US.md").read_text(encoding="utf-8")


async def test_an_edit_in_another_folder_cannot_be_published_and_nobody_is_told_to(house: House) -> None:
    await publish(house, "One.")
    out = house.folder / "out"
    (out / "prompts/shop").mkdir(parents=True)
    (out / "prompts/shop/en-US.md").write_text("Somebody's.\n", encoding="utf-8")
    with pytest.raises(WouldBeLost, match="Choose another folder, or write over them with --force") as caught:
        await export(house.shop, "shop", out / "prompts", out / "tools")
    assert "publish" not in str(caught.value)


async def test_a_rule_of_the_house_that_is_new_is_kept_for_the_other_lines(house: House) -> None:
    await publish(house, "One.")
    house.edit("prompts/house/20-new.md", lambda _: "Be brief.\n")
    done = await export(house.shop, "shop", house.folders.prompts, house.folders.tools)
    assert done.left == ("prompts/house/20-new.md",)
    assert (house.folder / "prompts/house/20-new.md").exists()


async def test_a_version_is_exported_into_an_empty_folder(house: House) -> None:
    await publish(house, "One.")
    out = house.folder / "out"
    done = await export(house.shop, "shop", out / "prompts", out / "tools")
    live = await workshop.named(house.shop, "shop", "live")
    assert set(done.written) == set(live.files)
    assert {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()} == set(live.files)
