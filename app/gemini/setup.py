"""The setup of a Live session: from what a line wishes to what its model takes."""

from dataclasses import dataclass

from google.genai import types

from app.gemini.declarations import declaration
from app.gemini.models import DEFAULT, Backend, Model, model
from app.prompts.tongues import english_name
from app.toolkit.spec import ToolSpec

STORY_HEAD = (
    "The connection was lost in the middle of this call and is back. "
    "Do not greet again; go on where the call stood. The call so far:"
)
GREETED = (
    'The call has begun: the caller has just heard you say this greeting: "{greeting}" '
    "Do not say it again, nor greet in other words. Wait for the caller to speak."
)

# https://ai.google.dev/gemini-api/docs/live-api/best-practices: native audio models choose the language they speak
# themselves and follow no field of the setup; these words, in capitals, they do.
_RESPOND_IN = "RESPOND IN {NAME}. YOU MUST RESPOND UNMISTAKABLY IN {NAME}"
_FOLLOW = (
    ", until the caller speaks {others}: then answer in the caller's language, as unmistakably, until the caller "
    "changes it again. A name, a number or a single foreign word changes nothing"
)


@dataclass(frozen=True, slots=True)
class SetupWish:
    """What a line wishes of its Live sessions; None leaves a choice to the model.

    ``languages`` are BCP-47 codes, the caller's likeliest first; ``language`` is the one to speak, and with
    ``follows`` the caller may change it within ``languages``. ``end_of_speech_ms`` goes before the preset's silence.
    ``thinking`` is a level's name or a number of tokens. ``compression`` is (trigger, target) in tokens: every turn
    bills the whole context again, so it is kept well below the window.
    """

    model: str = DEFAULT
    voice: str = "Kore"
    instruction: str = ""
    languages: tuple[str, ...] = ()
    language: str = ""
    follows: bool = False
    tools: tuple[ToolSpec, ...] = ()
    vad: str = "telephone"
    end_of_speech_ms: int | None = None
    temperature: float | None = None
    thinking: str | None = None
    affective_dialog: bool | None = None
    proactive_audio: bool | None = None
    google_search: bool = False
    resumption: bool = True
    compression: tuple[int, int] | None = (32_000, 16_000)


@dataclass(frozen=True, slots=True)
class _Hearing:
    starts_easily: bool
    ends_easily: bool
    onset_ms: int
    hang_ms: int

    def detection(self, end_of_speech_ms: int | None) -> types.AutomaticActivityDetection:
        start, end = types.StartSensitivity, types.EndSensitivity
        return types.AutomaticActivityDetection(
            start_of_speech_sensitivity=start.START_SENSITIVITY_HIGH
            if self.starts_easily
            else start.START_SENSITIVITY_LOW,
            end_of_speech_sensitivity=end.END_SENSITIVITY_HIGH if self.ends_easily else end.END_SENSITIVITY_LOW,
            prefix_padding_ms=self.onset_ms,
            silence_duration_ms=end_of_speech_ms or self.hang_ms,
        )


# A phone line is noisy and its callers say a single "yes": hard to start, but by a short stretch of speech.
# https://ai.google.dev/gemini-api/docs/live-api/capabilities recommends 500 to 800 ms of silence; 100 to 200
# cut sentences in pieces, and more than 2000 is not honoured (https://github.com/google-gemini/cookbook/issues/1263).
# Both sensitivities are always named: the backends' defaults for the end differ.
VAD = {
    "telephone": _Hearing(starts_easily=False, ends_easily=True, onset_ms=40, hang_ms=500),
    "patient": _Hearing(starts_easily=False, ends_easily=False, onset_ms=60, hang_ms=1200),
    "eager": _Hearing(starts_easily=True, ends_easily=True, onset_ms=20, hang_ms=300),
}


def live_config(
    wish: SetupWish, backend: Backend, handle: str | None, story: str = "", greeted: str = ""
) -> types.LiveConnectConfig:
    """The setup that the wish's model takes; what it cannot grant is left out (``models.problems`` tells).

    With ``handle`` a session is resumed. Without, ``story`` tells a fresh one the call so far: a resumed
    session knows it, and telling it again ends in 1007 (https://github.com/livekit/agents/issues/5985).
    ``greeted`` is the greeting that the caller has heard without the model's help: no session's history has it.
    """
    row = model(wish.model)
    detection = VAD[wish.vad].detection(wish.end_of_speech_ms)
    return types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        temperature=wish.temperature,
        speech_config=_speech(wish.voice),
        thinking_config=_thinking(wish.thinking, row),
        system_instruction=instruction_for(wish, "" if handle else story, greeted) or None,
        tools=_tools(wish, row),
        input_audio_transcription=_transcription(wish, row),
        output_audio_transcription=types.AudioTranscriptionConfig(),
        realtime_input_config=types.RealtimeInputConfig(automatic_activity_detection=detection),
        session_resumption=types.SessionResumptionConfig(handle=handle) if wish.resumption or handle else None,
        context_window_compression=_compression(wish.compression),
        enable_affective_dialog=wish.affective_dialog if row.affective_dialog == "opt-in" else None,
        proactivity=_proactivity(wish.proactive_audio, row),
    )


def silence_ms(vad: str, end_of_speech_ms: int | None) -> int:
    """The silence that ends what a caller says."""
    return end_of_speech_ms or VAD[vad].hang_ms


def instruction_for(wish: SetupWish, story: str = "", greeted: str = "") -> str:
    """All that a session is told at its start; ``story`` and ``greeted`` as in ``live_config``."""
    so_far = f"{STORY_HEAD}\n{story}" if story else ""
    just_greeted = GREETED.format(greeting=greeted) if greeted and not story else ""
    return "\n\n".join(part for part in (wish.instruction, _language_rule(wish), so_far, just_greeted) if part)


def _language_rule(wish: SetupWish) -> str:
    """Which language to speak. Where the line's own prompt says so, nothing is added: two rules are no rule."""
    if not wish.language or "RESPOND IN " in wish.instruction:
        return ""
    name = english_name(wish.language)
    others = [other for other in dict.fromkeys(map(english_name, wish.languages)) if other != name]
    follow = _FOLLOW.format(others=" or ".join(others)) if wish.follows and others else ""
    return f"{_RESPOND_IN.format(NAME=name.upper())}{follow}."


def scheduling_of(wish: SetupWish, tool: str, wished: str | None) -> str | None:
    """``wished`` where the model takes it for this tool's answer, None where it must not be said."""
    blocking = any(spec.blocking for spec in wish.tools if spec.name == tool)
    return wished if model(wish.model).scheduling and not blocking else None


def _speech(voice: str) -> types.SpeechConfig:
    # No language: native audio models choose it themselves and refuse to be told.
    prebuilt = types.PrebuiltVoiceConfig(voice_name=voice)
    return types.SpeechConfig(voice_config=types.VoiceConfig(prebuilt_voice_config=prebuilt))


def _thinking(wished: str | None, row: Model) -> types.ThinkingConfig | None:
    if wished is None:
        return None
    if row.thinking == "budget" and wished.isdecimal():
        return types.ThinkingConfig(thinking_budget=int(wished))
    if row.thinking == "level" and wished in row.thinking_levels:
        return types.ThinkingConfig(thinking_level=types.ThinkingLevel(wished.upper()))
    return None


def _tools(wish: SetupWish, row: Model) -> list[types.Tool | types.ToolUnion] | None:
    tools: list[types.ToolUnion] = []
    if wish.google_search:
        tools.append(types.Tool(google_search=types.GoogleSearch()))
    if wish.tools:
        declared = [declaration(tool, _behavior(tool, row)) for tool in wish.tools]
        tools.append(types.Tool(function_declarations=declared))
    return tools or None


def _behavior(tool: ToolSpec, row: Model) -> str | None:
    wished = "BLOCKING" if tool.blocking else "NON_BLOCKING"
    return wished if wished in row.behaviors else next(iter(row.behaviors), None)


def _transcription(wish: SetupWish, row: Model) -> types.AudioTranscriptionConfig:
    likeliest_first = dict.fromkeys(tag for tag in (wish.language, *wish.languages) if tag)
    hinted = list(likeliest_first) if row.language_hints else []
    return types.AudioTranscriptionConfig(language_codes=hinted or None)


def _compression(tokens: tuple[int, int] | None) -> types.ContextWindowCompressionConfig | None:
    if tokens is None:
        return None
    trigger, target = tokens
    return types.ContextWindowCompressionConfig(
        trigger_tokens=trigger, sliding_window=types.SlidingWindow(target_tokens=target)
    )


def _proactivity(wished: bool | None, row: Model) -> types.ProactivityConfig | None:
    if wished is None or row.proactive_audio != "opt-in":
        return None
    return types.ProactivityConfig(proactive_audio=wished)
