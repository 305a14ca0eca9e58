"""The lines' versions in plain words, for the people who run `frontline lines`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.edits import EditError
from app.lines.content import Content, shown
from app.lines.costs import Cost
from app.lines.export import Exported
from app.lines.publishing import Moved
from app.lines.standing import Standing
from app.store.versions import FILES, Change, Draft, Live, Version

KEPT = "The next call has it, within 2 seconds; calls going on keep what they started with."


@dataclass(frozen=True, slots=True)
class About:
    """How a line stands, and what it costs."""

    standing: Standing
    cost: Cost | None

    def as_json(self) -> dict[str, object]:
        stands = self.standing
        return {
            "line": stands.live.line,
            "live": stands.live.version,
            "content": stands.content.id,
            "canary": stands.live.canary_version,
            "canary_percent": stands.live.canary_percent,
            "live_since": stands.began.at.isoformat() if stands.began else None,
            "live_by": stands.began.who if stands.began else "",
            "changed_at": stands.live.changed_at.isoformat() if stands.live.revision else None,
            "changed_by": stands.live.changed_by,
            "live_revision": stands.live.revision,
            "note": stands.version.note if stands.version else "",
            "numbers": list(stands.content.numbers),
            "draft": {"by": stands.draft.author, "revision": stands.draft.revision} if stands.draft else None,
            "files_differ": stands.files_differ,
            "changed_tools": list(stands.changed_tools),
            "cost": self.cost.as_json() if self.cost else None,
        }


def at(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def state(live: Live) -> str:
    """What is live, as one word."""
    return FILES if live.version == FILES else shown(live.version)


def row_json(name: str, about: About | EditError) -> dict[str, object]:
    """A line of the list, for programs."""
    return {"line": name, "problem": str(about)} if isinstance(about, EditError) else about.as_json()


def row(name: str, about: About | EditError) -> str:
    """A line of the list."""
    if isinstance(about, EditError):
        return f"{name:<12} cannot be read: {about}"
    stands = about.standing
    told = [f"{stands.live.line:<12} {state(stands.live):<13} {', '.join(stands.content.numbers) or 'no number'}"]
    if stands.live.canary_version:
        told.append(f"canary {shown(stands.live.canary_version)} for {stands.live.canary_percent:g} %")
    if stands.draft:
        told.append(f"draft by {stands.draft.author}")
    if stands.live.version != FILES and stands.files_differ:
        told.append("the files differ")
    return "   ".join(told)


def sheet(about: About) -> str:
    """All there is to know of a line, in sentences."""
    stands, live = about.standing, about.standing.live
    told = [_what_callers_get(stands)]
    if live.revision:
        told.append(f"What is live is at revision {live.revision} (--live-revision).")
    if live.canary_version:
        told.append(f"A canary, {shown(live.canary_version)}, answers {live.canary_percent:g} % of the calls.")
    if stands.files_differ and live.version != FILES:
        told.append(f"The files in the folders differ from it: frontline lines diff {live.line} live files")
    if stands.changed_tools:
        tools = ", ".join(stands.changed_tools)
        told.append(f"It was written for other tools than there are now ({tools}): check and publish it again.")
    if stands.draft:
        draft = stands.draft
        seen = f"revision {draft.revision} (--revision), saved {at(draft.updated_at)}"
        told.append(f"A draft by {draft.author}, {seen}, is not live.")
    return "\n".join([*told, *_settings(about)])


def _what_callers_get(stands: Standing) -> str:
    live = stands.live
    whom = f"Who calls {live.line} ({', '.join(stands.content.numbers) or 'no number'})"
    if live.version == FILES:
        return f"{whom} gets what the files say now, version {shown(stands.content.id)}."
    note = f': "{stands.version.note}"' if stands.version and stands.version.note else ""
    since = f", live since {at(stands.began.at)} by {stands.began.who}" if stands.began else ""
    return f"{whom} gets version {shown(live.version)}{since}{note}."


def _settings(about: About) -> list[str]:
    stands, told = about.standing, about.standing.content.settings
    keys = ("business", "model", "voice", "languages", "tools", "closed")
    rows = [f"  {key:<10} {_words(told[key])}" for key in keys if key in told]
    rows.append(f"  {'files':<10} {', '.join(stands.content.files)}")
    if about.cost:
        price = "" if about.cost.usd_per_min is None else f", ${about.cost.usd_per_min:.4f} a minute for the model"
        rows.append(f"  {'prompt':<10} about {about.cost.prompt_tokens:,} tokens{price}")
    return rows


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def moved(done: Moved, next_steps: Sequence[str]) -> str:
    """What a change of what is live did."""
    now = "the files" if done.live.version == FILES else f"version {shown(done.live.version)}"
    return "\n".join([f"{done.line}: live is {now} now (before: {shown(done.before)}). {KEPT}", *next_steps])


def canary(done: Moved) -> str:
    """What is tried on whom."""
    if done.live.canary_version is None:
        return f"{done.line}: no canary any more; every call gets {state(done.live)}. {KEPT}"
    share = f"{done.live.canary_percent:g} % of the calls get {shown(done.live.canary_version)}"
    return (
        f"{done.line}: {share}, the others {state(done.live)}. {KEPT}\n"
        f"For all: frontline lines publish {done.line} --version {shown(done.live.canary_version)} --note ...\n"
        f"To end it: frontline lines rollback {done.line}"
    )


def draft(saved: Draft, change: str) -> str:
    """A draft, what it would change, and what to do next."""
    name = saved.line
    return "\n".join(
        [
            f"The draft of {name} is at revision {saved.revision}, by {saved.author}, begun from {shown(saved.base)}.",
            change or "It says what is live.",
            f"Next: frontline lines check {name} --draft, then frontline lines publish {name} --draft --note ...",
        ]
    )


def version(one: Version, content: Content) -> str:
    """A version, in sentences."""
    above = f", after {shown(one.parent)}" if one.parent else ""
    note = f': "{one.note}"' if one.note else ""
    told = [f"Version {shown(one.id)} of {one.line}, by {one.author} on {at(one.at)}{above}{note}"]
    return "\n".join([*told, *(f"  {place} ({len(text):,} letters)" for place, text in content.files.items())])


def history(changes: Sequence[Change]) -> str:
    return "\n".join(map(_change, changes)) or "Nothing was published yet: callers get what the files say."


def _change(one: Change) -> str:
    versions = f"{shown(one.from_version):<12} -> {shown(one.to_version):<12}"
    note = f": {one.note}" if one.note else ""
    return f"{at(one.at)}  {one.what:<8} {versions} {one.who}{note}"


def change_json(one: Change) -> Mapping[str, object]:
    return {
        "at": one.at.isoformat(),
        "what": one.what,
        "from": one.from_version,
        "to": one.to_version,
        "who": one.who,
        "note": one.note,
    }


def exported(line: str, done: Exported) -> str:
    rows = [f"  written  {place}" for place in done.written]
    rows += [f"  removed  {place}" for place in done.removed]
    rows += [f"  kept     {place} (what is live has it not; other lines may)" for place in done.left]
    if not rows:
        return f"The files of {line} are what is live already."
    return "\n".join([f"The files of {line} are what is live now:", *rows])
