"""A draft written on by people who look at it: each says which revision they saw, and nobody's words are lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.lines import workshop
from app.lines.content import Content, checked_place, content_from
from app.lines.workshop import Unknown, Workshop
from app.store import versions
from app.store.versions import Draft

NONE_YET = 0  # the revision of a draft that nobody has begun


class Gone(Exception):
    """The draft that was seen was published or dropped since."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What whoever edits sees: the draft, or what is live where there is none, with the files it names."""

    content: Content
    revision: int
    author: str = ""


async def seen(shop: Workshop, line: str) -> Seen:
    """Raises Unknown, EditError."""
    live = await workshop.known(shop, line)
    draft = await versions.draft(shop.database, line)
    if draft is None:
        return Seen(await workshop.whole(shop, await workshop.live_content(shop, live)), NONE_YET)
    return Seen(await workshop.whole(shop, content_from(draft.content)), draft.revision, draft.author)


async def write(shop: Workshop, line: str, file: str, text: str | None, author: str, revision: int) -> Draft:
    """One file of the draft anew, or gone (``text`` None), over ``revision``; NONE_YET begins the draft from live.

    Raises Unknown, NoPlace, EditError; Gone, and Conflict where somebody has saved since.
    """
    checked_place(line, file)
    await workshop.known(shop, line)
    if revision == NONE_YET:
        revision = (await workshop.begin_draft(shop, line, workshop.LIVE, author, NONE_YET)).revision
    elif await versions.draft(shop.database, line) is None:
        raise Gone(line)
    return await workshop.set_file(shop, line, file, text, author, revision)


async def drop(shop: Workshop, line: str, revision: int) -> None:
    """Throw the draft away, as it was seen. Raises Gone, Conflict."""
    draft = await versions.draft(shop.database, line)
    if draft is None:
        raise Gone(line)
    if draft.revision != revision:
        raise workshop.overwrites(draft, replace(draft, revision=NONE_YET), revision)
    await versions.drop_draft(shop.database, line, revision)


@dataclass(frozen=True, slots=True)
class Renewed:
    """A draft on what is live now; in ``both`` files the author and somebody else have written: theirs is left out."""

    draft: Draft
    both: Sequence[str]


async def renew(shop: Workshop, line: str, author: str, revision: int) -> Renewed:
    """Put the draft on what is live now: files that it had not changed become those of live. Raises Gone, Conflict."""
    draft = await versions.draft(shop.database, line)
    if draft is None:
        raise Gone(line)
    live = await workshop.live_content(shop, await workshop.known(shop, line))
    ours, base = content_from(draft.content), await _base(shop, draft)
    files, both = _merged(base, ours, live)
    content = replace(live, files=files)
    renewed = Draft(line, content.as_json(), live.id, author, shop.wall(), revision)
    try:
        return Renewed(await versions.save_draft(shop.database, renewed), both)
    except versions.Stale:
        raise workshop.overwrites(draft, renewed, revision) from None


async def _base(shop: Workshop, draft: Draft) -> Content | None:
    """What the draft was begun from; None for files that were never kept."""
    try:
        return await workshop.kept(shop, draft.base)
    except Unknown:
        return None


def _merged(base: Content | None, ours: Content, live: Content) -> tuple[dict[str, str], tuple[str, ...]]:
    places = sorted({*ours.files, *live.files})
    files, both = {}, []
    for place in places:
        mine, theirs = ours.files.get(place), live.files.get(place)
        was = base.files.get(place) if base is not None else None
        if base is not None and mine == was:
            mine = theirs
        elif mine != theirs and (base is None or theirs != was):
            both.append(place)
        if mine is not None:
            files[place] = mine
    return files, tuple(both)
