"""A tool's database: where it is, and that its first use happens once."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import close_databases, database
from app.toolkit.databases import url_of


def test_without_a_setting_it_is_a_file_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_URL", raising=False)
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path))
    assert url_of("SHOP_URL", "shop.db", {}).render_as_string() == f"sqlite+aiosqlite:///{tmp_path}/shop.db"


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("postgresql://db/shop", "postgresql+psycopg"),
        ("sqlite:////tmp/shop.db", "sqlite+aiosqlite"),
        ("postgresql+asyncpg://db/shop", "postgresql+asyncpg"),
    ],
)
def test_a_url_without_a_driver_gets_an_async_one(written: str, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", written)
    assert url_of("SHOP_URL", "shop.db", {}).drivername == driver


def test_settings_handed_in_go_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_DATA", "elsewhere")
    url = url_of("SHOP_URL", "shop.db", {"FRONTLINE_DATA": str(tmp_path)})
    assert url.database == str(tmp_path / "shop.db")
    monkeypatch.setenv("SHOP_URL", "sqlite:///elsewhere.db")
    assert url_of("SHOP_URL", "shop.db", {"SHOP_URL": "sqlite:///here.db"}).database == "here.db"


async def test_twenty_at_once_find_it_made_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path / "not" / "there" / "yet"))
    made = 0

    async def first_use(connection: AsyncConnection) -> None:
        nonlocal made
        made += 1
        await connection.execute(text("CREATE TABLE things (name TEXT)"))
        await asyncio.sleep(0)
        await connection.execute(text("INSERT INTO things VALUES ('one')"))

    shop = database(None, "shop.db", first_use=first_use)

    async def count() -> object:
        async with shop.connect() as connection:
            return (await connection.execute(text("SELECT count(*) FROM things"))).scalar_one()

    assert await asyncio.gather(*(count() for _ in range(20))) == [1] * 20
    assert made == 1
    await close_databases()


async def test_two_processes_first_use_comes_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of our objects on one file are to each other as two processes are."""
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path))

    async def first_use(connection: AsyncConnection) -> None:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS things (name TEXT)"))
        there = (await connection.execute(text("SELECT count(*) FROM things"))).scalar_one()
        await asyncio.sleep(0)
        if not there:
            await connection.execute(text("INSERT INTO things VALUES ('one')"))

    async def count() -> object:
        async with database(None, "shop.db", first_use=first_use).connect() as connection:
            return (await connection.execute(text("SELECT count(*) FROM things"))).scalar_one()

    assert await asyncio.gather(*(count() for _ in range(8))) == [1] * 8


async def test_a_use_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path))

    async def first_use(connection: AsyncConnection) -> None:
        await connection.execute(text("CREATE TABLE things (name TEXT)"))

    shop = database(None, "shop.db", first_use=first_use)
    with pytest.raises(OperationalError):
        async with shop.connect() as connection:
            await connection.execute(text("INSERT INTO things VALUES ('one')"))
            await connection.execute(text("SELECT nothing FROM nowhere"))
    async with shop.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM things"))).scalar_one() == 0
