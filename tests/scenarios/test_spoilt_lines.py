"""Loudspeakers and keyboards do not interrupt the assistant, and callers do, through both."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from app.calling import CALLER_NUMBER, JournalFollower, target
from app.rehearsal.callers import CALLERS, Caller
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.rehearsal.speech import load_recogniser
from app.settings import load

pytestmark = [pytest.mark.rehearsed, pytest.mark.asyncio(loop_scope="module")]

LOUDSPEAKER = replace(CALLERS["order"], name="loudspeaker", echo_db=12.0, noise_db=30.0)
KEYBOARD = replace(CALLERS["order"], name="keyboard", typing_db=6.0)
THROUGH_BOTH = replace(CALLERS["interrupter"], name="interrupter", echo_db=12.0, typing_db=12.0)


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A call over such a line: its report, and how often the assistant was cut."""

    report: CallReport
    cuts: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Spoilt]]:
    data = tmp_path_factory.mktemp("data")
    ears = await asyncio.to_thread(load_recogniser, ("en",))
    follower = JournalFollower(data / "journals", lambda _: None)
    async with target(load({"FRONTLINE_DATA": str(data)}, None), None, lambda _: None) as server:

        async def place(caller: Caller) -> Spoilt:
            prepared = await asyncio.to_thread(prepare_with, caller)
            report = await rehearse(
                *(server.base_url, server.public_url, server.auth_token, prepared),
                record_to=data / f"{caller.name}.wav",
                to="+12025550199",
                from_=CALLER_NUMBER,
                tools_used=follower.tools_of,
                recogniser=ears,
            )
            return Spoilt(report, cuts(data / "journals" / f"{report.call_sid}.jsonl"))

        async with asyncio.timeout(600):
            pair = await asyncio.gather(place(LOUDSPEAKER), place(KEYBOARD))
            placed = [*pair, await place(THROUGH_BOTH)]
    yield {each.report.caller: each for each in placed}


def cuts(journal: Path) -> int:
    lines = (json.loads(line) for line in journal.read_bytes().splitlines())
    return sum(line.get("c") == "ClearPlayout" for line in lines)


@pytest.mark.parametrize("name", ["loudspeaker", "keyboard"])
async def test_nothing_but_the_caller_interrupts_the_assistant(calls: dict[str, Spoilt], name: str) -> None:
    assert calls[name].cuts == 0
    assert calls[name].report.problems == (), [stretch.text for stretch in calls[name].report.heard]


async def test_the_caller_interrupts_through_echo_and_keys(calls: dict[str, Spoilt]) -> None:
    report = calls["interrupter"].report
    assert report.problems == (), [stretch.text for stretch in report.heard]
    assert len(report.figures.barge_ins_ms) == 2
