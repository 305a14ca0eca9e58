"""How a line stands: what is live of it and since when, what is being written, and whether the folders say the same."""

import asyncio
from dataclasses import dataclass

from app.edits import EditError
from app.lines import publishing, workshop
from app.lines.content import Content, changed_tools
from app.lines.workshop import Workshop
from app.store import versions
from app.store.versions import FILES, Change, Draft, Live, Version


@dataclass(frozen=True, slots=True)
class Standing:
    """``began`` made it live; ``files_differ`` is of the folder; ``changed_tools`` are others than it was made for."""

    live: Live
    began: Change | None
    content: Content
    version: Version | None
    draft: Draft | None
    files_differ: bool
    changed_tools: tuple[str, ...]


async def standing(shop: Workshop, name: str) -> Standing:
    """Raises Unknown, EditError."""
    live = await workshop.known(shop, name)
    content = await workshop.live_content(shop, live)
    return Standing(
        live,
        await publishing.began(shop, live),
        content,
        await versions.version(shop.database, live.version),
        await versions.draft(shop.database, name),
        await _files_differ(shop, live, content),
        changed_tools(content, await asyncio.to_thread(workshop.tools_of, shop)),
    )


async def _files_differ(shop: Workshop, live: Live, content: Content) -> bool:
    if live.version == FILES:
        return False
    try:
        return (await workshop.from_files(shop, live.line)).id != content.id
    except (workshop.Unknown, EditError):
        return True
