"""How a line stands: what is live of it and since when, what is being written, and whether the folders say the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from app.edits import EditError
from app.lines import publishing, workshop
from app.lines.content import Content, changed_tools, content_from
from app.lines.workshop import Workshop
from app.store import versions
from app.store.versions import FILES, Board, Change, Draft, Live, Version


@dataclass(frozen=True, slots=True)
class Standing:
    """``began`` made it live; ``files_differ`` is of the folder; ``changed_tools`` are others than it was made for.

    ``changes`` are all there were of what is live, the newest first.
    """

    live: Live
    began: Change | None
    content: Content
    version: Version | None
    draft: Draft | None
    files_differ: bool
    changed_tools: tuple[str, ...]
    changes: Sequence[Change]


async def standing(shop: Workshop, name: str, board: Board | None = None) -> Standing:
    """Of whoever has the board of several lines, it is read there. Raises Unknown, EditError."""
    board = board or await versions.board(shop.database, [name])
    live = board.live.get(name) or await _unpublished(shop, name)
    version, changes = board.versions.get(live.version), board.changes.get(name, ())
    if version is not None:
        content = content_from(version.content)
        changed = changed_tools(content, await asyncio.to_thread(workshop.tools_of, shop))
    else:  # what follows the files has the tools of now
        content, changed = await workshop.live_content(shop, live), ()
    return Standing(
        live,
        publishing.began_in(changes, live),
        content,
        version,
        board.drafts.get(name),
        await _files_differ(shop, live, content),
        changed,
        changes,
    )


async def _unpublished(shop: Workshop, name: str) -> Live:
    if await asyncio.to_thread(workshop.has_folder, shop, name):
        return versions.unpublished(name)
    return await workshop.known(shop, name)  # which says what lines there are


async def _files_differ(shop: Workshop, live: Live, content: Content) -> bool:
    if live.version == FILES:
        return False
    try:
        return (await workshop.from_files(shop, live.line)).id != content.id
    except (workshop.Unknown, EditError):
        return True
