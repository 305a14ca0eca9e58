"""Rows of the fault matrix: what the Live API does."""

import asyncio

from app.drill.intruder import answered_within_ms
from app.drill.row import Row
from app.drill.scene import ASKS, GOODBYE, ORDER, Scene, new_number
from app.drill.told import Told, first_sound_after_s, silence_ms
from app.drill.verdict import Check, at_most, equal, heard, records, true
from app.rehearsal.callers import Say, Silence, Wait, WaitForEnd

GREETING = r"\bassistant\b"  # a word of the greeting, and of no other sentence
_MOMENT = r"moment|hold|bear with"
WAY_ON = ("handed_off", "voicemail", "callback", "callback_requested")
GAP_MS = 1_500
ASKING = (Wait(), Say(ASKS))


async def _slow_connect(scene: Scene) -> list[Check]:
    """G1: three seconds, ten, never."""
    patient = (*ASKING, Wait(at_most_s=20, finished_ms=3_000), *GOODBYE)
    three = await scene.call(*patient, fault={"connect_delay_s": 3.0})
    ten, never = await asyncio.gather(
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
    """The caller was put through, or left a message, or their wish to be called back."""
    return bool(told.report.dialled) or told.disposition in WAY_ON


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
    """The silence from the loss of the session to the next words; blocking."""
    lost = told.at_s("SessionLost")
    if not lost:
        return None
    ended = max((stretch.end_s for stretch in told.report.heard if stretch.start_s < lost[0] + 0.3), default=lost[0])
    begins = first_sound_after_s(told.report.recording, max(lost[0], ended) + 0.1)
    if begins is None:
        return None
    return silence_ms(told.report.recording, lost[0] - 0.2, begins)


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
            true("and has a way on, or is told to call again", on_their_way(second) or "again" in second.words),
            at_most("answer to a ring meanwhile", took_ms, 500),
            true("with words in it", "<Say" in document or "<Stream" in document or "<Dial" in document),
            at_most("sessions asked for by three calls", refused, 12, "upgrades"),
            true("counted", shed >= 3),
            *records([first]),
        ]


async def _stalls(scene: Scene) -> list[Check]:
    """G5: silent sound, empty turns, nothing at all after the question."""
    steps = (*ASKING, Silence(16), *GOODBYE)
    silent, empty = await asyncio.gather(
        scene.call(*steps, fault={"silent_audio": True}), scene.call(*steps, fault={"empty_turn": True})
    )
    stalled = await scene.call(*steps, fault={"slow_answer_s": 60.0})
    calls = [silent, empty, stalled]
    return [
        *(
            true(f"{name}: the caller hears words within 16 s", _words_after(told, "1047"), "silence")
            for name, told in (("zero sound", silent), ("empty turn", empty), ("no answer", stalled))
        ),
        *(
            true(f"{name}: answered or put through", bool(told.report.dialled) or "ship" in told.words.lower())
            for name, told in (("zero sound", silent), ("empty turn", empty), ("no answer", stalled))
        ),
        true("on record", all(told.flags or len(told.entries("SessionOpened")) > 1 for told in calls)),
        *records(calls),
    ]


def _words_after(told: Told, _: str) -> bool:
    """Words between the caller's question and the goodbye."""
    asked = [one.at_s for one in told.report.happenings if one.what == "caller"]
    return any(
        asked and stretch.start_s > asked[0] and stretch.start_s < asked[0] + 18 for stretch in told.report.heard
    )


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
        short=False,
    ),
    Row(
        "G2",
        "the Live socket drops in the middle of a sentence",
        "at most 1.5 s of silence, no second greeting, the session is resumed, the answer is heard",
        _drop,
        short=False,
    ),
    Row(
        "G3",
        "the Live socket drops while a tool runs",
        "the result is spoken in the next session; the tool is on record once; no second greeting",
        _drop_in_tool,
        short=False,
    ),
    Row(
        "G4",
        "429 to every new Live session",
        "callers hear words and have a way on; further calls are shed within 500 ms; the service is not hammered",
        _quota,
        place="own",
        short=False,
    ),
    Row(
        "G5",
        "sound of zeros, a turn without sound, no answer at all",
        "words within 16 s, then the answer or a representative; it is on record",
        _stalls,
        short=False,
    ),
    Row(
        "G6",
        "no usage is reported",
        "the call is as it should be; its cost is not given as nothing",
        _no_usage,
        short=False,
    ),
)
