"""What commands that read or change the database have in common."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from app.cli.ends import FAILED

if TYPE_CHECKING:
    from app.settings import Settings
    from app.store.database import Database

T = TypeVar("T")


def with_database(work: "Callable[[Database], Awaitable[T]]") -> T:
    """What ``work`` comes to with the house's database open; one message and exit code 1 where it cannot be read."""
    return with_settings(lambda _, database: work(database))


def with_settings(work: "Callable[[Settings, Database], Awaitable[T]]") -> T:
    """``with_database``, for work that needs the settings, too."""
    from sqlalchemy.exc import SQLAlchemyError

    from app import cli

    settings = cli._settings()
    with cli._logs(settings):
        try:
            return asyncio.run(_opened(settings, work))
        except (SQLAlchemyError, OSError) as error:
            told = f"The database cannot be read ({type(error).__name__}). Run `frontline doctor`."
            typer.echo(told, err=True)
            raise typer.Exit(FAILED) from error


async def _opened(settings: "Settings", work: "Callable[[Settings, Database], Awaitable[T]]") -> T:
    from app.store.database import Database

    database = Database(settings.database_url)
    try:
        await database.open()
        return await work(settings, database)
    finally:
        await database.close()
