"""Rows of the fault matrix: what Twilio's side does to a call."""

import re

from app.drill.matrix_gemini import GREETING
from app.drill.row import Row
from app.drill.scene import ANSWERED, ASKS, GOODBYE, ORDER, ORDINARY, Scene
from app.drill.verdict import Check, at_most, equal, heard, records, true
from app.rehearsal.callers import HangUp, Press, Say, Silence, Wait
from app.rehearsal.phone import Representative
from app.rehearsal.phone_faults import Faults

_LOST = r"lost you|cut off|lost the line|got disconnected"
KEYS = "739182645" * 8


async def _lost_stream(scene: Scene) -> list[Check]:
    """T1: the stream's socket breaks, without a goodbye, while the assistant speaks."""
    cut = Faults(abrupt_after_s=9.5, first_only=True)
    told = await scene.call(Wait(), Say(ASKS), Silence(8), Say(ASKS), ANSWERED, *GOODBYE, stream=cut)
    opened = [one.at_s for one in told.report.happenings if one.what == "stream opened"]
    closed = [one.at_s for one in told.report.happenings if one.what == "stream closed"]
    back = round((opened[1] - closed[0]) * 1000) if len(opened) > 1 else None
    return [
        equal("streams of the call", told.report.streams, 2),
        at_most("the second one after", back, 5_000),
        heard(told, _LOST, "that the line was lost"),
        heard(told, ORDER, "the answer"),
        heard(told, GREETING, "the greeting", 1),
        equal("disposition", told.disposition, "completed"),
        *records([told]),
    ]


async def _no_stop(scene: Scene) -> list[Check]:
    """T6: sound stops, and nobody says so."""
    told = await scene.call(Wait(), Say(ASKS), Silence(3), HangUp(), stream=Faults(stall_after_s=9.0))
    closed = [one.at_s for one in told.report.happenings if one.what == "stream closed"]
    asked = [target for _, target in scene.here.rest.asked if told.report.call_sid in target]
    return [
        at_most("given up", round(closed[0] - 9.0, 1) if closed else None, 17, "s after the last frame"),
        true("Twilio is asked about the call", bool(asked)),
        equal("disposition", told.disposition, "media_timeout"),
        *records([told]),
    ]


async def _rung_twice(scene: Scene) -> list[Check]:
    """T7: Twilio sends the first webhook again."""
    before = await scene.here.metric("calls_now")
    told = await scene.call(*ORDINARY, stream=Faults(rings=2))
    return [
        equal("streams", told.report.streams, 1),
        heard(told, GREETING, "one greeting", 1),
        equal("disposition", told.disposition, "completed"),
        true("nothing left behind", await scene.here.metric("calls_now") <= before + 1),
        *records([told]),
    ]


async def _rest_fails(scene: Scene) -> list[Check]:
    """T8: REST answers 429 and 503 while a caller is put through, and nobody takes the call."""
    wants = (Wait(), Say("I want to speak to a real person, please."), Silence(12), *GOODBYE)
    rest = scene.here.rest
    rest.failing.extend([503, 429] * 25)
    try:
        through = await scene.call(*wants)
        nobody = await scene.call(*wants, representative=Representative(ends="no-answer"))
    finally:
        rest.failing.clear()
    return [
        true("put through", any(ended == "completed" for _, ended in through.report.dialled), "not dialled"),
        true("where nobody answers, dialled once", len(nobody.report.dialled) == 1, f"{nobody.report.dialled}"),
        heard(nobody, r"nobody|sorry|message|free", "that nobody is there"),
        equal("dispositions", through.disposition, "handed_off"),
        *records([through, nobody]),
    ]


async def _keys(scene: Scene) -> list[Check]:
    """T9: 72 keys within a second, then a 0."""
    both = Wait(at_most_s=30, finished_ms=4_500)  # what was keyed has an answer, too
    storm = await scene.call(Wait(), Silence(3), Say(ASKS), both, *GOODBYE, stream=Faults(keys=KEYS, keys_after_s=7))
    zero = await scene.call(Wait(), Press("0"), Wait(at_most_s=10))
    log = scene.here.log
    return [
        heard(storm, ORDER, "the answer after the storm"),
        equal("disposition", storm.disposition, "completed"),
        true("0 leads to a person, or is answered", bool(zero.report.dialled) or zero.report.figures.answers >= 1),
        true("no digits in the log", not re.search(r"7391826|739182645", log)),
        *records([storm, zero]),
    ]


ROWS = (
    Row(
        "T1",
        "the stream's socket breaks in mid-call",
        "a second stream within 5 s, words about it, no second greeting, one record, the answer",
        _lost_stream,
    ),
    Row(
        "T6",
        "sound stops and no stop comes",
        "given up within 17 s, Twilio is asked to end the call, the record says why",
        _no_stop,
    ),
    Row("T7", "the first webhook is sent twice", "one stream, one greeting, one record", _rung_twice),
    Row(
        "T8",
        "REST answers 503 and 429 while a caller is put through",
        "the caller is put through all the same; where nobody answers, the caller hears so and has a way on",
        _rest_fails,
        place="alone",
    ),
    Row(
        "T9",
        "72 keys within a second; a 0",
        "the call goes on; 0 is answered or leads to a person; digits are never logged",
        _keys,
    ),
)
