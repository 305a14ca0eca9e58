"""The callers of the six lines reach their goals with the lines' own prompts and tools, in writing."""

import re
from pathlib import Path

import pytest

from app.prompts.lines import load_lines
from app.rehearsal.callers import CALLERS, EnterCode, Interrupt
from app.rehearsal.callers_lines import EVERYONE, LINES
from tests.rehearsal.written_calls import ROOT, converse

EVERY = [caller for callers in LINES.values() for caller in callers]
NAMES = [caller.name for caller in EVERY]


def test_every_line_that_ships_has_two_callers_or_more() -> None:
    lines, errors = load_lines(ROOT / "prompts")
    assert errors == []
    assert set(LINES) == set(lines)
    assert all(len(callers) >= 2 for callers in LINES.values())
    assert all(caller.line == line for line, callers in LINES.items() for caller in callers)


def test_on_every_line_somebody_cuts_in() -> None:
    for callers in LINES.values():
        assert any(isinstance(step, Interrupt) for caller in callers for step in caller.steps)


def test_everyone_has_a_name_and_a_telephone_of_their_own() -> None:
    assert len(EVERYONE) == len(CALLERS) + len(EVERY)
    for callers in LINES.values():
        assert len({caller.number for caller in callers}) == len(callers)


@pytest.mark.parametrize("name", NAMES)
async def test_a_caller_hears_what_they_called_for(name: str, tmp_path: Path) -> None:
    caller = EVERYONE[name]
    call = await converse(caller, tmp_path)
    words = " ".join(call.heard)
    assert [regex for regex in caller.expects.heard if not re.search(regex, words, re.IGNORECASE)] == [], call.heard
    assert set(caller.expects.tools) <= {tool for tool, _ in call.tools}
    assert call.used("ok")[-1] == "end_call"
    assert not call.used("error") + call.used("timeout")
    assert bool(call.texts) == any(isinstance(step, EnterCode) for step in caller.steps)


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_written_before_it_was_agreed_to(name: str, tmp_path: Path) -> None:
    call = await converse(EVERYONE[name], tmp_path)
    for tool in ("start_return", "book_appointment", "move_appointment", "block_card", "player_ticket", "book_service"):
        ends = [status for used, status in call.tools if used == tool and status in ("confirm", "ok")]
        assert ends in ([], ["confirm", "ok"])
