"""Makes the bridge of a new call from its line: the rules, the session's setup, the tools, the records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from google import genai

from app.bridge import Bridge
from app.call.machine import Call
from app.call.rules import Rules
from app.gemini.models import Backend
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish
from app.prompts.lines import Line, greeting, instruction
from app.store.journal import JournalFolder
from app.store.writer import RecordWriter
from app.toolkit import Caller
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from app.twilio.rest import CallControl


@dataclass(frozen=True, slots=True)
class Overrides:
    """Settings that go before what a line says; None leaves it to the line."""

    model: str | None = None
    longest_call_s: float | None = None
    silence_s: float | None = None


@dataclass(frozen=True, slots=True)
class House:
    """What all calls share."""

    lines: Mapping[str, Line]
    tools: Mapping[str, LoadedTool]
    client: genai.Client
    backend: Backend
    writer: RecordWriter
    journals: JournalFolder
    control: CallControl | None = None
    overrides: Overrides = Overrides()
    live_connect_s: float = 5.0
    live_raw: bool = True
    uplink_ms: int = 40


def bridge_for(house: House, line: Line, call_sid: str, caller: str, called: str) -> Bridge:
    """The bridge of one call that is about to start on ``line``."""
    now = datetime.now(UTC)
    language = line.languages[0]
    rules = rules_for(house, line, language, caller, now)
    tools = ToolRunner(house.tools, Caller(number=caller, call_sid=call_sid, line=line.name, language=language))
    wish = wish_for(house, line, tools, language, caller, now)
    return Bridge(
        Call(rules),
        model=lambda feed: LiveModel(
            house.client,
            wish,
            feed,
            backend=house.backend,
            connect_within_s=house.live_connect_s,
            raw=house.live_raw,
            uplink_ms=house.uplink_ms,
        ),
        tools=tools,
        records=house.writer.records_for(call_sid, line.name, language, caller, called, now),
        journal=house.journals.open(call_sid, rules),
        hang_up=partial(house.control.hang_up, call_sid) if house.control is not None else None,
    )


def rules_for(house: House, line: Line, language: str, caller: str, now: datetime) -> Rules:
    """How the call is to be led."""
    return Rules(
        line=line.name,
        language=language,
        greeting=greeting(line, language, caller, now),
        phrases=dict(line.phrases[language]),
        tools=line.tools,
        quiet_tools=tuple(name for name in line.tools if name in house.tools and not house.tools[name].options.filler),
        handoff_number=line.handoff_number,
        silence_s=house.overrides.silence_s or line.silence_s,
        longest_call_s=house.overrides.longest_call_s or line.longest_call_s,
    )


def wish_for(house: House, line: Line, tools: ToolRunner, language: str, caller: str, now: datetime) -> SetupWish:
    """What the line wishes of its Live sessions."""
    return SetupWish(
        model=house.overrides.model or line.model,
        voice=line.voice,
        instruction=instruction(line, language, caller, now),
        languages=line.languages,
        tools=tools.specs(line.tools),
        vad=line.vad,
        temperature=line.temperature,
        thinking=line.thinking,
        affective_dialog=line.affective_dialog,
        proactive_audio=line.proactive_audio,
        google_search=line.google_search,
    )
