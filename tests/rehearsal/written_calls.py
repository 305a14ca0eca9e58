"""A rehearsed caller's talk with the rehearsed assistant in writing: the same words and tools, and no sound."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.call.commands import RunTool
from app.prompts.lines import Line, load_lines
from app.rehearsal.actions import Action, Speak, UseTool
from app.rehearsal.assistant import Assistant
from app.rehearsal.callers import Caller, EnterCode, Interrupt, Say
from app.rehearsal.declared import Tool, param_from
from app.rehearsal.prepared import code_in
from app.toolkit import Caller as Phoning
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.spec import ToolSpec

ROOT = Path(__file__).parents[2]
MOST_STEPS = 12  # actions on one sentence


@dataclass(slots=True)
class Postbox:
    """Takes the texts of a call."""

    bodies: list[str] = field(default_factory=list)

    async def send(self, to: str, body: str) -> None:
        assert to.startswith("+1")
        self.bodies.append(body)


@dataclass(slots=True)
class WrittenCall:
    """What was said and used."""

    call_sid: str
    heard: list[str] = field(default_factory=list)
    tools: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def used(self, status: str) -> list[str]:
        """The tools that ended so, in order."""
        return [name for name, ended in self.tools if ended == status]


async def converse(caller: Caller, data: Path, call_sid: str = "CA1") -> WrittenCall:
    """Have a caller say what they say, and the assistant of their line answer with its real tools on ``data``."""
    lines, _ = load_lines(ROOT / "prompts")
    line = lines[caller.line]
    loaded, _ = load_tools(ROOT / "tools", {"FRONTLINE_DATA": str(data)})
    post = Postbox()
    phoning = Phoning(caller.number, call_sid, line.name, line.languages[0])
    runner = ToolRunner(loaded, phoning, texts=post, links=line.links, offered=line.tools)
    call = _Conversation(_assistant(line, runner), runner, WrittenCall(call_sid))
    for step in caller.steps:
        if isinstance(step, Say | Interrupt):
            await call.hears(step.text)
        elif isinstance(step, EnterCode):
            await call.hears(f'The caller pressed keys on the phone: "{code_in(post.bodies)}".', told=True)
    call.written.texts = post.bodies
    return call.written


def _assistant(line: Line, runner: ToolRunner) -> Assistant:
    return Assistant("", [_declared(spec) for spec in runner.specs(line.tools)])


def _declared(spec: ToolSpec) -> Tool:
    properties = spec.parameters.get("properties", {})
    required = spec.parameters.get("required", ())
    assert isinstance(properties, Mapping)
    assert isinstance(required, list | tuple)
    schema = {name: param_from(name, about) for name, about in properties.items()}
    return Tool(spec.name, spec.description, tuple(properties), frozenset(required), spec.blocking, schema)


class _Conversation:
    """Turn by turn; a tool's answer may lead to another tool."""

    def __init__(self, assistant: Assistant, runner: ToolRunner, written: WrittenCall) -> None:
        self._assistant, self._runner, self.written = assistant, runner, written
        self._turns = 0

    async def hears(self, text: str, told: bool = False) -> None:
        """Answer a sentence of the caller."""
        self._turns += 1
        said = re.sub(r'^.*: "|"\.$', "", text) if told else text
        await self._act(self._assistant.told(text) if told else self._assistant.heard(text, "en"), said)

    async def _act(self, actions: list[Action], said: str) -> None:
        for _ in range(MOST_STEPS):
            if not actions:
                return
            action, *rest = actions
            actions = [*rest, *(await self._taken(action, said))]
        raise AssertionError(f"no end of it: {actions}")

    async def _taken(self, action: Action, said: str) -> list[Action]:
        if isinstance(action, Speak):
            self.written.heard.append(action.text)
            return []
        return await self._used(action, said)

    async def _used(self, use: UseTool, said: str) -> list[Action]:
        if use.name in ("end_call", "hand_off"):
            self.written.tools.append((use.name, "ok"))
            return []
        end = await self._runner.run(RunTool("1", use.name, dict(use.args), "en", self._turns, said))
        self.written.tools.append((use.name, end.status))
        return self._assistant.answered(use.name, json.loads(json.dumps(end.response)))
