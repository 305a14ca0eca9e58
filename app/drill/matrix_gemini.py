"""Rows of the fault matrix: what the Live API does."""

import asyncio
import re

from app.drill.intruder import answered_within_ms
from app.drill.row import Row
from app.drill.scene import ANSWERED, ASKS, GOODBYE, ORDER, Scene, new_number
from app.drill.told import Told, silence_ms
from app.drill.verdict import Check, at_most, equal, heard, records, true
from app.rehearsal.callers import Say, Silence, Wait, WaitForEnd

GREETING = r"\bassistant\b"  # a word of the greeting, and of no other sentence
_MOMENT = r"moment|hold|bear with"
_WAY_ON = r"after the tone|press 1|call you back|colleague|again"  # what Twilio's voice offers
GAP_MS = 1_500
_ANSWERING_S = 4.0  # the answer lasts longer than that from its first words on
ASKING = (Wait(), Say(ASKS))


async def _slow_connect(scene: Scene) -> list[Check]:
    """G1: three seconds, ten, never."""
    patient = (*ASKING, Wait(at_most_s=20, finished_ms=3_000), *GOODBYE)
    three, ten, never = await asyncio.gather(
        scene.call(*patient, fault={"connect_delay_s": 3.0}),
        scene.call(*ASKING, Silence(20), WaitForEnd(12), fault={"connect_delay_s": 10.0}, sessions=None),
        scene.call(*ASKING, Silence(20), WaitForEnd(12), fault={"mute_setup": True}, sessions=None),
    )
    calls = [three, ten, never]
    return [
        at_most("first sound", max(one.report.figures.first_sound_ms or 99_999 for one in calls), 1_000),
        heard(three, ORDER, "the answer after 3 s"),
        heard(ten, _MOMENT, '"one moment" at 10 s'),
        heard(never, _MOMENT, '"one moment" when it never comes'),
        true("a way on when it never comes", on_their_way(never), never.disposition or "no end"),
        at_most("until then", way_on_s(never), 12, "s"),
        *records(calls),
    ]


def on_their_way(told: Told) -> bool:
    """The caller was put through, or was offered to leave a message, to be called back, or to call again."""
    return bool(told.report.dialled) or bool(re.search(_WAY_ON, " ".join(told.report.spoken), re.IGNORECASE))


def way_on_s(told: Told) -> float | None:
    """When the caller was dialled on, or the call left its stream for another way."""
    left = [one.at_s for one in told.report.happenings if one.what in ("dialling", "stream closed")]
    return round(left[0], 1) if left else None


async def _drop(scene: Scene) -> list[Check]:
    """G2: the socket goes in the middle of a sentence."""
    told = await scene.call(*ASKING, Wait(at_most_s=12, finished_ms=3_000), *GOODBYE, fault={"drop_after_chunks": 5})
    return [*await resumed(told), *records([told])]


async def resumed(told: Told) -> list[Check]:
    """What every session that goes on in another must be like for the caller."""
    gap = await asyncio.to_thread(_gap_ms, told)
    return [
        at_most("gap", gap, GAP_MS),
        heard(told, GREETING, "the greeting", 1),
        true("goes on in a second session", len(told.entries("SessionOpened")) >= 2),
        heard(told, ORDER, "the answer"),
        true("the caller's words are kept", "1047" in told.said("caller"), told.said("caller")),
        equal("disposition", told.disposition, "completed"),
    ]


def _gap_ms(told: Told) -> int | None:
    """The longest silence from the loss of the session on, in what is surely still the answer; blocking."""
    lost = told.at_s("SessionLost")
    return silence_ms(told.report.recording, lost[0], lost[0] + _ANSWERING_S) if lost else None


async def _drop_in_tool(scene: Scene) -> list[Check]:
    """G3: the socket goes while a tool runs."""
    steps = (Wait(), Say("When is high tide? I mean the tide report."), Wait(at_most_s=15, finished_ms=3_000))
    told = await scene.call(*steps, *GOODBYE, fault={"drop_in_tool_s": 1.0})
    uses = [use.status for use in told.tools if use.name == "tide_report"]
    return [
        heard(told, r"\bseven\b|\b7\b", "the tool's result"),
        equal("tool's record", uses, ["ok"]),
        true("goes on in a second session", len(told.entries("SessionOpened")) >= 2),
        heard(told, GREETING, "the greeting", 1),
        *records([told]),
    ]


async def _quota(scene: Scene) -> list[Check]:
    """G4: 429 on every new session."""
    async with scene.own_house(environment={"FRONTLINE_CALLS_PER_CALLER": "20"}) as house:
        await house.ask(fault={"refuse": 429}, sessions=None)
        first = await scene.call(Silence(12), WaitForEnd(10), house=house)
        took_ms, document = await answered_within_ms(house, new_number())
        second = await scene.call(Silence(12), WaitForEnd(10), house=house)
        shed = await house.metric("calls_offered_total")
        refused = int(str((await house.ask())["refused_upgrades"]))
        return [
            true("the first caller has a way on", on_their_way(first), first.disposition or "no end"),
            true("the next one hears words at once", bool(second.words), "nothing"),
            true("and has a way on", on_their_way(second), second.words),
            at_most("answer to a ring meanwhile", took_ms, 500),
            true("with words in it", "<Say" in document or "<Stream" in document or "<Dial" in document),
            at_most("sessions asked for by three calls", refused, 12, "upgrades"),
            true("counted", shed >= 3),
            *records([first]),
        ]


async def _unwell(scene: Scene) -> list[Check]:
    """G5: sound of zeros, a steady tone, empty turns, no answer, the same sentence again and again."""
    steps = (*ASKING, Silence(15), *GOODBYE)
    told: dict[str, Told] = {}
    for pair in (("silent_audio", "tone"), ("empty_turn", "no_answer")):
        found = await asyncio.gather(*(scene.call(*steps, fault={fault: True}) for fault in pair))
        told |= dict(zip(pair, found, strict=True))
    again = (Say("And where is my order 1051?"), ANSWERED, Say("And where is my order 1049?"), ANSWERED)
    loop = await scene.call(*ASKING, ANSWERED, *again, *GOODBYE, fault={"same_sentence": True})
    return [
        *(true(f"{fault}: answered or put through", _answered(one), "no") for fault, one in told.items()),
        *(at_most(f"{fault}: words after", _words_after_s(one), 10, "s") for fault, one in told.items()),
        equal("told once to break out of a loop", _told_to_break_out(loop), 1),
        *(true(f"{fault} is on record", _flagged(one)) for fault, one in (*told.items(), ("same_sentence", loop))),
        *records([*told.values(), loop]),
    ]


def _answered(told: Told) -> bool:
    return bool(told.report.dialled) or bool(re.search(ORDER, told.words, re.IGNORECASE))


def _told_to_break_out(told: Told) -> int:
    return sum("round in circles" in str(line["instruction"]) for line in told.entries("Say"))


def _flagged(told: Told) -> bool:
    return any(flag.name not in ("disclosed", "cost_estimated") for flag in told.flags)


def _words_after_s(told: Told) -> float | None:
    """How long after the caller began to ask some words were heard; asking takes about three seconds of it."""
    asked = [one.at_s for one in told.report.happenings if one.what == "caller"]
    later = [stretch.start_s for stretch in told.report.heard if asked and stretch.start_s > asked[0] + 1]
    return round(later[0] - asked[0], 1) if later else None


async def _no_usage(scene: Scene) -> list[Check]:
    """G6: no tokens are reported."""
    told = await scene.call(fault={"no_usage": True}, sessions=None)
    end = told.row.end if told.row is not None else None
    return [
        equal("disposition", told.disposition, "completed"),
        true("tokens on record", end is not None and not end.tokens, "some"),
        true("the cost is not given as 0", end is not None and end.cost_usd != 0.0, "0.0"),
        *records([told]),
    ]


ROWS = (
    Row(
        "G1",
        "Live connects after 3 s, after 10 s, never",
        'the greeting within 1 s; "one moment"; a representative or voicemail within 12 s when it never comes',
        _slow_connect,
    ),
    Row(
        "G2",
        "the Live socket drops in the middle of a sentence",
        "at most 1.5 s of silence, no second greeting, the session is resumed, the answer is heard",
        _drop,
    ),
    Row(
        "G3",
        "the Live socket drops while a tool runs",
        "the result is spoken in the next session; the tool is on record once; no second greeting",
        _drop_in_tool,
    ),
    Row(
        "G4",
        "429 to every new Live session",
        "callers hear words and have a way on; further calls are shed within 500 ms; the service is not hammered",
        _quota,
        place="own",
    ),
    Row(
        "G5",
        "sound of zeros, a tone, empty turns, no answer, the same sentence again and again",
        "words within 10 s of the question's beginning, then the answer or a representative; it is on record",
        _unwell,
        short=False,
    ),
    Row(
        "G6",
        "no usage is reported",
        "the call is as it should be; its cost is not given as nothing",
        _no_usage,
    ),
)
