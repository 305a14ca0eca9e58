"""What goes into the queue of the records' writer, and the rows that it becomes."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from uuid import UUID, uuid5

from app.call.commands import Leaving, RecordConsent, RecordCost, RecordFlag, RecordTool, RecordTurn
from app.store.calls import CallStart
from app.store.database import plain_text
from app.store.outbox import Wish
from app.store.parts import Mark, Part, Recorded, Segment

_ROWS = UUID("6a1f0c52-5a0e-4d8b-9f0e-0d5c2b8f7a31")  # any, for good: the rows' ids are made in it


@dataclass(frozen=True, slots=True)
class Claim:
    """The call is this process's from now on."""


# What is to be done because of a record: None is the call's beginning. It is written in the same transaction.
Follow = Callable[[CallStart, Recorded | Claim | Leaving | None], Iterable[Wish]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row to write; ``what`` is None where the call's own row is all there is yet."""

    id: UUID
    start: CallStart
    what: Recorded | Claim | Leaving | None
    part: str = ""


def row_id(call_sid: str, what: object, part: str = "") -> UUID:
    """The id of a row, made of what it is: whoever writes it, from the call or later from its journal."""
    match what:
        case RecordTurn():
            key = ("turn", str(what.number))
        case RecordTool():
            key = ("tool", what.id)
        case RecordFlag():
            key = ("flag", f"{what.name} {what.at_s} {what.detail}")
        case RecordCost():
            key, part = ("cost", what.item), ""  # an item is one, whoever bills it
        case RecordConsent():
            key = ("consent", f"{what.answer} {what.at_s}")
        case Segment():
            key = (what.kind, str(what.number))
        case Mark():
            key = ("mark", f"{what.name} {what.at_s}")
        case _:
            key = ("call", "")
    return uuid5(_ROWS, plain_text(f"{call_sid}\n{part}\n{key[0]}\n{key[1]}"))


def turn_row(entry: Entry, turn: RecordTurn) -> dict[str, object]:
    # ``sources`` apart: copying all of a turn would copy its mappings, and not every mapping can be copied.
    sources = [dict(source) for source in turn.sources]
    plain = asdict(replace(turn, sources=()))
    return {**plain, "sources": sources, "id": entry.id, "call_sid": entry.start.call_sid}


def tool_row(entry: Entry, tool: RecordTool) -> dict[str, object]:
    return {
        "id": entry.id,
        "call_sid": entry.start.call_sid,
        "model_id": tool.id,
        "name": tool.name,
        "args": tool.args,
        "response": tool.response,
        "status": tool.status,
        "took_ms": tool.took_ms,
        "at_s": tool.at_s,
        "level": tool.level,
        "effect": tool.effect,
        "key": tool.key,
    }


def flat_row(entry: Entry, record: RecordFlag | RecordCost | Part) -> dict[str, object]:
    return {**asdict(record), "id": entry.id, "call_sid": entry.start.call_sid}


def consent_row(entry: Entry, consent: RecordConsent) -> dict[str, object]:
    plain = {name: value for name, value in asdict(consent).items() if name != "text"}
    wording = sha256(consent.text.encode("utf-8", "replace")).hexdigest()
    return {**plain, "wording": wording, "id": entry.id, "call_sid": entry.start.call_sid}
