"""The game's hotline: hints that give away more each time, tickets, servers."""

import asyncio
from pathlib import Path

import pytest

from tests.tools.phoning import Call, rows, said, shown

TICKET = {"player_name": "Falcon", "problem": "My sword is gone."}


async def test_hints_give_away_more_each_time_and_end(tmp_path: Path) -> None:
    call = Call(tmp_path)
    told = [said(await call.uses("hint", quest="lighthouse")) for _ in range(4)]
    assert len(set(told)) == 4
    assert "fill the lamp" in told[2]
    assert told[3].startswith("More I must not say")


async def test_another_call_begins_with_the_first_hint(tmp_path: Path) -> None:
    first = await Call(tmp_path).uses("hint", quest="bridge")
    other = await Call(tmp_path, call_sid="CA2").uses("hint", quest="bridge")
    assert (said(first), shown(first)) == (said(other), {"step": 1, "of": 2})


async def test_a_hint_is_said_again_without_counting(tmp_path: Path) -> None:
    call = Call(tmp_path)
    first = await call.uses("hint", quest="library")
    assert said(await call.uses("hint", quest="library", step=1)) == said(first)
    assert shown(await call.uses("hint", quest="library"))["step"] == 2


@pytest.mark.parametrize("step", [0, -1, 99])
async def test_there_is_no_hint_before_the_first_or_after_the_last(tmp_path: Path, step: int) -> None:
    assert said(await Call(tmp_path).uses("hint", quest="library", step=step)).startswith("More I must not say")


async def test_every_hint_is_there_in_spanish(tmp_path: Path) -> None:
    for quest, count in (("lighthouse", 3), ("bridge", 2), ("library", 2)):
        english = [said(await Call(tmp_path).uses("hint", quest=quest, step=n)) for n in range(1, count + 1)]
        spanish = [
            said(await Call(tmp_path, language="es-US").uses("hint", quest=quest, step=n)) for n in range(1, count + 1)
        ]
        assert not set(english) & set(spanish)


async def test_a_ticket_is_opened_once_for_one_use(tmp_path: Path) -> None:
    ends = [await Call(tmp_path).agrees("player_ticket", **TICKET) for _ in range(2)]
    assert ends[0].response == ends[1].response
    kept = rows(tmp_path / "game.db", "SELECT number, player_name, problem, call_sid FROM tickets")
    assert kept == [(shown(ends[0])["ticket_number"], "Falcon", "My sword is gone.", "CA1")]


async def test_tickets_of_many_calls_at_once_have_numbers_of_their_own(tmp_path: Path) -> None:
    calls = [Call(tmp_path, call_sid=f"CA{number}") for number in range(6)]
    ends = await asyncio.gather(*(call.agrees("player_ticket", **TICKET) for call in calls))
    assert len({shown(end)["ticket_number"] for end in ends}) == 6


async def test_servers_that_are_not_up_are_named(tmp_path: Path) -> None:
    told = said(await Call(tmp_path).uses("server_status"))
    assert told == "Borealis is in maintenance and will be back within the hour. The others are up."
