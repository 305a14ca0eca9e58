"""What the commands of `frontline lines` work with: the house's folders and database, and words for what goes wrong."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from app.cli.ends import failed, wrong

if TYPE_CHECKING:
    from app.cli.lines_told import About
    from app.fittings import Reader
    from app.lines.content import Content
    from app.lines.costs import Cost
    from app.lines.workshop import Workshop
    from app.settings import Settings
    from app.store.versions import Live

T = TypeVar("T")


def in_shop(work: Callable[["Workshop"], Awaitable[T]], reader: "Reader | None" = None) -> T:
    """Do the work with the house's folders and database, and its ``reader``; what is wrong is said in words."""
    from app import cli

    settings = cli._settings()
    with cli._logs(settings), _complaints():
        return asyncio.run(_with_shop(settings, work, reader))


async def _with_shop(settings: "Settings", work: Callable[["Workshop"], Awaitable[T]], reader: "Reader | None") -> T:
    from app.fittings import reader_for, workshop_for
    from app.store.database import Database

    database, reader = Database(settings.database_url), reader or reader_for(settings)
    read_tools = lru_cache(reader.tools)  # the folder stays as it is for the moment that a command takes
    shop = replace(workshop_for(settings, database, reader), read_tools=read_tools)
    try:
        await database.open()
        return await work(shop)
    finally:
        await database.close()


@contextlib.contextmanager
def _complaints() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    from app.check import render
    from app.edits import EditError
    from app.lines.content import NoPlace
    from app.lines.export import WouldBeLost
    from app.lines.published import Unreadable
    from app.lines.publishing import Nothing
    from app.lines.workshop import Conflict, Refused, Unknown

    try:
        yield
    except Refused as error:
        raise failed(f"{render(error.problems)}\nNothing was published: callers get what they got before.") from error
    except Conflict as error:
        raise failed(f"{error}\n{error.difference.as_text()}".rstrip("\n")) from error
    except WouldBeLost as error:
        raise failed("\n".join([*error.changes.values(), str(error)])) from error
    except (Nothing, Unknown, NoPlace, EditError, Unreadable) as error:
        raise wrong(str(error)) from error
    except SQLAlchemyError as error:
        told = f"The database does not answer ({type(error).__name__}). See `frontline doctor`."
        raise failed(told) from error


async def about(shop: "Workshop", name: str) -> "About":
    from app.cli.lines_told import About
    from app.lines.standing import standing

    found = await standing(shop, name)
    return About(found, await cost(shop, found.content))


async def cost(shop: "Workshop", content: "Content") -> "Cost | None":
    from app.lines import workshop
    from app.lines.costs import cost_of
    from app.lines.published import Unreadable

    try:
        return cost_of(await workshop.readable(shop, content), shop.model, shop.prices)
    except Unreadable:
        return None


async def cost_of_live(shop: "Workshop", live: "Live") -> "Cost | None":
    from app.edits import EditError
    from app.lines import workshop

    try:
        return await cost(shop, await workshop.live_content(shop, live))
    except (workshop.Unknown, EditError):
        return None
