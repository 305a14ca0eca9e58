"""The draft of a line: its files side by side, saved as they are written, with what `check` finds and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.check import Problem
from app.console.asked import Asked
from app.console.completions import completions
from app.console.guard import Pages
from app.console.pages.lines_found import answering, entrance, shop_of
from app.console.permissions import Permission
from app.console.reading import revision_in
from app.console.said import said
from app.console.words import Words
from app.lines import drafts, workshop
from app.lines.content import Content, checked_place, place_of
from app.lines.drafts import Gone, Seen
from app.lines.proof import Proof
from app.lines.workshop import Conflict
from app.prompts.languages import tag_problem
from app.store import versions

LONGEST_FILE: Final = 200_000  # letters
KINDS: Final = ("own", "house", "phrases", "tools")

pages = Pages([])


@dataclass(frozen=True, slots=True)
class File:
    """A file of the draft as the list shows it; ``is_changed`` against what is live."""

    place: str
    name: str
    kind: str
    is_changed: bool
    text: str

    @property
    def language(self) -> str:
        """What the editor reads it as."""
        return "markdown" if self.place.endswith(".md") else "toml"

    @property
    def language_tag(self) -> str:
        """The language that a file of the line is in; empty for its settings and for what all lines share."""
        return self.name.removesuffix(".md") if self.kind == "own" and self.name.endswith(".md") else ""


@pages.page("/lines/{line}/edit", Permission.EDIT_LINES)
@answering
async def draft_shown(asked: Asked) -> Response:
    """Without a draft, what is live: the first letter begins one."""
    name = asked.path["line"]
    seen, live, proof = await _all(asked, name)
    files = files_of(name, seen, live.content)
    chosen = _chosen(name, files, asked.query.get("file", ""))
    beside = _chosen(name, files, asked.query["beside"]) if asked.query.get("beside") else None
    return asked.show(
        "lines/edit.html",
        name=name,
        seen=seen,
        files=files,
        open=[chosen, *([beside] if beside is not None and beside != chosen else [])],
        chosen=chosen,
        beside=beside,
        proof=proof,
        live=live.proof,
        problems=problems_by_place(asked.words, proof.problems),
        completes=completions(seen.content, proof.line),
        kinds=KINDS,
    )


@dataclass(frozen=True, slots=True)
class _Live:
    content: Content
    proof: Proof


async def _all(asked: Asked, name: str) -> tuple[Seen, _Live, Proof]:
    shop, proofs = shop_of(asked), asked.parts.proofs
    seen = await drafts.seen(shop, name)
    live = await workshop.whole(shop, await workshop.live_content(shop, await workshop.known(shop, name)))
    return seen, _Live(live, await proofs.of(live)), await proofs.of(seen.content)


def files_of(line: str, seen: Seen, live: Content) -> Sequence[File]:
    """The files of a draft: the line's own first, its settings before its languages."""
    found = [_file(line, place, text, live.files.get(place)) for place, text in seen.content.files.items()]
    return sorted(found, key=lambda one: (KINDS.index(one.kind), _rank(one), one.name))


def _rank(file: File) -> int:
    return 0 if file.name == "line.toml" else 1 if file.language == "markdown" else 2


def _file(line: str, place: str, text: str, live: str | None) -> File:
    top, _, name = place.partition("/")
    folder, _, short = name.rpartition("/")
    kind = "tools" if top == "tools" else "own" if folder == line else folder
    return File(place, short or name, kind, text != live, text)


def _chosen(line: str, files: Sequence[File], wish: str) -> File:
    """The file that was asked for; else the first language."""
    place = place_of(line, wish) if wish else ""
    found = next((one for one in files if one.place == place), None)
    return found or next((one for one in files if one.kind == "own" and one.language == "markdown"), files[0])


def problems_by_place(words: Words, problems: Sequence[Problem]) -> Mapping[str, list[dict[str, object]]]:
    """What the editor underlines."""
    found: dict[str, list[dict[str, object]]] = {}
    for one in problems:
        what = said(words, "check", one.what)
        found.setdefault(str(one.file), []).append({"line": one.line, "what": what, "severity": one.severity})
    return found


@pages.page("/lines/{line}/draft/proof", Permission.EDIT_LINES)
@answering
async def draft_proven(asked: Asked) -> Response:
    """What `check` finds in the draft now, for the editor."""
    name = asked.path["line"]
    seen, live, proof = await _all(asked, name)
    changed = [one.place for one in files_of(name, seen, live.content) if one.is_changed]
    panel = asked.render("lines/proof.html", name=name, proof=proof, live=live.proof)
    told = problems_by_place(asked.words, proof.problems)
    return asked.json({"revision": seen.revision, "problems": told, "changed": changed, "panel": panel})


# ---- written


@pages.action("/lines/{line}/draft", Permission.EDIT_LINES)
@answering
async def draft_saved(asked: Asked) -> Response:
    """One file, over the revision that was seen."""
    form, name = await asked.form(), asked.path["line"]
    file, text = form.get("file", ""), form.get("text", "")
    if len(text) > LONGEST_FILE:
        raise HTTPException(413)
    _allowed(asked, name, file)
    before = await versions.draft(asked.parts.database, name)
    try:
        draft = await drafts.write(shop_of(asked), name, file, text, asked.who.name, revision_in(form))
    except (Conflict, Gone):
        return await _clash(asked, name, file, text)
    if before is None or before.author != asked.who.name:
        await asked.audit("line.draft_written", name, revision=draft.revision)
    if _is_script(asked):
        return asked.json({"revision": draft.revision})
    return asked.go(f"{entrance(name)}/edit?file={place_of(name, file)}", "lines_edit.told_saved")


def _allowed(asked: Asked, name: str, file: str) -> None:
    """A tool is written by who may write tools."""
    if checked_place(name, file).startswith("tools/") and not asked.may(Permission.EDIT_TOOLS):
        raise HTTPException(403)


def _is_script(asked: Asked) -> bool:
    return asked.request.headers.get("accept", "") == "application/json"


async def _clash(asked: Asked, name: str, file: str, text: str) -> Response:
    """Somebody was faster: both texts are shown, and nothing is lost."""
    seen = await drafts.seen(shop_of(asked), name)
    theirs = seen.content.files.get(place_of(name, file))
    if _is_script(asked):
        # No error to the browser, which would complain of it: the page goes on from here.
        return asked.json({"clash": {"revision": seen.revision, "by": seen.author, "text": theirs}})
    return asked.show(
        "lines/clash.html", 409, name=name, file=file, seen=seen, ours=text, theirs="" if theirs is None else theirs
    )


@pages.action("/lines/{line}/draft/language", Permission.EDIT_LINES)
@answering
async def language_added(asked: Asked) -> Response:
    """A language begins as a copy of the first one, to be translated."""
    form, name = await asked.form(), asked.path["line"]
    tag = form.get("tag", "").strip()
    seen = await drafts.seen(shop_of(asked), name)
    place = f"prompts/{name}/{tag}.md"
    if tag_problem(tag) or place in seen.content.files:
        return asked.go(f"{entrance(name)}/edit", "lines_edit.told_no_language")
    text = _chosen(name, files_of(name, seen, seen.content), "").text
    return await _changed(asked, name, place, text, revision_in(form))


@pages.action("/lines/{line}/draft/remove", Permission.EDIT_LINES)
@answering
async def file_removed(asked: Asked) -> Response:
    """Take a file out of the draft."""
    form, name = await asked.form(), asked.path["line"]
    _allowed(asked, name, form.get("file", ""))
    return await _changed(asked, name, form.get("file", ""), None, revision_in(form))


async def _changed(asked: Asked, name: str, file: str, text: str | None, revision: int) -> Response:
    try:
        draft = await drafts.write(shop_of(asked), name, file, text, asked.who.name, revision)
    except (Conflict, Gone):
        return asked.go(f"{entrance(name)}/edit", "lines_edit.told_not_done")
    await asked.audit("line.draft_written", name, revision=draft.revision, file=file)
    where = f"?file={place_of(name, file)}" if text is not None else ""
    return asked.go(f"{entrance(name)}/edit{where}", "lines_edit.told_saved")


@pages.action("/lines/{line}/draft/drop", Permission.EDIT_LINES)
@answering
async def draft_dropped(asked: Asked) -> Response:
    """Throw it away."""
    name, revision = asked.path["line"], revision_in(await asked.form())
    try:
        await drafts.drop(shop_of(asked), name, revision)
    except (Conflict, Gone):
        return asked.go(f"{entrance(name)}/edit", "lines_edit.told_not_done")
    await asked.audit("line.draft_dropped", name, revision=revision)
    return asked.go(entrance(name), "lines_edit.told_dropped")


@pages.action("/lines/{line}/draft/renew", Permission.EDIT_LINES)
@answering
async def draft_renewed(asked: Asked) -> Response:
    """Put the draft on what is live now."""
    name, revision = asked.path["line"], revision_in(await asked.form())
    try:
        renewed = await drafts.renew(shop_of(asked), name, asked.who.name, revision)
    except (Conflict, Gone):
        return asked.go(f"{entrance(name)}/review", "lines_edit.told_not_done")
    await asked.audit("line.draft_renewed", name, revision=renewed.draft.revision, both=list(renewed.both))
    told = "lines_edit.told_renewed_both" if renewed.both else "lines_edit.told_renewed"
    return asked.go(f"{entrance(name)}/review", told)
