"""One call: its sound, its words and everything that happened on one axis of time, and what people say of it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.call.commands import RecordFlag, RecordTool, RecordTurn
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.call_sound import drawn
from app.console.pages.shown import masked, tone
from app.console.permissions import Permission
from app.console.reading import whole
from app.console.timeline import LANES, axis, wait_of
from app.meaning.record import CallRecord, record_in_whole, record_of
from app.meaning.why import Moment, steps_of, why
from app.store import analyses, annotations, calls
from app.store.analyses import FIELDS, RESOLUTIONS, SENTIMENTS, Correction, Made
from app.store.bundle import pack
from app.store.whole import whole_call

WORST_MS: Final = 1_500  # a wait that is worth a look
LONGEST_NOTE: Final = 4_000

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the transcript: a turn, a tool, or a sign."""

    at_s: float
    turn: RecordTurn | None = None
    tool: RecordTool | None = None
    flag: RecordFlag | None = None


@pages.page("/calls/{sid}", Permission.SEE_CALLS)
async def call_shown(asked: Asked) -> Response:
    """Everything of one call."""
    sid = asked.path["sid"]
    whole = await whole_call(asked.parts.database, sid)
    if whole is None:
        return asked.show("call/none.html", 404, sid=sid)
    record = record_in_whole(whole)
    line = axis(record, whole.segments, whole.marks)
    return asked.show(
        "call/call.html",
        record=record,
        axis=line,
        lanes=LANES,
        items=items_of(record),
        wait_of=wait_of,
        worst=worst_of(record),
        why=await _why(asked, record),
        made=whole.analysis,
        corrected=_newest(whole.corrections),
        added=whole.added,
        hold=whole.hold,
        going_on=asked.parts.switchboard.find(sid) is not None,
        masked=masked,
        tone=tone,
        as_json=as_json,
        sounds=await drawn(asked, sid, line.lasts_s),
        rehearsal=rehearsal_of(record),
        resolutions=RESOLUTIONS,
        sentiments=SENTIMENTS,
    )


def items_of(record: CallRecord) -> list[Item]:
    """Turns, tools and signs in the order of the call."""
    found = [
        *(Item(turn.started_s, turn=turn) for turn in record.turns),
        *(Item(tool.at_s, tool=tool) for tool in record.tools),
        *(Item(flag.at_s, flag=flag) for flag in record.flags),
    ]
    return sorted(found, key=lambda item: item.at_s)


def worst_of(record: CallRecord) -> RecordTurn | None:
    """The turn that the caller waited longest for, if that was long."""
    waited = [turn for turn in record.turns if (turn.gap_ms or 0) >= WORST_MS]
    return max(waited, key=lambda turn: turn.gap_ms or 0, default=None)


async def _why(asked: Asked, record: CallRecord) -> list[Moment]:
    journals = asked.parts.settings.data / "journals"
    return await asyncio.to_thread(lambda: why(record, steps_of(journals, record.start.call_sid)))


def _newest(said: Sequence[Correction]) -> Mapping[str, Correction]:
    """What was said last of each field."""
    return {one.field: one for one in sorted(said, key=lambda one: one.at)}


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def rehearsal_of(record: CallRecord) -> str:
    """The command that has a rehearsed caller say what this one said."""
    said = [
        turn.heard for turn in record.turns if turn.side == "caller" and turn.heard and not turn.heard.startswith("[")
    ]
    words = " ".join(f"--say {_quoted(text)}" for text in said)
    return f"frontline call --line {record.start.line} {words}".strip()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


@pages.page("/calls/{sid}/bundle.zip", Permission.EXPORT_CALLS)
async def bundled(asked: Asked) -> Response:
    """The call as one file, which `frontline replay` takes."""
    sid = asked.path["sid"]
    record = await record_of(asked.parts.database, sid)
    if record is None:
        return asked.show("call/none.html", 404, sid=sid)
    told = asdict(record)
    caller = record.start.caller
    told["start"]["caller"] = masked(caller)
    data = await asyncio.to_thread(
        pack, asked.parts.settings.data / "journals", sid, told, {}, {caller: masked(caller)}
    )
    await asked.audit("call.exported", sid)
    headers = {"Content-Disposition": f'attachment; filename="{record.start.call_sid}.zip"'}
    return Response(data, media_type="application/zip", headers=headers)


# ---- what people add


async def on_record(asked: Asked) -> str:
    """The CallSid of the address, of a call that is on record."""
    sid = asked.path["sid"]
    if await calls.call(asked.parts.database, sid) is None:
        raise HTTPException(404)
    return sid


@pages.action("/calls/{sid}/notes", Permission.NOTE_CALLS)
async def noted(asked: Asked) -> Response:
    """A note, for whoever looks at the call next."""
    sid, text = await on_record(asked), (await asked.form()).get("text", "").strip()
    if text:
        await annotations.note(asked.parts.database, sid, asked.who.name, text[:LONGEST_NOTE])
        await asked.audit("call.noted", sid)
    return asked.go(f"/console/calls/{sid}#notes", "call.told_noted" if text else "")


@pages.action("/calls/{sid}/tags", Permission.NOTE_CALLS)
async def tagged(asked: Asked) -> Response:
    """Give the call a tag, or take one away."""
    sid, form = await on_record(asked), await asked.form()
    tag, gone = form.get("tag", "").strip().lower(), form.get("gone", "")
    if gone:
        await annotations.untag(asked.parts.database, sid, gone)
    elif tag:
        await annotations.tag(asked.parts.database, sid, asked.who.name, tag)
    if gone or tag:
        await asked.audit("call.tagged", sid, tag=(gone or tag)[: annotations.LONGEST_TAG], gone=bool(gone))
    return asked.go(f"/console/calls/{sid}")


@pages.action("/calls/{sid}/analysis", Permission.NOTE_CALLS)
async def corrected(asked: Asked) -> Response:
    """What a person says of the call, beside what the model says; also where they agree."""
    sid, form = asked.path["sid"], await asked.form()
    made = await analyses.of_call(asked.parts.database, sid)
    if made is not None:
        now, who = datetime.now(UTC), asked.who.name
        note = form.get("note", "").strip()
        fields = [Correction(sid, name, value, who, now, note[:LONGEST_NOTE]) for name, value in _said(form, made)]
        if not fields:
            return asked.go(f"/console/calls/{sid}#analysis")
        await analyses.correct(asked.parts.database, *fields)
        await asked.audit("call.corrected", sid, fields=[one.field for one in fields])
    return asked.go(f"/console/calls/{sid}#analysis", "call.told_corrected")


def _said(form: Mapping[str, str], made: Made) -> list[tuple[str, object]]:
    """The fields of a form that can be what they say."""
    said: list[tuple[str, object]] = []
    for name in FIELDS:
        value = form.get(name, "").strip()
        if name == "score" and (score := whole(value, 100)) is not None:
            said.append((name, score))
        elif name == "tags" and name in form:
            said.append((name, [tag.strip() for tag in value.split(",") if tag.strip()]))
        elif value in {"resolution": RESOLUTIONS, "sentiment": SENTIMENTS}.get(name, ()):
            said.append((name, value))
        elif name in ("reason", "summary") and value and value != getattr(made.analysis, name):
            said.append((name, value[:2_000]))
    return said
