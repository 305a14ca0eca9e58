"""Fifty secrets are planted in a rehearsed call with everything on: none is found in anything that it leaves."""

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from app.after import crier_for, sender_for
from app.alerts.rules import read_rules
from app.alerts.watch import Watch
from app.calling import target
from app.rehearsal.callers import Caller, Interrupt, Press, Say, Step, Text, Wait, WaitForEnd
from app.rehearsal.prepared import prepare_with
from app.rehearsal.report import CallReport, rehearse
from app.settings import Settings, load
from app.store.analyses import of_call as analysis_of
from app.store.calls import latest, tool_uses_of, turns_of
from app.store.database import Database
from app.store.journal import replay
from app.store.recordings import RecordingBook
from app.store.worker import Worker
from app.webhooks.telling import Teller
from tests.alerts.mailbox import Mailbox, mailbox
from tests.prompts.planting import plant as plant_prompts
from tests.redaction.planted import Planted, found, plant
from tests.telemetry.otlp import Receiver, receiving
from tests.webhooks.listener import Listener, listening

NUMBER = "+12125550123"
LINE = f"""\
business = "Acme"
numbers = ["{NUMBER}"]
languages = ["en-US"]
tools = ["remember_note", "end_call"]
recording = "notice"
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


RULES = """\
[slow]
of = "turn_gap"
above = 0
clear = 0
fewest = 1
says = "Answers came late"
"""
SIGNED = f"whsec_{b64encode(bytes(24)).decode()}"


@dataclass(frozen=True, slots=True)
class Outside:
    """Whoever is told of calls: a receiver of events, one of mails, one of traces. ``folder`` takes what they got."""

    events: Listener
    mails: Mailbox
    traces: Receiver

    @property
    def settings(self) -> dict[str, str]:
        return {
            "FRONTLINE_WEBHOOKS": f"{self.events.url}/hook {SIGNED}",
            "FRONTLINE_WEBHOOK_DETAILS": "all",
            "FRONTLINE_ALERT_CHANNELS": f"mailto:ops@example.com slack:{self.events.url}/slack",
            "FRONTLINE_SMTP": f"smtp://127.0.0.1:{self.mails.port}?from=frontline@example.com",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.traces.address,
            "FRONTLINE_TRACE_WORDS": "on",
        }

    def keep(self, folder: Path) -> None:
        """What came, in files to be searched."""
        folder.mkdir()
        told, mails = [got.body for got in self.events.got], [bytes(mail) for mail in self.mails.mails]
        for number, body in enumerate((*told, *mails, *self.traces.bodies)):
            (folder / f"{number:03d}").write_bytes(body)


@asynccontextmanager
async def _outside() -> AsyncIterator[Outside]:
    async with listening() as events, mailbox() as mails:
        with receiving() as traces:
            yield Outside(events, mails, traces)


def _environment(folder: Path, planted: Planted) -> dict[str, str]:
    told = json.dumps(list(zip(planted.told, planted.given, strict=True)))[::-1]
    edits = {"shop/line.toml": lambda _: LINE, "shop/en-US.md": lambda _: PROMPT, "shop/es.md": None}
    (folder / "tools").mkdir()
    (folder / "tools" / "notes.py").write_text(TOOL.format(told=told), encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    (folder / "data" / "tmp").mkdir(parents=True)
    script = "|".join((*planted.said, *planted.goes, "No thank you, goodbye."))
    return {
        "FRONTLINE_PROMPTS": str(plant_prompts(folder, edits)),
        "FRONTLINE_TOOLS": str(folder / "tools"),
        "FRONTLINE_DATA": str(folder / "data"),
        "FRONTLINE_ALERT_RULES": str(folder / "rules.toml"),
        "FRONTLINE_REHEARSAL_OPTIONS": f"--ears script --voice tones --script '{script}'",
    }


def _caller(planted: Planted) -> Caller:
    _, *others = planted.said
    spoken = [Interrupt("Note.", 2_400) for _ in others]  # into what the tool tells: the rest is on record, too
    read = [Interrupt("Four.", 2_400), *(Interrupt("Four.", 900) for _ in planted.goes[1:])]
    # What is written would come between the goes of a card whose words are late.
    written: list[Step] = [Wait(finished_ms=300), *map(Text, planted.texted)]
    keyed = [Press(f"{keys}#") for keys in planted.keyed]
    steps = (Wait(finished_ms=300), Say("Note."), *spoken, *read, *written, *keyed, Interrupt("Bye.", 500))
    return Caller("canary", "", (*steps, WaitForEnd(10)))


async def _called(environment: dict[str, str], planted: Planted) -> CallReport:
    data = Path(environment["FRONTLINE_DATA"])
    prepared = await asyncio.to_thread(prepare_with, _caller(planted), "tones")
    told = {**os.environ, "TMPDIR": str(data / "tmp"), **environment}
    async with target(load({"FRONTLINE_DATA": str(data)}, None), None, print, told) as server:
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


async def _alerted(settings: Settings) -> None:
    """What the house does once a minute, which is more than the call takes: look at the calls, and tell of them."""
    database, sender = Database(settings.database_url), sender_for(settings)
    crier = crier_for(settings, sender)
    rules, wrong = read_rules(settings.alert_rules)
    assert wrong == []
    teller = Teller(database, settings.endpoints, sender, settings.webhook_details)
    try:
        await Watch(database, rules, crier.channels, settings.endpoints).look()
        await Worker(database, [crier.trade(), teller.trade()]).look()
    finally:
        await sender.close()
        await database.close()


async def test_no_planted_secret_is_found_in_what_calls_leave(tmp_path: Path) -> None:
    planted, data = plant(5), tmp_path / "data"
    assert len(set(planted.secrets)) >= 50

    environment = _environment(tmp_path, planted)
    async with _outside() as outside:
        environment |= outside.settings
        report = await _called(environment, planted)
        await _alerted(load(environment, None))
    outside.keep(data / "told")

    await _check_that_all_was_said(data, report, planted)
    _check_that_all_was_told(outside, data, report)
    assert found(planted.secrets, data) == []


async def _check_that_all_was_said(data: Path, report: CallReport, planted: Planted) -> None:
    """A search that finds nothing says something only where there was something to be found."""
    database = Database(f"sqlite+aiosqlite:///{data / 'frontline.db'}")
    try:
        (row,) = await latest(database, 2)
        turns = await turns_of(database, row.start.call_sid)
        uses = await tool_uses_of(database, row.start.call_sid)
        analysis = await analysis_of(database, row.start.call_sid)
        recordings = await RecordingBook(database).of_call(row.start.call_sid)
    finally:
        await database.close()
    words = " ".join(f"{turn.heard} {turn.unheard}" for turn in turns)
    assert [use.name for use in uses].count("remember_note") == len(planted.said)
    assert words.count("[card]") >= 8 and words.count("[keys] [") == len(planted.keyed)
    assert all(use.response["order_number"] == "1047" for use in uses if use.name == "remember_note")
    assert "[e-mail]" in str(uses[0].response) and "[card]" in str(uses[0].args)
    assert analysis is not None
    assert [one.state for one in recordings] == ["stored"]
    steps, differences = await asyncio.to_thread(replay, data / "journals" / f"{report.call_sid}.jsonl")
    assert steps > 100
    assert differences == []


def _check_that_all_was_told(outside: Outside, data: Path, report: CallReport) -> None:
    """Everybody outside was told of the call, and the log of the house has its ids."""
    told = b" ".join(got.body for got in outside.events.got)
    for kind in ("call.started", "call.ended", "call.analysed", "alert.opened"):
        assert kind.encode() in told, kind
    assert "/slack" in {got.path for got in outside.events.got}
    assert report.call_sid in str(outside.mails.mails[0])
    spans = outside.traces.spans
    assert {"invoke_agent shop", "execute_tool remember_note", "caller"} <= {span.name for span in spans}
    assert b"[card]" in b" ".join(outside.traces.bodies)
    log = [json.loads(line) for line in (data / "serve.log").read_text("utf-8").splitlines() if line.startswith("{")]
    mine = [line for line in log if line.get("call") == report.call_sid]
    assert {"call ended", "stream over"} <= {line["event"] for line in mine}
    assert {line["trace"] for line in mine} == {spans[0].trace}
    (ended,) = (line for line in mine if line["event"] == "call ended")
    assert ended["stream"].startswith("MZ")
    assert "debug" not in {line["level"] for line in log}


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    planted = plant(5)
    for number, secret in enumerate(planted.secrets):
        (tmp_path / f"{number:02d}").write_text(f"well, {secret}!", encoding="utf-8")

    assert len({secret for _, secret in found(planted.secrets, tmp_path)}) == len(planted.secrets)


@pytest.mark.parametrize("written", ["4111111111111111", "4111-1111.1111_1111", "NDExMSAxMTExIDExMTEgMTExMQ=="])
def test_a_secret_is_found_however_it_is_written(tmp_path: Path, written: str) -> None:
    (tmp_path / "file").write_text(f"x {written} y", encoding="utf-8")

    assert found(("4111 1111 1111 1111",), tmp_path) == [("file", "4111 1111 1111 1111")]
