"""The lines of a journal: what stands in them of an event, a command and the caller's sound."""

import json
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields

import orjson

from app.audio.pcm import Audio
from app.call import commands as command_module
from app.call import events as event_module
from app.call.commands import Command, Listen, Play
from app.call.events import AssistantAudio, CallerAudio, Event
from app.call.image import Image
from app.call.rules import Rules

EVENTS: dict[str, type] = {cls.__name__: cls for cls in typing.get_args(event_module.Event)}
COMMANDS: dict[str, type] = {cls.__name__: cls for cls in typing.get_args(command_module.Command)}

Entry = tuple[Event, list[Command], float]

# A call at work leaves some hundred lines a second: what they are made of is looked up once a class, and those of
# sound, which are nearly all, are put together letter by letter.
_ATOMS = frozenset({str, int, float, bool, type(None)})
_NAMES: dict[type, tuple[str, ...]] = {
    cls: tuple(each.name for each in fields(cls)) for cls in (*EVENTS.values(), *COMMANDS.values(), Rules)
}
_RUN = b'{"t":%r,"e":"CallerAudio","ms":%r,"n":%d}\n'
_SOUND = b'{"t":%r,"e":"AssistantAudio","audio":{"ms":%r,"rate":%d},"flaw":"%b"}\n'
_PLAY = b'{"t":%r,"c":"Play","audio":{"ms":%r,"rate":%d},"mark":%b,"last":%b}\n'


def lines_of(entries: list[Entry]) -> bytes:
    """The steps of a call, a line for each event and command, and one for each run of the caller's frames."""
    return b"".join(_lines(entries))


def dumped(line: Mapping[str, object]) -> bytes:
    """A line as JSON, without its end."""
    try:
        return orjson.dumps(line)
    except TypeError:
        # Half a surrogate pair in a word, a number of more than 64 bits: a model can say such things in JSON.
        return json.dumps(line, default=str).encode()


def line_of(kind: str, item: object, now: float) -> dict[str, object]:
    """One line: ``kind`` is ``e`` for an event, ``c`` for a command."""
    return {"t": now, kind: item.__class__.__name__, **fields_of(item)}


def fields_of(item: object) -> dict[str, object]:
    """The fields of an event, a command or the rules."""
    return {name: plain(getattr(item, name)) for name in _NAMES[item.__class__]}


def plain(value: object) -> object:
    """A field's value as JSON can hold it; sound becomes its length, a picture its size."""
    if value.__class__ in _ATOMS:
        return value
    if isinstance(value, Audio):
        return {"ms": value.ms, "rate": value.rate}
    if isinstance(value, Image):
        return {"bytes": len(value.jpeg), "width": value.width, "height": value.height}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _lines(entries: list[Entry]) -> Iterator[bytes]:
    run: tuple[float, float] | None = None  # of the caller's sound: when it began, and how long its frames are
    frames = 0
    for event, commands, now in entries:
        if event.__class__ is CallerAudio and _only_listens(commands):
            ms = event.audio.ms
            if run is not None and run[1] == ms:
                frames += 1
                continue
            if run is not None:
                yield _RUN % (*run, frames)
            run, frames = (now, ms), 1
            continue
        if run is not None:
            yield _RUN % (*run, frames)
            run = None
        yield _line("e", event, now)
        for command in commands:
            yield _line("c", command, now)
    if run is not None:
        yield _RUN % (*run, frames)


def _line(kind: str, item: Event | Command, now: float) -> bytes:
    """What ``line_of`` says, as it is written."""
    if item.__class__ is AssistantAudio:
        return _SOUND % (now, item.audio.ms, item.audio.rate, item.flaw.encode())
    if item.__class__ is Play:
        mark, last = orjson.dumps(item.mark), b"true" if item.last else b"false"
        return _PLAY % (now, item.audio.ms, item.audio.rate, mark, last)
    return dumped(line_of(kind, item, now)) + b"\n"


def _only_listens(commands: list[Command]) -> bool:
    return not commands or (len(commands) == 1 and commands[0].__class__ is Listen)
