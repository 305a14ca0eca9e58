"""What callers get is changed here: published, taken back, tried on a share of the calls."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.lines import workshop
from app.lines.content import Content, content_from, shown
from app.lines.differences import Difference, difference
from app.lines.workshop import Conflict, Refused, Unknown, Workshop
from app.store import versions
from app.store.versions import FILES, Change, Draft, Live, Version


@dataclass(frozen=True, slots=True)
class Moved:
    """A change of what is live, done: ``before`` and ``after`` are versions or ``files``."""

    line: str
    before: str
    after: str
    live: Live


class Nothing(Exception):
    """What was asked for is so already."""


async def publish(
    shop: Workshop,
    line: str,
    start: str,
    note: str,
    author: str,
    *,
    revision: int | None = None,
    live_revision: int | None = None,
) -> Moved:
    """Make ``draft``, ``files`` or a version live.

    ``revision`` is that of the draft that the author has seen, ``live_revision`` that of what is live; None: any.
    Raises Unknown, Nothing, Refused for a state with mistakes, Conflict when somebody was faster.
    """
    live = await workshop.known(shop, line)
    draft = await workshop.draft_of(shop, line) if start == workshop.DRAFT else None
    state = content_from(draft.content) if draft is not None else await workshop.named(shop, line, start)
    content = await workshop.whole(shop, state)
    now = await workshop.live_content(shop, live) if await _has_live(shop, live) else content
    if draft is not None and revision is not None and draft.revision != revision:
        raise _saved_since(draft, revision, difference(now, content))
    if live_revision is not None and live_revision != live.revision:
        again = f"publish again with --live-revision {live.revision}"
        raise _overtaken(live, live_revision, difference(now, content), again)
    if content.id == live.version and live.canary_version is None:
        raise Nothing(f"{line} has exactly this already: {shown(content.id)} is live.")
    if draft is not None and draft.base != now.id:
        raise _begun_before(live, await began(shop, live), now, content)
    await _without_mistakes(shop, content)
    first = _first(shop, live, now)
    new = (_version(shop, content, author, note, now.id), *first)
    before = now.id if live.version == FILES and now.id != content.id else live.version
    change = Change(line, author, "publish", before, content.id, note, shop.wall())
    moved = await _moved(shop, live, _only(live, content.id), change, new)
    if draft is not None:
        await versions.drop_draft(shop.database, line, draft.revision)
    return moved


async def rollback(shop: Workshop, line: str, note: str, author: str, to: str | None = None) -> Moved:
    """Make live again what was live before, or the version ``to``. While a canary goes on, that is what is taken back.

    Raises Unknown, Unreadable, Conflict.
    """
    live = await workshop.known(shop, line)
    if to is None and live.canary_version is not None:
        change = Change(line, author, "rollback", live.canary_version, live.version, note, shop.wall())
        return await _moved(shop, live, _only(live, live.version), change)
    target = (await workshop.version_named(shop, line, to)).id if to else await previous(shop, live)
    if target == FILES:
        return await _move(shop, live, "rollback", FILES, note, author)
    # No check as for something new: callers had it before, and it must be quick. But it has to be readable.
    await workshop.readable(shop, await workshop.kept(shop, target))
    return await _move(shop, live, "rollback", target, note, author)


async def canary(
    shop: Workshop,
    line: str,
    start: str,
    percent: float,
    author: str,
    note: str = "",
    *,
    revision: int | None = None,
) -> Moved:
    """Give a share of the calls another state of the line (``draft``, ``files`` or a version); 0 ends it.

    ``revision`` is that of the draft that the author has seen. Raises Unknown, Nothing, Refused, Conflict.
    """
    live = await workshop.known(shop, line)
    if percent <= 0:
        return await _move(shop, live, "canary", live.version, note or "no canary any more", author)
    draft = await workshop.draft_of(shop, line) if start == workshop.DRAFT else None
    state = content_from(draft.content) if draft is not None else await workshop.named(shop, line, start)
    content = await workshop.whole(shop, state)
    now = await workshop.live_content(shop, live)
    if draft is not None and revision is not None and draft.revision != revision:
        raise _saved_since(draft, revision, difference(now, content))
    if content.id == now.id:
        raise Nothing(f"{line}: that is live already ({shown(now.id)}). A canary gives some callers something else.")
    await _without_mistakes(shop, content)
    first = _first(shop, live, now)
    new = (_version(shop, content, author, note, now.id), *first)
    wanted = replace(live, canary_version=content.id, canary_percent=min(percent, 100.0))
    told = f"{percent:g} % of the calls. {note}".strip()
    change = Change(line, author, "canary", live.version, content.id, told, shop.wall())
    return await _moved(shop, live, wanted, change, new)


async def follow_files(shop: Workshop, line: str, note: str, author: str) -> Moved:
    """Have the line follow its folder again. Raises Unknown, Refused, Conflict."""
    live = await workshop.known(shop, line)
    await _without_mistakes(shop, await workshop.from_files(shop, line))
    return await _move(shop, live, "follow", FILES, note, author)


async def diff(shop: Workshop, line: str, old: str, new: str) -> Difference:
    """What two states of a line differ in; each ``live``, ``files``, ``draft`` or a version."""
    return difference(await workshop.named(shop, line, old), await workshop.named(shop, line, new))


async def history(shop: Workshop, line: str) -> list[Change]:
    """Every change of what is live, the newest first."""
    await workshop.known(shop, line)
    return await versions.history(shop.database, line)


async def began(shop: Workshop, live: Live) -> Change | None:
    """As ``began_in``, of every change there was."""
    return began_in(await versions.history(shop.database, live.line), live)


def began_in(changes: Sequence[Change], live: Live) -> Change | None:
    """The change that made live what is live now; None before there is one. A canary, or its end, changes nothing."""
    first = None
    for change in changes:
        if change.what == "canary":
            continue
        if change.to_version != live.version:
            break
        first = change
    return first


async def previous(shop: Workshop, live: Live) -> str:
    """As ``previous_in``, of every change there was. Raises Unknown."""
    if found := previous_in(await versions.history(shop.database, live.line), live):
        return found
    raise Unknown(f"{live.line} has nothing to go back to: this is the first that was live.")


def previous_in(changes: Sequence[Change], live: Live) -> str:
    """What was live before the state of now was published; what is gone back to is no step forward.

    Empty where there was nothing before.
    """
    before = [one for one in changes if one.to_version == live.version != one.from_version and one.what != "rollback"]
    return next((one.from_version for one in sorted(before, key=lambda one: one.what == "canary")), "")


# ---- how


async def _without_mistakes(shop: Workshop, content: Content) -> None:
    mistakes = [problem for problem in await workshop.check(shop, content) if problem.severity == "error"]
    if mistakes:
        raise Refused(mistakes)


async def _has_live(shop: Workshop, live: Live) -> bool:
    return live.version != FILES or (shop.folders.prompts / live.line).is_dir()


def _version(shop: Workshop, content: Content, author: str, note: str, parent: str) -> Version:
    above = parent if parent != content.id else None
    return Version(content.id, content.line, content.as_json(), author, note, shop.wall(), above)


def _first(shop: Workshop, live: Live, now: Content) -> tuple[Version, ...]:
    """Files that are replaced as what is live become a version themselves: what callers heard can be had again."""
    if live.version != FILES:
        return ()
    return (Version(now.id, now.line, now.as_json(), FILES, "the files as they were", shop.wall()),)


def _only(live: Live, version: str) -> Live:
    return replace(live, version=version, canary_version=None, canary_percent=0.0)


async def _move(shop: Workshop, live: Live, what: str, to: str, note: str, author: str) -> Moved:
    change = Change(live.line, author, what, live.version, to, note, shop.wall())
    return await _moved(shop, live, _only(live, to), change)


async def _moved(shop: Workshop, live: Live, wanted: Live, change: Change, new: tuple[Version, ...] = ()) -> Moved:
    signed = replace(wanted, changed_at=change.at, changed_by=change.who)
    try:
        after = await versions.move(shop.database, signed, change, new)
    except versions.Stale:
        there = await versions.live(shop.database, live.line)
        change_in_it = difference(await workshop.live_content(shop, there), await _wanted(shop, wanted, new))
        raise _overtaken(there, wanted.revision, change_in_it, "write the command again") from None
    return Moved(live.line, change.from_version, change.to_version, after)


async def _wanted(shop: Workshop, wanted: Live, new: tuple[Version, ...]) -> Content:
    given = {one.id: content_from(one.content) for one in new}
    return given.get(wanted.version) or await workshop.live_content(shop, wanted)


def _saved_since(draft: Draft, revision: int, change: Difference) -> Conflict:
    message = (
        f"The draft of {draft.line} is at revision {draft.revision}, saved by {draft.author}, not at {revision}. "
        f"{_would('publishing it', change)} Look at it, and publish it with --revision {draft.revision}."
    )
    return Conflict(message, change)


def _overtaken(there: Live, revision: int, change: Difference, again: str) -> Conflict:
    who = f"changed by {there.changed_by}" if there.changed_by else "the files"
    message = (
        f"What is live of {there.line} is at revision {there.revision} now ({who}), not at {revision}. "
        f"{_would('yours', change)} Look at it, and {again}."
    )
    return Conflict(message, change)


def _begun_before(live: Live, since: Change | None, now: Content, ours: Content) -> Conflict:
    change = difference(now, ours)
    who = f"by {since.who}" if since is not None and live.version != FILES else "in the files"
    message = (
        f"{live.line} was changed {who} since the draft was begun: live is {shown(now.id)} now. "
        f"{_would('publishing it', change)} Keep what you need of it (frontline lines draft {live.line} --show), "
        f"begin it anew (frontline lines draft {live.line} --from live, which throws away what it holds), "
        "write your change into it, and publish again."
    )
    return Conflict(message, change)


def _would(what: str, change: Difference) -> str:
    return f"This is what {what} would change in what is live." if change else "Both say the same."
