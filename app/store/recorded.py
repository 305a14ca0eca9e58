"""The records that a journal holds, read without a machine: what was written down counts."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, cast, get_args

from app.call.commands import Record, RecordFlag, RecordTool, RecordTurn
from app.redaction.spans import named
from app.store.journal import Step, before, command_from, event_from, last_segment, read, segment_path
from app.store.parts import SEEN, Part, Parts, Recorded, told_with

_RECORDS: Final = {cls.__name__ for cls in get_args(Record)}


def recorded(folder: Path, call_sid: str) -> list[Recorded]:
    """Everything a call's journal has for the records, in its order; nothing where there is no journal.

    Takes its time: call it in a thread.
    """
    segment = last_segment(folder, call_sid)
    if not segment:
        return []
    path = segment_path(folder, call_sid, segment)
    head, own = read(path)
    parts = Parts(models_of(head))
    found: list[Recorded] = []
    for step in [*before(path, head), *own]:
        written = (command_from(line) for line in step.commands if line.get("c") in _RECORDS)
        found += [named_record(cast(Record, command)) for command in written]
        found += [told_with(part, named) for part in _parts_of(parts, step)]
    return found


def models_of(head: Mapping[str, object]) -> Mapping[str, str]:
    """Which model each route of a call leads to, by its journal's head."""
    return cast("Mapping[str, str]", head.get("models") or {})


def _parts_of(parts: Parts, step: Step) -> list[Part]:
    name = str(step.event["e"])
    commands = [command_from(line) for line in step.commands if line.get("c") in SEEN]
    if not commands and name not in SEEN:
        return []
    return parts.saw(event_from(step.event), commands, step.at)


def named_record(record: Record) -> Record:
    """A record of a journal as it is stored: what is hidden there, letter by letter, is named."""
    match record:
        case RecordTurn(heard=heard, unheard=unheard):
            return replace(record, heard=named(heard), unheard=named(unheard))
        case RecordTool(args=args, response=response):
            return replace(record, args=_named(args), response=_named(response))
        case RecordFlag(detail=detail):
            return replace(record, detail=named(detail))
        case _:
            return record


def _named(values: Mapping[str, object]) -> Mapping[str, object]:
    return {name: _named_value(value) for name, value in values.items()}


def _named_value(value: object) -> object:
    if isinstance(value, str):
        return named(value)
    if isinstance(value, Mapping):
        return _named(value)
    return [_named_value(item) for item in value] if isinstance(value, list | tuple) else value
