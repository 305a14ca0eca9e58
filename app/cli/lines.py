"""`frontline lines`: what callers get now, and how a manager changes it and takes it back."""

import json
import os
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import FAILED, OK, Json, wrong
from app.cli.lines_shop import about, cost, cost_of_live, in_shop

if TYPE_CHECKING:
    from app.cli.lines_told import About
    from app.lines.content import Content
    from app.lines.costs import Cost
    from app.lines.publishing import Moved
    from app.lines.workshop import Workshop
    from app.store.versions import Draft

lines_app = typer.Typer(help="What callers of a line get: look, change, try, publish, take back.", no_args_is_help=True)


Name = Annotated[str, typer.Argument(help="The line, as its folder is called.")]
Note = Annotated[str, typer.Option("--note", help="Why, in a few words; kept with the change.")]
By = Annotated[str | None, typer.Option("--by", help="Who changes it; else the user of this computer.")]
Revision = Annotated[
    int | None, typer.Option(help="The draft's revision that you have seen; refused when it is another now.")
]
LiveRevision = Annotated[
    int | None, typer.Option(help="The revision of what is live, as `show` has it; refused when it is another now.")
]


@lines_app.command("list")
def list_lines(as_json: Json = False) -> None:
    """Every line, and what its callers get."""
    from app.cli import lines_told
    from app.edits import EditError

    async def look(shop: "Workshop", name: str) -> "About | EditError":
        try:
            return await about(shop, name)
        except EditError as error:
            return error

    async def work(shop: "Workshop") -> dict[str, "About | EditError"]:
        from app.lines.workshop import line_names

        return {name: await look(shop, name) for name in await line_names(shop)}

    found = in_shop(work)
    if as_json:
        _print([lines_told.row_json(name, one) for name, one in found.items()])
    else:
        _print("\n".join(lines_told.row(name, one) for name, one in found.items()) or "There is no line.")


@lines_app.command()
def show(
    name: Name,
    version: Annotated[str | None, typer.Option(help="One of its versions, by the beginning of its id.")] = None,
    as_json: Json = False,
) -> None:
    """What callers of a line get now, in plain words; or what a version has."""
    from app.cli import lines_told

    async def work(shop: "Workshop") -> "About":
        return await about(shop, name)

    if version is not None:
        _show_version(name, version, as_json)
        return
    found = in_shop(work)
    _print(found.as_json() if as_json else lines_told.sheet(found))


def _show_version(name: str, version: str, as_json: bool) -> None:
    from app.cli import lines_told
    from app.lines.content import content_from
    from app.lines.workshop import version_named

    one = in_shop(lambda shop: version_named(shop, name, version))
    made = {"id": one.id, "author": one.author, "note": one.note, "at": one.at.isoformat(), "parent": one.parent}
    content = content_from(one.content)
    _print({**made, **content.as_json()} if as_json else lines_told.version(one, content))


@lines_app.command()
def diff(
    states: Annotated[
        list[str],
        typer.Argument(help="NAME A B, or NAME B against live, or two ids. A, B: live, files, draft or an id."),
    ],
    as_json: Json = False,
) -> None:
    """What two states of a line differ in: settings in words, then the files."""
    from app.lines.differences import Difference, difference

    async def work(shop: "Workshop") -> Difference:
        old, new = await _two(shop, states)
        return difference(old, new)

    found = in_shop(work)
    _print(found.as_json() if as_json else found.as_text() or "They are the same.")


async def _two(shop: "Workshop", states: list[str]) -> tuple["Content", "Content"]:
    from app.lines.content import content_from
    from app.lines.workshop import any_version, line_names, named

    if states[0] in await line_names(shop):
        line, *given = states
        old, new = (["live", *given] if len(given) < 2 else given)[:2] if given else ("live", "draft")
        return await named(shop, line, old), await named(shop, line, new)
    if len(states) != 2:
        raise typer.BadParameter("write a line and two of its states, or the ids of two versions")
    old_version, new_version = [await any_version(shop, one) for one in states]
    return content_from(old_version.content), content_from(new_version.content)


@lines_app.command()
def draft(
    name: Name,
    start: Annotated[
        str | None, typer.Option("--from", help="Begin anew from live, files or a version; drops what the draft held.")
    ] = None,
    put: Annotated[
        list[str] | None, typer.Option("--set", help="FILE=PATH: the draft's file gets what PATH holds.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A file to take out of the draft.")] = None,
    revision: Revision = None,
    by: By = None,
    show_it: Annotated[bool, typer.Option("--show", help="Show its files whole.")] = False,
    as_json: Json = False,
) -> None:
    """Begin a line's draft, or write its files; callers get nothing of it before it is published."""
    from app.cli import lines_told
    from app.lines import workshop
    from app.lines.content import content_from
    from app.lines.differences import difference

    edits = [*_edits(put or []), *((file, None) for file in remove or [])]

    async def work(shop: "Workshop") -> tuple["Draft", str]:
        live = await workshop.known(shop, name)
        saved = await workshop.draft_named(shop, name)
        over = revision
        if start is not None or saved is None:
            saved = await workshop.begin_draft(shop, name, start or "live", _author(by), over)
            over = saved.revision
        for file, text in edits:
            saved = await workshop.set_file(shop, name, file, text, _author(by), over)
            over = saved.revision
        change = difference(await workshop.live_content(shop, live), content_from(saved.content))
        return saved, change.as_text()

    saved, change = in_shop(work)
    content = content_from(saved.content)
    if as_json:
        _print({"revision": saved.revision, "by": saved.author, "base": saved.base, **content.as_json()})
    elif show_it:
        _print("\n".join(f"==== {place}\n{text}" for place, text in content.files.items()))
    else:
        _print(lines_told.draft(saved, change))


def _edits(put: list[str]) -> Iterator[tuple[str, str]]:
    for one in put:
        file, _, path = one.partition("=")
        if not file or not path:
            raise typer.BadParameter(f'"{one}": write FILE=PATH, such as en-US.md=new.md')
        try:
            yield file, Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise wrong(f"{path} cannot be read ({type(error).__name__}). Write the path of a UTF-8 text.") from error


@lines_app.command()
def check(
    name: Name,
    of_draft: Annotated[bool, typer.Option("--draft", help="The draft, instead of the files.")] = False,
    as_json: Json = False,
) -> None:
    """Find every mistake of a line, and say what its prompt costs against what is live."""
    from app.check import Problem, render
    from app.lines import workshop
    from app.lines.costs import compared
    from app.store.versions import FILES

    async def work(shop: "Workshop") -> tuple[list[Problem], "Cost | None", "Cost | None", bool]:
        live = await workshop.known(shop, name)
        content = await workshop.whole(shop, await workshop.named(shop, name, "draft" if of_draft else "files"))
        is_live = live.version == FILES and not of_draft
        old = None if is_live else await cost_of_live(shop, live)
        return await workshop.check(shop, content), await cost(shop, content), old, is_live

    found, new, old, is_live = in_shop(work)
    if as_json:
        costs = {"cost": new and new.as_json(), "live_cost": old and old.as_json()}
        _print({"problems": [problem.as_json() for problem in found], **costs})
    else:
        against = "; nothing else is live to compare with" if is_live else ""
        _print("\n".join([render(found), *([f"Cost: {compared(new, old)}{against}."] if new else [])]))
    raise typer.Exit(FAILED if any(problem.severity == "error" for problem in found) else OK)


@lines_app.command()
def publish(
    name: Name,
    note: Note,
    files: Annotated[bool, typer.Option("--files", help="The files as they are now.")] = False,
    of_draft: Annotated[bool, typer.Option("--draft", help="The draft; so it is where there is one.")] = False,
    version: Annotated[str | None, typer.Option(help="A version there is, such as a canary.")] = None,
    revision: Revision = None,
    live_revision: LiveRevision = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make a new state live; refused where `check` finds a mistake."""
    from app.lines import publishing, workshop

    if sum((files, of_draft, version is not None)) > 1:
        raise typer.BadParameter("write one of --files, --draft and --version")
    if revision is not None and (files or version is not None):
        raise typer.BadParameter("--revision is the draft's; that of what is live is --live-revision")

    async def work(shop: "Workshop") -> "Moved":
        start = version or ("files" if files else "draft" if of_draft or revision is not None else "")
        start = start or ("draft" if await workshop.draft_named(shop, name) else "files")
        author = _author(by)
        return await publishing.publish(shop, name, start, note, author, revision=revision, live_revision=live_revision)

    done = in_shop(work)
    _told(done, as_json, f"To take it back: frontline lines rollback {name}")


@lines_app.command()
def rollback(
    name: Name,
    to: Annotated[
        str | None, typer.Option(help="A version, by the beginning of its id; else what was live before.")
    ] = None,
    note: Note = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Take back what is live, or the canary while there is one; at once, without a deploy."""
    from app.lines import publishing

    done = in_shop(lambda shop: publishing.rollback(shop, name, note, _author(by), to))
    _told(done, as_json, f"What has been live: frontline lines history {name}")


@lines_app.command()
def canary(
    name: Name,
    state: Annotated[str, typer.Argument(help="draft, files, or a version by the beginning of its id.")],
    share: Annotated[str, typer.Argument(help="Of the calls, such as 10%; 0% ends it.")],
    note: Note = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Give a share of the calls another state of the line; a call stays with what it got."""
    from app.cli import lines_told
    from app.lines import publishing

    percent = _percent(share)
    done = in_shop(lambda shop: publishing.canary(shop, name, state, percent, _author(by), note))
    _print(_moved_json(done) if as_json else lines_told.canary(done))


def _percent(share: str) -> float:
    try:
        percent = float(share.strip().removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise typer.BadParameter(f'"{share}" is no share. Write one such as 10%.')
    return percent


@lines_app.command()
def follow(name: Name, note: Note = "", by: By = None, as_json: Json = False) -> None:
    """Have a line follow its files: what is saved there is live within seconds."""
    from app.lines import publishing

    done = in_shop(lambda shop: publishing.follow_files(shop, name, note, _author(by)))
    _told(done, as_json, f"To take it back: frontline lines rollback {name}")


@lines_app.command()
def export(
    name: Name,
    to: Annotated[Path | None, typer.Option(help="A folder for its prompts/ and tools/; else the house's own.")] = None,
    force: Annotated[bool, typer.Option(help="Write over files that were edited since.")] = False,
) -> None:
    """Write what is live into the files, for git."""
    from app.cli import lines_told
    from app.lines import export as writing

    async def work(shop: "Workshop") -> writing.Exported:
        prompts, tools = (to / "prompts", to / "tools") if to else (shop.folders.prompts, shop.folders.tools)
        return await writing.export(shop, name, prompts, tools, force=force)

    _print(lines_told.exported(name, in_shop(work)))


@lines_app.command()
def history(name: Name, as_json: Json = False) -> None:
    """Who made what live, and when."""
    from app.cli import lines_told
    from app.lines import publishing

    changes = in_shop(lambda shop: publishing.history(shop, name))
    _print([lines_told.change_json(one) for one in changes] if as_json else lines_told.history(changes))


# ---- how


def _author(by: str | None) -> str:
    if by and by.strip():
        return by.strip()
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"user {os.getuid()}"


def _told(done: "Moved", as_json: bool, *next_steps: str) -> None:
    from app.cli import lines_told

    _print(_moved_json(done) if as_json else lines_told.moved(done, next_steps))


def _moved_json(done: "Moved") -> dict[str, object]:
    canary = {"canary": done.live.canary_version, "canary_percent": done.live.canary_percent}
    return {
        "line": done.line,
        "before": done.before,
        "live": done.live.version,
        "live_revision": done.live.revision,
        **canary,
    }


def _print(told: object) -> None:
    typer.echo(told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, indent=2))
