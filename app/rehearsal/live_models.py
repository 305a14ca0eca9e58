"""What each Live model takes in its setup, and what it refuses."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.rehearsal.live_protocol import INVALID, Refused, at, objects


@dataclass(frozen=True, slots=True)
class LiveModel:
    """One model's ways. ``thinking`` names the fields of thinking_config it takes."""

    blocking_default: bool
    thinking: frozenset[str] = frozenset()
    blocking: bool = True
    scheduling: bool = True
    proactive: frozenset[bool] = frozenset()  # the values of proactive_audio it takes
    affective: bool = False
    affective_hangs: bool = False  # it never answers such a setup
    content_all_session: bool = True
    always_transcribes: bool = False  # its own words, asked for or not
    updates: bool = False  # it takes contextUpdate


_THOUGHTS = "include_thoughts"
_NATIVE_2_5 = LiveModel(
    blocking_default=True,
    thinking=frozenset({_THOUGHTS, "thinking_budget"}),
    proactive=frozenset({True, False}),
    affective=True,
)
MODELS: Mapping[str, LiveModel] = {
    "gemini-3.8-live": LiveModel(
        blocking_default=False, proactive=frozenset({True}), always_transcribes=True, updates=True
    ),
    "gemini-3.8-live-extended-thinking": LiveModel(
        blocking_default=False,
        thinking=frozenset({_THOUGHTS, "thinking_level"}),
        blocking=False,
        scheduling=False,
        proactive=frozenset({True}),
        always_transcribes=True,
        updates=True,
    ),
    "gemini-3.1-flash-live-preview": LiveModel(
        blocking_default=True,
        thinking=frozenset({_THOUGHTS, "thinking_level"}),
        affective_hangs=True,
        content_all_session=False,
    ),
    "gemini-2.5-flash-native-audio-preview-12-2025": _NATIVE_2_5,
    "gemini-2.5-flash-native-audio-latest": _NATIVE_2_5,
    "gemini-live-2.5-flash-native-audio": _NATIVE_2_5,
    "gemini-3.5-live-translate-preview": LiveModel(blocking_default=True),
}
_LEVELS = frozenset({"LOW", "MEDIUM", "HIGH"})


def model_of(setup: Mapping[str, object], version: str) -> LiveModel:
    """The model a setup names. Raises Refused if there is no such model."""
    name = str(setup.get("model", ""))
    model = MODELS.get(name.removeprefix("models/").rpartition("/")[2])
    if model is None or not name.startswith(("models/", "projects/")):
        raise Refused(1008, f"{name or 'models/'} is not found for API version {version}, or is not supported for bidi")
    return model


def refuse_what_it_cannot(setup: Mapping[str, object], model: LiveModel) -> None:
    """Raise Refused for the first wish in ``setup`` that ``model`` cannot grant."""
    name = setup.get("model")
    _refuse_modalities(setup, str(name))
    _refuse_thinking(setup, model)
    if at(setup, "generation_config", "enable_affective_dialog") is not None and not (
        model.affective or model.affective_hangs
    ):
        raise Refused(1007, f"{INVALID} enable_affective_dialog is not supported by {name}")
    proactive = at(setup, "proactivity", "proactive_audio")
    if proactive is not None and proactive not in model.proactive:
        raise Refused(1007, f"{INVALID} proactive_audio: {str(proactive).lower()} is not supported by {name}")
    if at(setup, "session_resumption", "transparent") is not None and not str(name).startswith("projects/"):
        raise Refused(1007, f"{INVALID} session_resumption.transparent is not supported")
    _refuse_behaviour(setup, model)


def never_answers(setup: Mapping[str, object], model: LiveModel) -> bool:
    """Does this model leave this setup unanswered?"""
    return model.affective_hangs and bool(at(setup, "generation_config", "enable_affective_dialog"))


def declarations(tools: object) -> list[Mapping[str, object]]:
    """The function declarations in a setup's tools."""
    return [each for tool in objects(tools) for each in objects(tool.get("function_declarations", []))]


def searches(tools: object) -> bool:
    """Is Google Search among a setup's tools?"""
    return any("google_search" in tool for tool in objects(tools))


def _refuse_modalities(setup: Mapping[str, object], name: str) -> None:
    modalities = at(setup, "generation_config", "response_modalities")
    if modalities is not None and modalities != ["AUDIO"]:
        asked = ", ".join(map(str, modalities)) if isinstance(modalities, list) else str(modalities)
        raise Refused(1007, f"The requested combination of response modalities ({asked}) is not supported by {name}")


def _refuse_thinking(setup: Mapping[str, object], model: LiveModel) -> None:
    config = at(setup, "generation_config", "thinking_config")
    if config is None:
        return
    assert isinstance(config, Mapping)
    if not model.thinking or not set(config) <= model.thinking:
        raise Refused(1007, f"{INVALID} thinking_config is not supported by {setup.get('model')}")
    level = str(config.get("thinking_level", "LOW")).upper()
    if level not in _LEVELS and (level != "MINIMAL" or not model.blocking):
        raise Refused(1007, f"{INVALID} thinking_level {level} is not supported by {setup.get('model')}")


def _refuse_behaviour(setup: Mapping[str, object], model: LiveModel) -> None:
    for function in declarations(setup.get("tools")):
        if not str(function.get("name", "")).replace("_", "a").replace("-", "a").replace(".", "a").isalnum():
            raise Refused(1007, f"{INVALID} Invalid function name: {function.get('name')!r}")
        if function.get("behavior") == "BLOCKING" and not model.blocking:
            raise Refused(1007, f"{INVALID} BLOCKING functions are not supported by {setup.get('model')}")
        if "parameters" in function and "parameters_json_schema" in function:
            raise Refused(1007, f"{INVALID} parameters and parameters_json_schema are mutually exclusive")
