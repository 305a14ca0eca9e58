"""The report of a rehearsed call, and its verdict."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.rehearsal.callers import Caller, Expectations, Say, Wait, WaitForEnd
from app.rehearsal.listening import Figures
from app.rehearsal.phone_notes import Happening, Violation
from app.rehearsal.prepared import prepare
from app.rehearsal.report import CallReport, HeardStretch, judge, rehearse
from app.rehearsal.speech import load_voice
from tests.rehearsal.phone_app import PUBLIC, TOKEN, PhoneApp, Stream, served, tone

GOOD = CallReport(
    caller="someone",
    call_sid="CA1",
    ok=False,
    problems=(),
    ended_by="app",
    duration_s=20.0,
    rang_ms=10,
    streams=1,
    figures=Figures(first_sound_ms=400, barge_ins_ms=[300], answers=2),
    heard=(HeardStretch(1.0, 3.0, "Order 1047 was Shipped on Monday."),),
    tools=("look_up_order",),
    dialled=(("+15550100", "completed"),),
    texts=("Your code is 123456.",),
    recording=Path("call.wav"),
)
WANTED = Expectations(
    heard=(r"\bshipped\b",),
    tools=("look_up_order",),
    ended_by="app",
    barge_ins=1,
    handed_off=True,
    first_sound_within_ms=1_000,
    answers=2,
    tools_ok=True,
    texts=(r"code is \d{6}",),
)


def test_a_caller_who_got_everything_has_no_problem() -> None:
    assert judge(GOOD, WANTED) == []


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (replace(GOOD, heard=()), "did not hear"),
        (replace(GOOD, tools=()), "the tool look_up_order was not used"),
        (replace(GOOD, texts=("Hello.",)), "no text said code is"),
        (replace(GOOD, ended_by="caller"), "ended by the caller"),
        (replace(GOOD, ended_by="limit"), "had to be cut"),
        (replace(GOOD, ended_by="nobody"), "not answered"),
        (replace(GOOD, dialled=(("+15550100", "no-answer"),)), "representative"),
        (replace(GOOD, violations=(Violation(1.0, 31951, "not JSON"),)), "31951"),
        (replace(GOOD, figures=Figures(barge_ins_ms=[300], answers=2)), "heard nothing"),
        (replace(GOOD, figures=Figures(first_sound_ms=400, answers=2)), "0 barge-ins"),
        (replace(GOOD, figures=Figures(first_sound_ms=400, barge_ins_ms=[None], answers=2)), "never silent"),
        (replace(GOOD, figures=Figures(first_sound_ms=400, barge_ins_ms=[9_000], answers=2)), "9000 ms later"),
        (
            replace(GOOD, figures=Figures(first_sound_ms=1_400, barge_ins_ms=[300], answers=2)),
            "first sound after 1400 ms",
        ),
        (replace(GOOD, figures=Figures(first_sound_ms=4, barge_ins_ms=[3], cut_off_ms=700, answers=2)), "700 ms"),
        (replace(GOOD, figures=Figures(first_sound_ms=4, barge_ins_ms=[3], answers=1)), "1 of the caller's 2 turns"),
        (replace(GOOD, tools_failed=("look_up_order ended with timeout",)), "look_up_order ended with timeout"),
    ],
)
def test_whatever_is_missing_is_said(report: CallReport, problem: str) -> None:
    problems = judge(report, WANTED)
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_caller_of_the_house_minds_no_tool_that_failed_on_the_way() -> None:
    assert (
        judge(replace(GOOD, tools_failed=("look_up_order ended with timeout",)), replace(WANTED, tools_ok=False)) == []
    )


def test_tools_nobody_watched_are_not_judged() -> None:
    assert judge(replace(GOOD, tools=None), WANTED) == []


def test_what_twilio_itself_said_counts_as_heard() -> None:
    assert judge(replace(GOOD, heard=(), spoken=("It was shipped.",)), WANTED) == []


class _Ears:
    def __init__(self) -> None:
        self.heard_ms: list[int] = []

    def transcribe(self, pcm: bytes, rate: int, languages: Sequence[str]) -> str:
        self.heard_ms.append(len(pcm) * 500 // rate)
        return f"{languages[0]} {len(self.heard_ms)}"


async def _greet_and_answer(stream: Stream) -> None:
    await stream.play(tone(300))
    await stream.loud()
    for _ in range(40):
        await stream.until("media")
    await stream.play(tone(400))
    await stream.mark("g2:1")
    await stream.until("mark")


async def test_a_rehearsal_places_the_call_listens_to_it_and_judges(tmp_path: Path) -> None:
    steps = (Wait(finished_ms=300), Say("Hi."), WaitForEnd(3))
    caller = Caller("someone", "is in a test", steps, Expectations(heard=("en 2",), tools=("clock",), ended_by="app"))
    ears, seen = _Ears(), list[Happening]()
    app = PhoneApp([_greet_and_answer])
    async with served(app) as url:
        report = await rehearse(
            url,
            PUBLIC,
            TOKEN,
            prepare(caller, load_voice("tones")),
            record_to=tmp_path / "calls" / "one.wav",
            to="+15550100",
            from_="+15550199",
            on_progress=seen.append,
            tools_used=lambda call_sid: ["clock"],
            recogniser=ears,
        )
    assert report.problems == ()
    assert report.ok
    assert [stretch.text for stretch in report.heard] == ["en 1", "en 2"]
    assert report.heard[1].start_s - report.heard[0].end_s > 0.9
    assert tuple(seen) == report.happenings
    assert [happening.what for happening in seen][:4] == ["ringing", "picked up", "stream opened", "first sound"]
    told = json.loads(json.dumps(report.as_json()))
    assert told["figures"]["first_sound_ms"] == report.figures.first_sound_ms
    assert told["recording"].endswith("one.wav")


async def test_a_call_nobody_answers_is_a_problem_and_leaves_no_recording(tmp_path: Path) -> None:
    caller = Caller("someone", "is in a test", (Wait(),))
    async with served(PhoneApp(status=503)) as url:
        report = await rehearse(
            url,
            PUBLIC,
            TOKEN,
            prepare(caller, load_voice("tones")),
            record_to=tmp_path / "none.wav",
            to="+15550100",
            from_="+15550199",
        )
    assert not report.ok
    assert "the call was not answered" in report.problems
    assert report.recording is None


def test_a_call_that_was_declined_in_words_has_been_heard() -> None:
    declined = replace(GOOD, streams=0, heard=(), recording=None, spoken=("We are closed.",), figures=Figures())
    assert judge(declined, Expectations(answers=1)) == []
    assert judge(replace(declined, spoken=()), Expectations()) == ["the caller heard nothing"]
    assert judge(declined, Expectations(heard=("open",))) == ["the caller did not hear open"]
