"""Fifty secrets are planted in rehearsed calls with everything on: none is found in anything that the calls leave."""

import asyncio
import json
import os
from pathlib import Path

import httpx2
import pytest

from app.calling import target
from app.rehearsal.callers import Caller, Press, Say, Wait, WaitForEnd
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.settings import load
from app.store.calls import latest, tool_uses_of, turns_of
from app.store.database import Database
from app.store.journal import replay
from tests.prompts.planting import plant as plant_prompts
from tests.redaction.planted import Planted, found, plant

NUMBER = "+12125550123"
LINE = f"""\
business = "Acme"
numbers = ["{NUMBER}"]
languages = ["en-US"]
tools = ["remember_note", "end_call"]
"""
PROMPT = "---\ngreeting: An AI of Acme.\n---\n\nYou answer the phone.\n"
# What the tool knows stands backwards in it: a line's files are kept, too.
TOOL = '''\
"""Notes."""

import json

from app.toolkit import answer, tool

TOLD = json.loads({told!r}[::-1])
USED = []


@tool
async def remember_note(note: str) -> dict[str, object]:
    """Remember a note of the caller.

    Args:
        note: Their words.
    """
    USED.append(note)
    message, data = TOLD[(len(USED) - 1) % len(TOLD)]
    return answer(message, **data)
'''


def _environment(folder: Path, planted: Planted) -> dict[str, str]:
    told = json.dumps(list(zip(planted.told, planted.given, strict=True)))[::-1]
    edits = {"shop/line.toml": lambda _: LINE, "shop/en-US.md": lambda _: PROMPT, "shop/es.md": None}
    (folder / "tools").mkdir()
    (folder / "tools" / "notes.py").write_text(TOOL.format(told=told), encoding="utf-8")
    (folder / "data" / "tmp").mkdir(parents=True)
    script = "|".join((*planted.said, "No thank you, goodbye."))
    return {
        **os.environ,
        "FRONTLINE_PROMPTS": str(plant_prompts(folder, edits)),
        "FRONTLINE_TOOLS": str(folder / "tools"),
        "FRONTLINE_REHEARSAL_OPTIONS": f"--ears script --voice tones --script '{script}'",
        "TMPDIR": str(folder / "data" / "tmp"),
    }


def _caller(planted: Planted) -> Caller:
    spoken = [step for _ in planted.said for step in (Say("Note."), Wait(finished_ms=300))]
    keyed = [step for keys in planted.keyed for step in (Press(f"{keys}#"), Wait(finished_ms=300, at_most_s=6))]
    return Caller("canary", "", (Wait(finished_ms=300), *spoken, *keyed, Say("Bye."), WaitForEnd(10)))


async def _called(data: Path, environment: dict[str, str], planted: Planted) -> CallReport:
    prepared = await asyncio.to_thread(prepare_with, _caller(planted), "tones")
    async with target(load({"FRONTLINE_DATA": str(data)}, None), None, print, environment) as server:
        report = await rehearse(
            *(server.base_url, server.public_url, server.auth_token, prepared),
            record_to=None,
            rest=server.rest,
            to=NUMBER,
            from_="+12025550143",
        )
        await _keep_metrics(server.base_url, data)
        return report


async def _keep_metrics(base_url: str, data: Path) -> None:
    async with httpx2.AsyncClient(timeout=10.0, trust_env=False) as client:
        shown = (await client.get(f"{base_url}/metrics")).text
    (data / "metrics.txt").write_text(shown, encoding="utf-8")


async def test_no_planted_secret_is_found_in_what_calls_leave(tmp_path: Path) -> None:
    planted, data = plant(5), tmp_path / "data"
    assert len(set(planted.secrets)) >= 50

    report = await _called(data, _environment(tmp_path, planted), planted)

    await _check_that_all_was_said(data, report, planted)
    assert found(planted.secrets, data) == []


async def _check_that_all_was_said(data: Path, report: CallReport, planted: Planted) -> None:
    """A search that finds nothing says something only where there was something to be found."""
    database = Database(f"sqlite+aiosqlite:///{data / 'frontline.db'}")
    try:
        (row,) = await latest(database, 2)
        turns = await turns_of(database, row.start.call_sid)
        uses = await tool_uses_of(database, row.start.call_sid)
    finally:
        await database.close()
    words = " ".join(f"{turn.heard} {turn.unheard}" for turn in turns)
    assert [use.name for use in uses].count("remember_note") == len(planted.said)
    assert words.count("[card]") >= 5 and words.count("[keys] [") == len(planted.keyed)
    assert all(use.response["order_number"] == "1047" for use in uses if use.name == "remember_note")
    assert "[e-mail]" in str(uses[0].response) and "[card]" in str(uses[0].args)
    steps, differences = await asyncio.to_thread(replay, data / "journals" / f"{report.call_sid}.jsonl")
    assert steps > 100
    assert differences == []


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    planted = plant(5)
    for number, secret in enumerate(planted.secrets):
        (tmp_path / f"{number:02d}").write_text(f"well, {secret}!", encoding="utf-8")

    assert len({secret for _, secret in found(planted.secrets, tmp_path)}) == len(planted.secrets)


@pytest.mark.parametrize("written", ["4111111111111111", "4111-1111.1111_1111", "NDExMSAxMTExIDExMTEgMTExMQ=="])
def test_a_secret_is_found_however_it_is_written(tmp_path: Path, written: str) -> None:
    (tmp_path / "file").write_text(f"x {written} y", encoding="utf-8")

    assert found(("4111 1111 1111 1111",), tmp_path) == [("file", "4111 1111 1111 1111")]
