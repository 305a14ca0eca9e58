"""Drafts written by several people who look at them: each over what they saw, put on what is live, dropped."""

import pytest

from app.lines import drafts, publishing, workshop
from app.lines.drafts import Gone, Seen
from app.lines.workshop import Conflict
from tests.lines.house import ENGLISH, House, publish, words_of
from tests.prompts.planting import swapped

FILE, SPANISH = "prompts/shop/en-US.md", "prompts/shop/es.md"


async def written(house: House, words: str, revision: int, file: str = FILE) -> int:
    text = ENGLISH.format(words=words)
    return (await drafts.write(house.shop, "shop", file, text, "ana", revision)).revision


async def seen(house: House) -> Seen:
    return await drafts.seen(house.shop, "shop")


async def test_before_there_is_a_draft_what_is_live_is_seen(house: House) -> None:
    assert (await seen(house)).revision == drafts.NONE_YET
    revision = await written(house, "New.", drafts.NONE_YET)
    assert ((await seen(house)).revision, (await seen(house)).author) == (revision, "ana")
    assert await words_of(house, "draft") == "New."


async def test_a_draft_is_not_begun_twice_and_not_written_over_unseen(house: House) -> None:
    revision = await written(house, "New.", drafts.NONE_YET)
    for stale in (drafts.NONE_YET, revision - 1):
        with pytest.raises(Conflict):
            await written(house, "Other.", stale)
    assert await words_of(house, "draft") == "New."


async def test_a_draft_that_is_gone_is_told_of(house: House) -> None:
    revision = await written(house, "New.", drafts.NONE_YET)
    await drafts.drop(house.shop, "shop", revision)
    for work in (
        written(house, "Other.", revision),
        drafts.drop(house.shop, "shop", revision),
        drafts.renew(house.shop, "shop", "ana", revision),
    ):
        with pytest.raises(Gone):
            await work


async def test_a_draft_on_what_is_live_now_keeps_its_own_and_takes_the_rest(house: House) -> None:
    await publish(house, "Old.")
    base = await workshop.named(house.shop, "shop", "live")
    revision = await written(house, "Ours.", drafts.NONE_YET)
    house.edit(SPANISH, swapped("Atiendes", "Contestas"))
    house.edit(FILE, lambda _: base.files[FILE])
    await publishing.publish(house.shop, "shop", "files", "Spanish", "bo")
    renewed = await drafts.renew(house.shop, "shop", "ana", revision)
    assert renewed.both == ()
    files = (await seen(house)).content.files
    assert "Ours." in files[FILE] and "Contestas" in files[SPANISH]
    await publishing.publish(house.shop, "shop", "draft", "Ours", "ana")


async def test_what_both_have_changed_stays_the_drafts_and_is_told(house: House) -> None:
    await publish(house, "Old.")
    revision = await written(house, "Ours.", drafts.NONE_YET)
    house.edit(FILE, lambda _: ENGLISH.format(words="Theirs."))
    await publishing.publish(house.shop, "shop", "files", "English", "bo")
    renewed = await drafts.renew(house.shop, "shop", "ana", revision)
    assert list(renewed.both) == [FILE]
    assert await words_of(house, "draft") == "Ours."
    with pytest.raises(Conflict):
        await drafts.renew(house.shop, "shop", "ana", revision)


async def test_a_draft_begun_from_files_that_nobody_kept_says_what_differs(house: House) -> None:
    revision = await written(house, "Ours.", drafts.NONE_YET)
    house.edit(SPANISH, swapped("Atiendes", "Contestas"))
    renewed = await drafts.renew(house.shop, "shop", "ana", revision)
    assert list(renewed.both) == [FILE, SPANISH]


async def test_a_canary_is_what_was_seen(house: House) -> None:
    await publish(house, "Old.")
    revision = await written(house, "New.", drafts.NONE_YET)
    with pytest.raises(Conflict, match="not at"):
        await publishing.canary(house.shop, "shop", "draft", 10, "ana", revision=revision - 1)
    done = await publishing.canary(house.shop, "shop", "draft", 10, "ana", revision=revision)
    assert done.live.canary_percent == 10
