"""Published, taken back, tried on a share of the calls: whoever was first stands, and nothing is lost."""

import asyncio
import shutil

import pytest

from app.lines import publishing, workshop
from app.lines.publishing import Nothing
from app.lines.workshop import Conflict, Refused, Unknown
from app.store import versions
from app.store.versions import FILES
from tests.lines.house import House, publish, words_of, write
from tests.prompts.planting import swapped

# ---- publishing


async def test_what_is_published_has_its_author_note_time_and_parent(house: House) -> None:
    one = await publish(house, "One.", "ana")
    two = await publish(house, "Two.", "ben")
    newest, older, files = await versions.versions_of(house.database, "shop")
    assert (newest.id, newest.author, newest.note, newest.parent) == (two.after, "ben", "Two.", one.after)
    assert (older.id, older.author, older.parent) == (one.after, "ana", files.id)
    assert (files.author, files.id) == (FILES, one.before)
    assert newest.at.tzinfo is not None
    assert await workshop.draft_named(house.shop, "shop") is None


async def test_the_second_to_publish_is_shown_the_difference(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Ana's.")
    house.edit("prompts/shop/en-US.md", swapped("It is {weekday}.", "Ben's."))
    await publishing.publish(house.shop, "shop", "files", "Ben's", "ben")
    with pytest.raises(Conflict, match="was changed by ben since") as caught:
        await publishing.publish(house.shop, "shop", "draft", "Ana's", "ana")
    shown = caught.value.difference.as_text()
    assert "-Ben's." in shown
    assert "+Ana's." in shown
    assert await words_of(house) == "Ben's."


async def test_of_two_that_publish_at_once_one_is_refused(house: House) -> None:
    await publish(house, "One.")
    await publish(house, "Two.")
    _, one, files = await versions.versions_of(house.database, "shop")
    results = await asyncio.gather(
        publishing.publish(house.shop, "shop", one.id, "a", "ana", live_revision=2),
        publishing.publish(house.shop, "shop", files.id, "b", "ben", live_revision=2),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Moved"]
    assert (await versions.live(house.database, "shop")).revision == 3


async def test_a_revision_that_is_not_the_one_seen_is_refused(house: House) -> None:
    await publish(house, "One.")
    house.edit("prompts/shop/en-US.md", swapped("It is {weekday}.", "Two."))
    with pytest.raises(Conflict, match=r"is at revision 1 now .*, not at 0\."):
        await publishing.publish(house.shop, "shop", "files", "late", "ben", live_revision=0)
    await publishing.publish(house.shop, "shop", "files", "in time", "ben", live_revision=1)


async def test_a_draft_is_published_at_the_revision_that_was_seen_alone(house: House) -> None:
    for words in ("One.", "Two.", "Three."):
        await publish(house, words)  # so that what is live is at another revision than the draft
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    seen = await write(house, "Ana's.")
    await write(house, "Ben's.", "ben", seen.revision)
    with pytest.raises(Conflict, match="is at revision 3, saved by ben, not at 2") as caught:
        await publishing.publish(house.shop, "shop", "draft", "Ana's", "ana", revision=seen.revision)
    assert "+Ben's." in caught.value.difference.as_text()
    assert await words_of(house) == "Three."
    await publishing.publish(house.shop, "shop", "draft", "Ben's", "ben", revision=3, live_revision=3)
    assert await words_of(house) == "Ben's."


async def test_whoever_is_refused_an_old_draft_hears_what_beginning_anew_throws_away(house: House) -> None:
    one = await publish(house, "One.")
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Ana's.")
    await publishing.rollback(house.shop, "shop", "", "ben")
    await workshop.begin_draft(house.shop, "shop", one.after, "ana")
    await write(house, "Canary.")
    await publishing.publish(house.shop, "shop", one.after, "One again", "dee")
    await publishing.canary(house.shop, "shop", "draft", 10, "cem")  # changes nothing for the others
    with pytest.raises(Conflict, match="was changed by dee since the draft was begun") as caught:
        await publishing.publish(house.shop, "shop", "draft", "Ana's", "ana")
    assert "draft shop --from live, which throws away what it holds" in str(caught.value)


async def test_files_that_changed_under_a_draft_are_said_to_be_files(house: House) -> None:
    await publish(house, "One.", "ben")
    await publishing.follow_files(house.shop, "shop", "", "ben")
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Ana's.")
    house.edit("prompts/shop/en-US.md", swapped("It is {weekday}.", "Saved."))
    with pytest.raises(Conflict, match="was changed in the files since the draft was begun"):
        await publishing.publish(house.shop, "shop", "draft", "Ana's", "ana")


async def test_what_is_live_already_is_not_published_again(house: House) -> None:
    await publishing.publish(house.shop, "shop", "files", "as it is", "ana")
    with pytest.raises(Nothing, match="exactly this already"):
        await publishing.publish(house.shop, "shop", "files", "again", "ana")


async def test_a_published_version_outlives_the_folders(house: House) -> None:
    await publish(house, "One.")
    shutil.rmtree(house.folder / "prompts/shop")
    assert await words_of(house) == "One."
    with pytest.raises(Unknown, match="has no folder"):
        await workshop.named(house.shop, "shop", "files")


# ---- taking back


async def test_rollbacks_go_back_step_by_step(house: House) -> None:
    for words in ("One.", "Two.", "Three."):
        await publish(house, words)
    seen = []
    for _ in range(3):
        await publishing.rollback(house.shop, "shop", "", "ben")
        seen.append(await words_of(house))
    assert seen == ["Two.", "One.", "It is {weekday}."]
    with pytest.raises(Unknown, match="nothing to go back to"):
        await publishing.rollback(house.shop, "shop", "", "ben")


async def test_after_a_rollback_a_publishing_is_taken_back_to_where_it_was(house: House) -> None:
    await publish(house, "One.")
    await publish(house, "Two.")
    await publishing.rollback(house.shop, "shop", "", "ben")
    await publish(house, "Three.")
    await publishing.rollback(house.shop, "shop", "", "ben")
    assert await words_of(house) == "One."


async def test_what_the_files_were_can_be_had_again_whatever_they_are_now(house: House) -> None:
    await publish(house, "One.")
    house.edit("prompts/shop/en-US.md", lambda _: "nonsense")
    await publishing.rollback(house.shop, "shop", "", "ben")
    assert await words_of(house) == "It is {weekday}."


async def test_a_rollback_may_name_its_version(house: House) -> None:
    one = await publish(house, "One.")
    await publish(house, "Two.")
    await publish(house, "Three.")
    await publishing.rollback(house.shop, "shop", "", "ben", to=one.after[:6])
    assert await words_of(house) == "One."
    with pytest.raises(Unknown, match="has no version ffff"):
        await publishing.rollback(house.shop, "shop", "", "ben", to="ffffffffffff")


async def test_a_canary_is_what_is_taken_back_first(house: House) -> None:
    await publish(house, "One.")
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Canary.")
    done = await publishing.canary(house.shop, "shop", "draft", 10, "ana")
    assert (done.live.canary_percent, done.live.version) == (10, done.before)
    await publishing.rollback(house.shop, "shop", "", "ben")
    live = await versions.live(house.database, "shop")
    assert (live.canary_version, live.canary_percent) == (None, 0)
    assert await words_of(house) == "One."


async def test_a_canary_becomes_live_for_all(house: House) -> None:
    await publish(house, "One.")
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Canary.")
    done = await publishing.canary(house.shop, "shop", "draft", 10, "ana")
    await publishing.publish(house.shop, "shop", done.after, "it sings", "ana")
    live = await versions.live(house.database, "shop")
    assert (live.version, live.canary_version) == (done.after, None)
    await publishing.rollback(house.shop, "shop", "", "ben")
    assert await words_of(house) == "One."


async def test_a_canary_and_its_end_leave_since_when_the_others_get_what_they_get(house: House) -> None:
    assert await publishing.began(house.shop, await versions.live(house.database, "shop")) is None
    published = await publish(house, "One.", "marie")
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Canary.")
    canary = await publishing.canary(house.shop, "shop", "draft", 10, "root")
    during = await publishing.began(house.shop, canary.live)
    taken_back = await publishing.rollback(house.shop, "shop", "", "root")
    after = await publishing.began(house.shop, taken_back.live)
    assert during is not None
    assert (during.who, during.at) == ("marie", published.live.changed_at)
    assert after == during
    again = await publishing.rollback(house.shop, "shop", "", "ben")
    back = await publishing.began(house.shop, again.live)
    assert back is not None
    assert back.who == "ben"


async def test_a_canary_of_what_is_live_is_none(house: House) -> None:
    with pytest.raises(Nothing, match="is live already"):
        await publishing.canary(house.shop, "shop", "files", 10, "ana")
    await publishing.publish(house.shop, "shop", "files", "as it is", "ana")
    with pytest.raises(Nothing, match="is live already"):
        await publishing.canary(house.shop, "shop", "files", 10, "ana")
    assert (await versions.live(house.database, "shop")).revision == 1


async def test_a_canary_with_mistakes_is_refused(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await write(house, "Ask {nobody}.")
    with pytest.raises(Refused):
        await publishing.canary(house.shop, "shop", "draft", 10, "ana")


async def test_a_line_follows_its_folder_again(house: House) -> None:
    await publish(house, "One.")
    await publishing.follow_files(house.shop, "shop", "back to git", "ana")
    house.edit("prompts/shop/en-US.md", swapped("It is {weekday}.", "From git."))
    assert await words_of(house) == "From git."
    await publishing.rollback(house.shop, "shop", "", "ben")
    assert await words_of(house) == "One."


async def test_a_folder_with_mistakes_is_not_followed(house: House) -> None:
    await publish(house, "One.")
    house.edit("prompts/shop/en-US.md", swapped("{weekday}", "{nobody}"))
    with pytest.raises(Refused):
        await publishing.follow_files(house.shop, "shop", "", "ana")


async def test_the_history_has_who_did_what(house: House) -> None:
    await publish(house, "One.", "ana")
    await publishing.rollback(house.shop, "shop", "bad", "ben")
    newest, oldest = await publishing.history(house.shop, "shop")
    assert (newest.who, newest.what, newest.note) == ("ben", "rollback", "bad")
    assert (oldest.who, oldest.what, oldest.note) == ("ana", "publish", "One.")
    assert newest.to_version == oldest.from_version
    assert newest.from_version == oldest.to_version
