"""Makes the bridge of a new call from its line: the call, its model, its tools, its records, its journal."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from functools import partial

from app.about import About
from app.bridge import Bridge
from app.call.machine import Call
from app.call.rules import Rules
from app.first_sounds import greeting_sound, phrase_sounds
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from app.house import House, Past, Visit
from app.keeping import hiding_of, kept_by, recording_of, redaction_of
from app.leading import models_by_route, overridden, rules_for, runner_for, wish_for
from app.lines.published import Published
from app.meaning.counting import Counted
from app.meaning.traced import Traced
from app.ports import Feed
from app.prompts.lines import Line
from app.redaction.hiding import Hiding
from app.store.journal import CallJournal
from app.store.parts import Followed, Parts
from app.store.writer import CallRecords
from app.toolkit.runner import ToolRunner


def bridge_for(house: House, published: Published, visit: Visit, past: Past | None = None) -> Bridge:
    """The bridge of one call that is about to start, or comes here. It keeps what is published now to its end."""
    line = overridden(house, published.line)
    language = line.languages[0]
    sound = greeting_sound(house, line, language) if past is None else None
    tools = runner_for(house, published, visit)
    wish = partial(wish_for, line, tools, visit, resumes=house.resumes)
    call = _brought(past) or Call(rules_for(house, line, published.tools, visit, cached=sound is not None))
    recording = recording_of(house.recorder, line, visit.call_sid, visit.now, call)
    records = house.writer.records_for(
        *(visit.call_sid, line.name, language, visit.caller, visit.called, visit.now),
        version=published.version,
        prompt_hash=published.prompt_hash,
        model=line.model,
        part="" if past is None else past.part,
        redaction=redaction_of(line, recording) if house.redacts else None,
    )
    clock = time.monotonic if past is None else past.clock
    hiding = hiding_of(line, tools.known_by) if house.redacts else None
    models = models_by_route(house, line)
    journal = _journal(house, visit.call_sid, call.rules, models, clock, past, hiding)
    if past is not None:
        _remember(past, tools, records, journal)
    return Bridge(
        call,
        model=partial(_live, house, wish, language),
        tools=tools,
        records=_watched(house, records, call.tools),
        journal=Followed(journal, _parts(past) or Parts(models), records),
        greeting=sound,
        phrases=phrase_sounds(house, line),
        recording=recording,
        hang_up=partial(house.control.hang_up, visit.call_sid) if house.control is not None else None,
        clock=clock,
        is_over=partial(house.control.is_over, visit.call_sid) if house.control is not None else None,
        about=_about(house, line, published.version, visit),
    )


def _live(house: House, wish: Callable[[str], SetupWish], language: str, feed: Feed) -> LiveModel:
    return LiveModel(
        house.client,
        wish(language),
        feed,
        backend=house.backend,
        wishes=wish,
        context_updates=house.context_updates,
        connect_within_s=house.live_connect_s,
        raw=house.live_raw,
        uplink_ms=house.uplink_ms,
        second=house.second,
        on_loss=house.quota.lost,
    )


def _brought(past: Past | None) -> Call | None:
    """The call that comes from another process."""
    return None if past is None else past.call


def _parts(past: Past | None) -> Parts | None:
    """What has followed it there."""
    return None if past is None else past.parts


def _about(house: House, line: Line, version: str, visit: Visit) -> About:
    return About(line.name, version, line.model, line.languages[0], visit.now, house.redacts, kept_by(line))


def _watched(house: House, records: CallRecords, tools: Collection[str]) -> Counted:
    """The records, what goes through them counted and, where anybody takes traces, traced."""
    if house.traces is not None:
        records.show_to(Traced(house.traces, records.start, house.backend, tools).saw)
    return Counted(records, records.start, tools)


def _journal(
    house: House,
    call_sid: str,
    rules: Rules,
    models: Mapping[str, str],
    clock: Callable[[], float],
    past: Past | None,
    hiding: Hiding | None,
) -> CallJournal:
    """The call's journal, or its next segment; its head says whose it is and how its clock goes."""
    now = clock()
    about: dict[str, object] = {"t": now, "offset": now - time.monotonic(), "process": asdict(house.process)}
    about["models"] = dict(models)
    if past is None:
        return house.journals.open(call_sid, rules, about, hiding=hiding)
    about |= {} if past.after is None else {"after": past.after}
    return house.journals.open(call_sid, rules, about, segment=past.segment, hiding=hiding)


def _remember(past: Past, tools: ToolRunner, records: CallRecords, journal: CallJournal) -> None:
    """Take over what the call did before; its records are written again, which changes nothing where they are."""
    tools.remember(past.uses)
    records.claim()
    for record in past.records:
        records.again(record)
    for event, commands, at in past.taken:
        journal.wrote(event, commands, at)
