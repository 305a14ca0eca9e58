"""What each Live model accepts, one row a model, and what of a wish it cannot grant.

Of what only the Vertex backend takes (``sessionResumption.transparent``, ``explicitVadSignal``) the house asks
for nothing, and every model's own ``turnCoverage`` leaves silent sound out of a turn, so no row names them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import langcodes
from langcodes.tag_parser import LanguageTagError

from app.gemini.declarations import declaration

if TYPE_CHECKING:
    from app.gemini.setup import SetupWish

Backend = Literal["developer", "vertex"]
Grant = Literal["none", "opt-in", "always"]

DEFAULT = "gemini-3.8-live"
VAD_PRESETS = ("telephone", "patient", "eager")
SHORTEST_END_OF_SPEECH_MS = 200  # less cuts sentences in pieces
LONGEST_END_OF_SPEECH_MS = 2_000  # more is not honoured: https://github.com/google-gemini/cookbook/issues/1263

# https://ai.google.dev/gemini-api/docs/live-api/capabilities (2026-09-19)
_CODES = (
    "af ak sq am ar hy as az eu be bn bs bg my ca ceb zh-Hans zh-Hant hr cs da nl en et fo fil fi fr gl ka de el gu ha "
    "he hi hu is id ga it ja kn kk km rw ko ku ky lo lv lt mk ms ml mt mi mr mn ne no nb or om ps fa pl pt-BR pt-PT pa "
    "qu ro rm ru sr sd si sk sl so st es sw sv tg ta te th tn tr tk uk ur uz vi cy fy wo yo zu"
)
_NAMES = (
    "Zephyr Puck Charon Kore Fenrir Leda Orus Aoede Callirrhoe Autonoe Enceladus Iapetus Umbriel Algieba Despina "
    "Erinome Algenib Rasalgethi Laomedeia Achernar Alnilam Schedar Gacrux Pulcherrima Achird Zubenelgenubi "
    "Vindemiatrix Sadachbia Sadaltager Sulafat"
)
LANGUAGES = tuple(_CODES.split())
VOICES = tuple(_NAMES.split())

_KINDS_APART = 7  # in langcodes' distance: en-GB and en are 5 apart, Swiss and standard German 8


@dataclass(frozen=True, slots=True)
class Model:
    """What one Live model accepts.

    ``behaviors`` are the function behaviors that may be declared, the model's own default first; empty where
    the field must be left out. ``context_notes``: clientContent is taken while the session goes on.
    ``context_update``: the backends on which an open session takes a new instruction.
    """

    name: str
    backends: tuple[Backend, ...]
    thinking: Literal["none", "budget", "level"] = "none"
    thinking_levels: tuple[str, ...] = ()
    affective_dialog: Grant = "none"
    proactive_audio: Grant = "none"
    behaviors: tuple[Literal["BLOCKING", "NON_BLOCKING"], ...] = ()
    scheduling: bool = False
    context_notes: bool = False
    greet_by: Literal["client_content", "realtime_text"] = "client_content"
    language_hints: bool = True
    catalogue_voices: bool = False
    google_search: bool = True
    context_update: tuple[Backend, ...] = ()
    context_window: int = 131_072


_LATEST = Model(
    # https://ai.google.dev/gemini-api/docs/models/gemini-3.8-live
    # https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides/gemini-3-8-live
    name=DEFAULT,
    backends=("developer", "vertex"),
    affective_dialog="always",
    proactive_audio="always",
    behaviors=("NON_BLOCKING", "BLOCKING"),
    scheduling=True,
    context_notes=True,
    catalogue_voices=True,
    context_update=("vertex",),  # the guide's; of the Developer API nothing is written
)
_THOROUGH = Model(
    # https://ai.google.dev/gemini-api/docs/live-api/thinking: tools never block, and no scheduling
    name="gemini-3.8-live-extended-thinking",
    backends=("developer", "vertex"),
    thinking="level",
    thinking_levels=("low", "medium", "high"),
    affective_dialog="always",
    proactive_audio="always",
    behaviors=("NON_BLOCKING",),
    context_notes=True,
    catalogue_voices=True,
    context_update=("vertex",),
)
_PREVIEW = Model(
    # Tools one after another only; clientContent after the first turn has been answered with 1007:
    # https://github.com/pipecat-ai/pipecat/issues/4168, https://github.com/livekit/agents/issues/5260
    name="gemini-3.1-flash-live-preview",
    backends=("developer",),
    thinking="level",
    thinking_levels=("minimal", "low", "medium", "high"),
    greet_by="realtime_text",
)
_NATIVE = Model(
    # https://ai.google.dev/gemini-api/docs/live-api/capabilities
    # Transcription hints (languageCodes) are proven from 3.1 on only.
    name="gemini-2.5-flash-native-audio-preview-12-2025",
    backends=("developer",),
    thinking="budget",
    affective_dialog="opt-in",
    proactive_audio="opt-in",
    behaviors=("BLOCKING", "NON_BLOCKING"),
    scheduling=True,
    context_notes=True,
    language_hints=False,
)
_ROWS = (
    _LATEST,
    _THOROUGH,
    _PREVIEW,
    _NATIVE,
    replace(_NATIVE, name="gemini-2.5-flash-native-audio-latest"),
    replace(_NATIVE, name="gemini-live-2.5-flash-native-audio", backends=("vertex",)),
)
MODELS = {row.name: row for row in _ROWS}


def model(name: str) -> Model:
    """The row of a model; one we do not know is taken for the default's equal, on every backend."""
    bare = name.removeprefix("models/")
    return MODELS.get(bare) or replace(_LATEST, name=name)


def takes_context_update(name: str, backend: Backend, wished: bool | None = None) -> bool:
    """Whether an open session of this model takes a new instruction; ``wished`` goes before what its row says."""
    return backend in model(name).context_update if wished is None else wished


@lru_cache(maxsize=512)
def speaks(tag: str) -> str | None:
    """Live's own code for a language: ``zh-Hans`` for ``zh-CN``, ``es`` for ``es-US``; None if it does not speak it.

    Any kind of a language that Live lists is that language, in whichever script; a neighbour of it is not.
    """
    try:
        code, _ = langcodes.closest_match(tag, LANGUAGES, max_distance=_KINDS_APART)
        bare = langcodes.Language.get(tag).language or ""
    except LanguageTagError:
        return None
    if code != "und":
        return code
    return bare if bare in LANGUAGES else None


def problems(wish: "SetupWish", backend: Backend) -> list[str]:
    """What of a wish cannot be granted, a sentence each, opening with the field that is to be changed."""
    row = model(wish.model)
    return [
        *_of_model(wish, row, backend),
        *_of_voice(wish, row),
        *_of_languages(wish),
        *_of_thinking(wish, row),
        *_of_grant("affective_dialog", wish.affective_dialog, row.affective_dialog, row.name),
        *_of_grant("proactive_audio", wish.proactive_audio, row.proactive_audio, row.name),
        *_of_tools(wish, row),
        *_of_numbers(wish, row),
    ]


def _of_model(wish: "SetupWish", row: Model, backend: Backend) -> Iterator[str]:
    if row.name not in MODELS:
        yield f"model: {row.name} is not known and is set up like {DEFAULT}; known are {', '.join(MODELS)}"
    elif backend not in row.backends:
        place = "with a Gemini API key" if row.backends == ("developer",) else "on Vertex"
        offered = [other.name for other in _ROWS if backend in other.backends]
        yield f"model: {wish.model} is offered {place} only; choose one of {', '.join(offered)}"


def _of_voice(wish: "SetupWish", row: Model) -> Iterator[str]:
    if wish.voice in VOICES:
        return
    if "-" not in wish.voice and "_" not in wish.voice:
        yield f"voice: {wish.voice!r} is not one of {', '.join(VOICES)}"
    elif not row.catalogue_voices:
        yield f"voice: {row.name} takes no voice of the catalogue; choose one of {', '.join(VOICES)}"


def _of_languages(wish: "SetupWish") -> Iterator[str]:
    for language in wish.languages:
        if speaks(language) is None:
            yield f"languages: {language!r} is not a language that Live speaks; it speaks {', '.join(LANGUAGES)}"
    if wish.language and wish.languages and wish.language not in wish.languages:
        yield f"language: {wish.language!r} is not among the languages {', '.join(wish.languages)}"


def _of_thinking(wish: "SetupWish", row: Model) -> Iterator[str]:
    if wish.thinking is None:
        return
    if row.thinking == "none":
        yield f"thinking: {row.name} decides itself how much it thinks; remove the line"
    elif row.thinking == "level" and wish.thinking not in row.thinking_levels:
        yield f"thinking: {row.name} takes {', '.join(row.thinking_levels)}, not {wish.thinking!r}"
    elif row.thinking == "budget" and not wish.thinking.isdecimal():
        yield f'thinking: {row.name} takes a number of tokens ("0" is off), not {wish.thinking!r}'


def _of_grant(field: str, wished: bool | None, grant: Grant, name: str) -> Iterator[str]:
    if wished is None or grant == "opt-in":
        return
    if grant == "always":
        yield f"{field}: {name} always has it; remove the line"
    elif wished:
        yield f"{field}: {name} does not have it; remove the line"


def _of_tools(wish: "SetupWish", row: Model) -> Iterator[str]:
    if wish.google_search and not row.google_search:
        yield f"google_search: {row.name} cannot search; remove the line"
    for tool in wish.tools:
        if tool.blocking and row.behaviors and "BLOCKING" not in row.behaviors:
            yield f"tools: {tool.name} is blocking, but {row.name} never waits for a tool; make it not blocking"
        try:
            declaration(tool, None)
        except ValueError as error:
            yield f"tools: the parameters of {tool.name} are no JSON Schema: {' '.join(str(error).split())}"


def _of_numbers(wish: "SetupWish", row: Model) -> Iterator[str]:
    if wish.vad not in VAD_PRESETS:
        yield f"vad: {wish.vad!r} is not one of {', '.join(VAD_PRESETS)}"
    shortest, longest = SHORTEST_END_OF_SPEECH_MS, LONGEST_END_OF_SPEECH_MS
    if wish.end_of_speech_ms is not None and not shortest <= wish.end_of_speech_ms <= longest:
        yield f"end_of_speech_ms: {wish.end_of_speech_ms} is not between {shortest} and {longest}"
    if wish.temperature is not None and not 0.0 <= wish.temperature <= 2.0:
        yield f"temperature: {wish.temperature} is not between 0 and 2"
    if wish.compression is not None:
        trigger, target = wish.compression
        if not 0 < target < trigger <= row.context_window:
            yield f"compression: not 0 < target {target} < trigger {trigger} <= context window {row.context_window}"
