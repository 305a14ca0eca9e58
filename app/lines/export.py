"""Writes what is live back into the folders, so that git has what callers hear and loses nothing of its own."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.lines import workshop
from app.lines.content import Content, content_from, same_text
from app.lines.differences import unified
from app.lines.workshop import Workshop
from app.store import versions

_SHARED = ("prompts/house/", "prompts/phrases/", "tools/")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was ``written`` and ``removed``; ``left``: shared files that the version has not, kept for other lines."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    left: tuple[str, ...]


class WouldBeLost(Exception):
    """Files were edited since, and no version has what they say: ``changes`` has what writing would do to them."""

    def __init__(self, changes: Mapping[str, str], instead: str) -> None:
        places = ", ".join(changes)
        super().__init__(f"Edited since, and in no version: {places}. {instead}, or write over them with --force.")
        self.changes = changes


async def export(shop: Workshop, line: str, prompts: Path, tools: Path, *, force: bool = False) -> Exported:
    """Write the live state of a line into these folders. Raises Unknown, WouldBeLost, OSError."""
    live = await workshop.known(shop, line)
    content = await workshop.live_content(shop, live)
    had = [content_from(one.content) for one in await versions.versions_of(shop.database, line)]
    roots = {"prompts": prompts, "tools": tools}
    is_house = (prompts, tools) == (shop.folders.prompts, shop.folders.tools)  # else `publish` reads other files
    publish = f'Publish them first (frontline lines publish {line} --files --note "...")'
    instead = publish if is_house else "Choose another folder"
    return await asyncio.to_thread(_export, content, had, roots, None if force else instead)


def _export(content: Content, had: list[Content], roots: Mapping[str, Path], instead: str | None) -> Exported:
    """``instead`` of writing over what no version has; None writes over it."""
    there = _there(content, roots)
    changed = {place: content.files.get(place) for place in {*there, *content.files}}
    changed = {place: text for place, text in sorted(changed.items()) if there.get(place) != text}
    left = [place for place, text in changed.items() if text is None and place.startswith(_SHARED)]
    changed = {place: text for place, text in changed.items() if place not in left}
    lost = {
        place: unified(place, there[place], text)
        for place, text in changed.items()
        if place in there and not any(one.files.get(place) == there[place] for one in had)
    }
    if lost and instead is not None:
        raise WouldBeLost(lost, instead)
    for place, text in changed.items():
        _put(_file(place, roots), text)
    written = tuple(place for place, text in changed.items() if text is not None)
    return Exported(written, tuple(place for place, text in changed.items() if text is None), tuple(left))


def _there(content: Content, roots: Mapping[str, Path]) -> dict[str, str]:
    """The files of the line's folder and the house's rules, and those others that the version has, as they are."""
    own = [
        f"prompts/{part}/{file.name}"
        for part in (content.line, "house")
        for file in sorted((roots["prompts"] / part).glob("*"))
        if file.suffix in ((".md", ".toml") if part == content.line else (".md",)) and not file.name.startswith(".")
    ]
    places = dict.fromkeys([*own, *content.files])
    return {place: _text(_file(place, roots)) for place in places if _file(place, roots).is_file()}


def _file(place: str, roots: Mapping[str, Path]) -> Path:
    top, _, rest = place.partition("/")
    return roots[top] / rest


def _text(file: Path) -> str:
    return same_text(file.read_text(encoding="utf-8-sig", errors="surrogateescape"))


def _put(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f".{file.name}.new")
    made.write_bytes(text.encode())
    made.replace(file)
