"""Where lines are changed: drafts, their mistakes, publishing and taking back; used by the command line."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from app.check import Problem
from app.edits import EditError, listed, meant
from app.lines.content import (
    Content,
    Tools,
    checked_place,
    completed,
    content_from,
    folder_content,
    is_written,
    same_text,
    shown,
)
from app.lines.differences import Difference, difference
from app.lines.published import Examine, Folders, Published, ReadTools, read_version
from app.lines.shelf import Shelf, write_files
from app.prices import Prices, shipped
from app.prompts.lines import line_folders
from app.store import versions
from app.store.database import Database
from app.store.versions import FILES, Draft, Live, Version

LIVE, DRAFT = "live", "draft"
SHORTEST_ID = 4


class Unknown(Exception):
    """There is no such line, version or draft: says what there is."""


class Conflict(Exception):
    """Somebody else was faster. ``difference`` leads from what they left to what was to be kept."""

    def __init__(self, message: str, difference: Difference) -> None:
        super().__init__(message)
        self.difference = difference


class Refused(Exception):
    """The state has mistakes: callers do not get it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{problem.file}:{problem.line}: {problem.what}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the work on lines needs. Its ``database`` is open. The functions that take one read files in threads."""

    database: Database
    folders: Folders
    read_tools: ReadTools
    examine: Examine
    model: str | None = None  # goes before the lines' own
    prices: Prices = field(default_factory=shipped)
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)


# ---- what there is


async def line_names(shop: Workshop) -> list[str]:
    """Every line there is, in the folders or published."""
    published = await versions.all_live(shop.database)
    return sorted({*await asyncio.to_thread(_folder_names, shop.folders.prompts), *published})


def _folder_names(prompts: Path) -> list[str]:
    return [home.name for home in line_folders(prompts)] if prompts.is_dir() else []


def has_folder(shop: Workshop, line: str) -> bool:
    """Whether a line is there in the folders. Reads them."""
    return line in _folder_names(shop.folders.prompts)


async def known(shop: Workshop, line: str) -> Live:
    """What is live of a line; raises Unknown."""
    names = await line_names(shop)
    if line not in names:
        raise Unknown(f"There is no line {line}. {meant(line, names)}")
    return await versions.live(shop.database, line)


async def from_files(shop: Workshop, line: str) -> Content:
    """The line as its folder has it now. Raises Unknown, EditError."""
    if not (shop.folders.prompts / line).is_dir():
        raise Unknown(f"The line {line} has no folder in {shop.folders.prompts}.")
    return await asyncio.to_thread(_from_files, shop, line)


def _from_files(shop: Workshop, line: str) -> Content:
    return folder_content(line, shop.folders.prompts, shop.folders.tools, tools_of(shop))


def tools_of(shop: Workshop) -> Tools:
    """The tools in the folder. Reads files."""
    return shop.read_tools(shop.folders.tools)[0]


async def live_content(shop: Workshop, live: Live) -> Content:
    """What callers get, but for the canary."""
    if live.version == FILES:
        return await from_files(shop, live.line)
    return await kept(shop, live.version)


async def kept(shop: Workshop, id: str) -> Content:
    """A version's content by its whole id."""
    found = await versions.version(shop.database, id)
    if found is None:
        raise Unknown(f"There is no version {shown(id)}.")
    return content_from(found.content)


async def named(shop: Workshop, line: str, name: str) -> Content:
    """The state of a line that is called ``live``, ``files``, ``draft``, or by the beginning of an id."""
    live = await known(shop, line)
    if name == LIVE:
        return await live_content(shop, live)
    if name == FILES:
        return await from_files(shop, line)
    if name == DRAFT:
        return content_from((await draft_of(shop, line)).content)
    return content_from((await version_named(shop, line, name)).content)


async def version_named(shop: Workshop, line: str, name: str) -> Version:
    """The version of a line whose id begins with ``name``."""
    of_line = await versions.versions_of(shop.database, line)
    found = [one for one in of_line if len(name) >= SHORTEST_ID and one.id.startswith(name.lower())]
    if len(found) == 1:
        return found[0]
    there = [shown(one.id) for one in of_line[:5]]
    if not there:
        raise Unknown(f"{line} has no versions yet: nothing was published.")
    problem = f"{name} is the beginning of {len(found)} versions" if found else f"{line} has no version {name}"
    raise Unknown(f"{problem}. The latest are {listed(there)}.")


async def any_version(shop: Workshop, name: str) -> Version:
    """The version of whatever line whose id begins with ``name``."""
    for line in await line_names(shop):
        with suppress(Unknown):
            return await version_named(shop, line, name)
    raise Unknown(f"No line has a version {name}. See: frontline lines history NAME")


# ---- drafts


async def draft_named(shop: Workshop, line: str) -> Draft | None:
    """What is being written on a line, if anything is."""
    return await versions.draft(shop.database, line)


async def draft_of(shop: Workshop, line: str) -> Draft:
    """What is being written on a line; raises Unknown."""
    found = await versions.draft(shop.database, line)
    if found is None:
        raise Unknown(f"{line} has no draft. Begin one: frontline lines draft {line}")
    return found


async def begin_draft(shop: Workshop, line: str, start: str, author: str, revision: int | None = None) -> Draft:
    """A draft that begins as ``start`` is now (``files``, ``live`` or an id). Raises Unknown, Conflict, EditError."""
    live = await known(shop, line)
    content = await named(shop, line, start)
    base = (await live_content(shop, live)).id if live.version == FILES else live.version
    return await _saved(shop, Draft(line, content.as_json(), base, author, shop.wall(), 0), revision)


async def set_file(
    shop: Workshop, line: str, file: str, text: str | None, author: str, revision: int | None = None
) -> Draft:
    """The draft with one file written anew, or without it (``text`` None). Raises Unknown, Conflict, NoPlace."""
    found = await draft_of(shop, line)
    place = checked_place(line, file)
    content = content_from(found.content)
    files = {other: words for other, words in content.files.items() if other != place}
    if text is not None:
        files[place] = same_text(text)
    elif place not in content.files:
        raise Unknown(f"The draft has no {place}. It has {listed(content.files)}.")
    content = replace(content, files=dict(sorted(files.items())))
    changed = Draft(line, content.as_json(), found.base, author, shop.wall(), found.revision)
    return await _saved(shop, changed, revision)


async def _saved(shop: Workshop, draft: Draft, revision: int | None) -> Draft:
    """Save over ``revision``; None goes on from whatever is there, unless it is somebody else's."""
    there = await versions.draft(shop.database, draft.line)
    if revision is None and there is not None and there.author != draft.author:
        raise overwrites(there, draft, revision)
    over = revision if revision is not None else there.revision if there else 0
    try:
        return await versions.save_draft(shop.database, replace(draft, revision=over))
    except versions.Stale:
        now = await versions.draft(shop.database, draft.line)
        if now is None:
            raise Unknown(f"The draft of {draft.line} was published or dropped. Begin a new one.") from None
        raise overwrites(now, draft, revision) from None


def overwrites(there: Draft, ours: Draft, seen: int | None) -> Conflict:
    """What is said to whoever would write over a draft that has changed since they saw it."""
    change = difference(content_from(there.content), content_from(ours.content))
    expected = "" if seen is None else f", not {seen}"
    what = (
        "This is what saving would change in it."
        if change
        else "It says what you were saving: there is nothing to save."
    )
    begins_anew = ours.revision == 0
    to = "To throw away what it holds" if begins_anew and change else "To go on from it"
    message = (
        f"The draft of {there.line} is {there.author}'s, saved as revision {there.revision}{expected}. {what} "
        f"{to}, write --revision {there.revision}."
    )
    return Conflict(message, change)


# ---- mistakes


async def check(shop: Workshop, content: Content) -> list[Problem]:
    """Every mistake and hint of a state, by the places of its files; also a number that another line has."""
    found = await asyncio.to_thread(_checked, shop, content)
    return [*found, *await claimed(shop, content)]


async def whole(shop: Workshop, content: Content) -> Content:
    """The state with the phrases, rules and tools it names, and without those it does not."""
    return await asyncio.to_thread(_whole, shop, content)


def _whole(shop: Workshop, content: Content) -> Content:
    return completed(content, shop.folders.prompts, shop.folders.tools, tools_of(shop))


def _checked(shop: Workshop, content: Content) -> list[Problem]:
    with laid_out(content) as home:
        return examined(shop, content, home)


@contextmanager
def laid_out(content: Content) -> Iterator[Path]:
    """The state's files in a folder of their own, for as long as somebody looks at them."""
    with tempfile.TemporaryDirectory(prefix="frontline-check-") as made:
        write_files(content, Path(made))
        yield Path(made)


def examined(shop: Workshop, content: Content, home: Path) -> list[Problem]:
    """The mistakes of a state laid out in ``home``, but for a number that another line has. Reads files."""
    _beside(shop.folders.tools, home / "tools")
    found = shop.examine(home / "prompts", home / "tools")
    ours = {home / place: Path(place) for place in content.files}
    folder = home / "prompts" / content.line
    ours |= {one: one.relative_to(home) for one in (home / "prompts", folder, folder / "line.toml")}
    return [replace(problem, file=ours[problem.file]) for problem in found if problem.file in ours]


def _beside(tools: Path, home: Path) -> None:
    """The folder's own tools and their data beside the version's HTTP tools, as links."""
    for entry in sorted(tools.iterdir()) if tools.is_dir() else ():
        if not is_written(entry) and entry.name != "__pycache__":
            (home / entry.name).symlink_to(entry.absolute())


async def claimed(shop: Workshop, content: Content) -> list[Problem]:
    """The numbers of a state that another line answers already."""
    found = []
    place = f"prompts/{content.line}/line.toml"
    for name, live in (await _all_live(shop)).items():
        if name == content.line:
            continue
        for number in await _numbers(shop, live):
            if number in content.numbers:
                what = f"{number} is answered by the line {name} already. Take it out of one of them."
                found.append(Problem(Path(place), _line_with(content.files[place], number), what))
    return found


async def _all_live(shop: Workshop) -> Mapping[str, Live]:
    there = await versions.all_live(shop.database)
    return {name: there.get(name) or versions.unpublished(name) for name in await line_names(shop)}


async def _numbers(shop: Workshop, live: Live) -> tuple[str, ...]:
    try:
        return (await live_content(shop, live)).numbers
    except (EditError, Unknown):  # a folder with mistakes or without files claims nothing
        return ()


def _line_with(text: str, number: str) -> int:
    return next((at for at, line in enumerate(text.splitlines(), 1) if f'"{number}"' in line), 1)


async def readable(shop: Workshop, content: Content) -> Published:
    """The state as calls would get it; raises Unreadable."""
    return await asyncio.to_thread(_readable, shop, content)


def _readable(shop: Workshop, content: Content) -> Published:
    return read_version(content, Shelf(shop.folders.versions), shop.read_tools, tools_of(shop))
