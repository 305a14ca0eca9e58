"""Nothing is kept of a call at Google: sessions are not resumed, and a new one is told the call so far in our words."""

import asyncio
from pathlib import Path

import pytest

from app.main import Frontline
from app.rehearsal.callers import Caller, HangUp, Say, Silence, Wait
from app.settings import load
from app.store.journal import read, replay
from tests.test_main import ORDER, frontline_in, journal_of, running

RENEWED = Caller("renewed", "", (Wait(finished_ms=300), Say("Where?"), Wait(finished_ms=300), Silence(9.0), HangUp()))


def _off(folder: Path) -> Frontline:
    return frontline_in(folder, ORDER, FRONTLINE_SESSION_RESUMPTION="off", FRONTLINE_RENEW_AFTER_S="5")


async def test_a_session_is_renewed_without_a_handle_and_knows_what_was_said(tmp_path: Path) -> None:
    async with running(_off(tmp_path)) as house:
        report = await house.phone(RENEWED)
        await house.written()

        _, steps = await asyncio.to_thread(read, journal_of(house, report))

        assert not [step for step in steps if step.event["e"] == "SessionRenewable" and step.event["handle"]]
        renewed = [command for step in steps for command in step.commands if command["c"] == "RenewSession"]
        assert renewed and all(command["handle"] is None for command in renewed)
        assert f"Caller: {ORDER}" in str(renewed[0]["story"])
        opened = [step.event["resumed"] for step in steps if step.event["e"] == "SessionOpened"]
        assert len(opened) >= 2 and not any(opened)
        assert (report.ended_by, report.violations) == ("caller", ())
        assert replay(journal_of(house, report))[1] == []


@pytest.mark.parametrize(("given", "resumes"), [({}, True), ({"FRONTLINE_SESSION_RESUMPTION": "off"}, False)])
def test_sessions_are_resumed_unless_told_otherwise(given: dict[str, str], resumes: bool) -> None:
    assert (load(given, None).session_resumption == "on") is resumes
