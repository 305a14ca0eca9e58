"""Versions in the database: kept for good, pointed to by whoever was first."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.store import versions
from app.store.database import Database
from app.store.versions import FILES, Change, Draft, Live, Stale, Version, unpublished

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ONE = Version("1" * 64, "shop", {"line": "shop", "files": {"a": "Ä"}}, "ana", "first", AT)
TWO = replace(ONE, id="2" * 64, content={}, author="ben", note="second", parent=ONE.id)


@pytest.fixture
async def database(database: Database) -> Database:
    await database.open()
    return database


def to(version: Version, before: Live) -> tuple[Live, Change, tuple[Version, ...]]:
    wanted = replace(before, version=version.id, changed_at=AT, changed_by=version.author)
    change = Change("shop", version.author, "publish", before.version, version.id, version.note, AT)
    return wanted, change, (version,)


async def test_a_line_that_nobody_published_follows_the_files(database: Database) -> None:
    assert await versions.live(database, "shop") == unpublished("shop")
    assert (unpublished("shop").version, unpublished("shop").revision) == (FILES, 0)
    assert await versions.all_live(database) == {}
    assert await versions.history(database, "shop") == []


async def test_what_is_made_live_is_live_and_remembered(database: Database) -> None:
    live = await versions.move(database, *to(ONE, unpublished("shop")))
    assert live.revision == 1
    assert await versions.live(database, "shop") == live
    assert await versions.all_live(database) == {"shop": live}
    assert await versions.version(database, ONE.id) == ONE
    again = await versions.move(database, *to(TWO, live))
    assert again.revision == 2
    assert await versions.versions_of(database, "shop") == [ONE, TWO]
    assert [change.who for change in await versions.history(database, "shop")] == ["ben", "ana"]


async def test_the_second_of_two_is_refused_and_leaves_nothing(database: Database) -> None:
    live = await versions.move(database, *to(ONE, unpublished("shop")))
    with pytest.raises(Stale) as caught:
        await versions.move(database, *to(TWO, unpublished("shop")))
    assert caught.value.revision == 1
    await versions.move(database, *to(ONE, live))
    with pytest.raises(Stale) as caught:
        await versions.move(database, *to(TWO, live))
    assert caught.value.revision == 2
    assert await versions.version(database, TWO.id) is None
    assert len(await versions.history(database, "shop")) == 2


async def test_of_many_at_once_one_is_first(database: Database) -> None:
    results = await asyncio.gather(
        *(versions.move(database, *to(replace(ONE, id=str(n) * 64), unpublished("shop"))) for n in range(8)),
        return_exceptions=True,
    )
    assert [type(result) for result in results].count(Live) == 1
    assert [type(result) for result in results].count(Stale) == 7
    assert len(await versions.versions_of(database, "shop")) == 1


async def test_a_version_that_is_there_already_stays_as_it_was(database: Database) -> None:
    live = await versions.move(database, *to(ONE, unpublished("shop")))
    await versions.move(database, *to(replace(ONE, author="eve", note="mine"), live))
    kept = await versions.version(database, ONE.id)
    assert kept == ONE


async def test_a_draft_is_saved_over_the_revision_that_was_seen_alone(database: Database) -> None:
    first = await versions.save_draft(database, Draft("shop", {"a": 1}, FILES, "ana", AT, 0))
    second = await versions.save_draft(database, replace(first, content={"a": 2}))
    assert await versions.draft(database, "shop") == second
    assert second.revision == 2
    for late in (first, replace(first, revision=0)):
        with pytest.raises(Stale):
            await versions.save_draft(database, late)


async def test_a_draft_that_was_saved_since_is_not_dropped(database: Database) -> None:
    draft = await versions.save_draft(database, Draft("shop", {}, FILES, "ana", AT, 0))
    await versions.drop_draft(database, "shop", 0)
    assert await versions.draft(database, "shop") == draft
    await versions.drop_draft(database, "shop", draft.revision)
    assert await versions.draft(database, "shop") is None
