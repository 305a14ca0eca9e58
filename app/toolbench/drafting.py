"""Drafts of HTTP tools: kept as they are written, published into the tool's file with a note, and taken back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.fittings import Reader
from app.lines.content import same_text
from app.store import tool_drafts
from app.store.database import Database
from app.store.tool_drafts import Draft, State
from app.store.versions import Stale as StaleDraft
from app.toolbench.saving import Written, as_saved, revision_of, save, written

NONE_YET = 0  # the revision of a draft that nobody has begun


class Clash(Exception):
    """Somebody has saved since: ``there`` is the draft now, None where it was published or dropped."""

    def __init__(self, there: Draft | None) -> None:
        super().__init__("the draft has changed")
        self.there = there


@dataclass(frozen=True, slots=True)
class Desk:
    """Where tools are written on. Its ``database`` is open."""

    database: Database
    reader: Reader
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """What whoever edits a tool sees: the draft, or its file where there is none."""

    file: Written
    draft: Draft | None

    @property
    def text(self) -> str:
        return self.draft.text if self.draft is not None else self.file.text

    @property
    def revision(self) -> int:
        return self.draft.revision if self.draft is not None else NONE_YET

    @property
    def is_behind(self) -> bool:
        """Whether the file has changed since the draft was begun."""
        return self.draft is not None and self.draft.base != self.file.revision

    @property
    def differs(self) -> bool:
        return as_saved(self.text) != as_saved(self.file.text)


async def seen(desk: Desk, tool: str) -> Seen | None:
    """None where there is no such file."""
    file = await asyncio.to_thread(written, desk.reader, tool)
    return Seen(file, await tool_drafts.draft(desk.database, tool)) if file.revision else None


async def write(desk: Desk, before: Seen, tool: str, text: str, who: str, revision: int) -> Draft:
    """Keep the draft anew over ``revision``, as it was seen; NONE_YET begins it. Raises Clash."""
    base = before.draft.base if before.draft is not None else before.file.revision
    wanted = Draft(tool, same_text(text), base, who, desk.wall(), revision)
    try:
        return await tool_drafts.save_draft(desk.database, wanted)
    except StaleDraft:
        raise Clash(await tool_drafts.draft(desk.database, tool)) from None


async def drop(desk: Desk, tool: str, revision: int) -> None:
    """Throw the draft away, as it was seen. Raises Clash."""
    if not await tool_drafts.drop_draft(desk.database, tool, revision):
        raise Clash(await tool_drafts.draft(desk.database, tool))


async def publish(desk: Desk, tool: str, note: str, who: str, *, revision: int, file_revision: str) -> str:
    """Have the file say what the draft says, both as they were seen; its new revision.

    Raises Clash, Stale, CannotSave. Whether it is right was looked at before.
    """
    there = await tool_drafts.draft(desk.database, tool)
    if there is None or there.revision != revision:
        raise Clash(there)
    saved = await given(desk, tool, there.text, note, who, file_revision)
    # Who has saved it in this very moment keeps what they wrote.
    await tool_drafts.drop_draft(desk.database, tool, revision)
    return saved


async def given(desk: Desk, tool: str, text: str, note: str, who: str, file_revision: str) -> str:
    """Have the file say this, if it is as it was seen, and remember what it said before. Raises Stale, CannotSave."""
    before = await asyncio.to_thread(written, desk.reader, tool)
    saved = await save(desk.reader, tool, text, file_revision)
    last = await tool_drafts.history(desk.database, tool, 1)
    # What was put into the folder in another way is part of the history, too.
    is_news = bool(before.revision) and (not last or revision_of(last[0].text) != before.revision)
    now = desk.wall()
    found = [State(tool, before.text, "", "", now)] if is_news else []
    await tool_drafts.add(desk.database, *found, State(tool, as_saved(text), who, note, now))
    return saved
