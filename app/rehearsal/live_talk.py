"""One conversation with the model, whatever connections carry it: setup, assistant, open tool calls, tokens."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.rehearsal.actions import Action, Mind
from app.rehearsal.assistant import Assistant
from app.rehearsal.declared import Tool, param_from
from app.rehearsal.live_models import LiveModel, declarations, searches
from app.rehearsal.live_protocol import Refused, at, text_of
from app.rehearsal.obedient import Obedient

_TOKENS_PER_S = 25  # of sound, either way
_LETTERS_PER_TOKEN = 4
_UNATTRIBUTED = 25  # tokens that no modality accounts for, as seen from the service
_KEPT = 2_000  # handles
SCRIPTED, OBEDIENT = "scripted", "obedient"
KINDS = (SCRIPTED, OBEDIENT)  # of assistants


@dataclass(slots=True)
class Usage:
    """What the session has taken in and given out, in tokens."""

    text: int = 0
    audio: float = 0.0
    turn_audio: float = 0.0
    trigger: int = 0
    target: int = 0

    def wrote(self, text: str) -> None:
        """Text came into the context."""
        self.text += len(text) // _LETTERS_PER_TOKEN + 1

    def listened(self, seconds: float) -> None:
        """Sound came in."""
        self.audio += seconds * _TOKENS_PER_S

    def spoke(self, seconds: float) -> None:
        """Sound went out in this turn."""
        self.turn_audio += seconds * _TOKENS_PER_S

    def metadata(self) -> dict[str, object]:
        """The bill of the turn that ends now; its sound becomes part of the context."""
        if self.trigger and self.text + self.audio > self.trigger:
            self.audio = max(0.0, self.target - self.text)
        prompt, audio, answer = self.text + int(self.audio), int(self.audio), int(self.turn_audio)
        self.audio += self.turn_audio
        self.turn_audio = 0.0
        return {
            "promptTokenCount": prompt + _UNATTRIBUTED,
            "responseTokenCount": answer,
            "totalTokenCount": prompt + _UNATTRIBUTED + answer,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": self.text},
                {"modality": "AUDIO", "tokenCount": audio},
            ],
            "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": answer}],
        }


@dataclass(slots=True)
class Conversation:
    """What a resumption handle leads back to."""

    model_name: str
    model: LiveModel
    assistant: Mind
    usage: Usage
    open_calls: dict[str, tuple[str, bool]] = field(default_factory=dict)  # id to name and blocking
    attached: bool = True
    answered_once: bool = False  # the model has had a turn
    doing: Sequence[Action] = ()  # what it was about to say and do when its connection was lost


class Handles:
    """Resumption handles and what they lead to."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Conversation] = OrderedDict()

    def new(self, talk: Conversation) -> str:
        """A handle for the state the conversation is in now."""
        handle = secrets.token_urlsafe(24)
        self._known[handle] = talk
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return handle

    def resumed(self, handle: str, model_name: str) -> Conversation:
        """The conversation of ``handle``. Raises Refused if there is none, or somebody still holds it."""
        talk = self._known.get(handle)
        if talk is None:
            raise Refused(1008, "BidiGenerateContent session not found")
        if talk.attached:
            raise Refused(1011, "The session is still in use by another connection.")
        if talk.model_name != model_name:
            raise Refused(1007, "The model cannot be changed when a session is resumed.")
        talk.attached = True
        return talk


def conversation(setup: Mapping[str, object], model: LiveModel, kind: str = SCRIPTED) -> Conversation:
    """A new conversation, as ``setup`` asks for it, with an assistant of one of ``KINDS``."""
    instruction = text_of(setup.get("system_instruction"))
    usage = Usage(
        trigger=_whole(at(setup, "context_window_compression", "trigger_tokens")),
        target=_whole(at(setup, "context_window_compression", "sliding_window", "target_tokens")),
    )
    usage.wrote(instruction)
    tools = tools_of(setup.get("tools"), model)
    made = Assistant(instruction, tools, searches=searches(setup.get("tools")), today=date.today())
    mind: Mind = Obedient(made, instruction) if kind == OBEDIENT else made
    mind.languages = _hinted(setup)
    return Conversation(str(setup.get("model")), model, mind, usage)


def set_up_again(talk: Conversation, setup: Mapping[str, object]) -> None:
    """A resumed conversation goes on by its new setup: all but the model may have changed."""
    instruction, tools = text_of(setup.get("system_instruction")), setup.get("tools")
    if instruction:
        talk.assistant.instructed(instruction)
    if tools is not None:
        retooled(talk, tools)
    talk.assistant.languages = _hinted(setup)


def retooled(talk: Conversation, tools: object) -> None:
    """From now on these tools are declared."""
    talk.assistant.tools = tools_of(tools, talk.model)
    talk.assistant.searches = searches(tools)


def tools_of(tools: object, model: LiveModel) -> tuple[Tool, ...]:
    """The functions that a setup's tools declare, as the assistant sees them."""
    return tuple(_tool(function, model) for function in declarations(tools))


def _tool(function: Mapping[str, object], model: LiveModel) -> Tool:
    schema = function.get("parameters") or function.get("parameters_json_schema") or {}
    properties, required = at({"s": schema}, "s", "properties"), at({"s": schema}, "s", "required")
    behaviour = function.get("behavior")
    described = properties if isinstance(properties, Mapping) else {}
    return Tool(
        name=str(function.get("name", "")),
        description=str(function.get("description", "")),
        params=tuple(described),
        required=frozenset(map(str, required)) if isinstance(required, list) else frozenset(),
        blocking=model.blocking_default if behaviour is None else behaviour == "BLOCKING",
        schema={name: param_from(name, each) for name, each in described.items()},
    )


def _hinted(setup: Mapping[str, object]) -> tuple[str, ...]:
    """The languages that a setup says callers speak, as bare codes."""
    hints = at(setup, "input_audio_transcription", "language_codes")
    return tuple(str(hint).partition("-")[0].lower() for hint in hints) if isinstance(hints, list) else ()


def _whole(value: object) -> int:
    """An int64 of protobuf's JSON: a number or a string of digits."""
    return int(str(value)) if str(value).isdigit() else 0
