"""What a line wishes of its Live sessions, whatever the call."""

from app.gemini.setup import SetupWish
from app.prompts.line import Line
from app.toolkit.spec import ToolSpec


def wish_of(line: Line, tools: tuple[ToolSpec, ...]) -> SetupWish:
    """By the line alone; the caller, the language and the model that is tried come to it."""
    return SetupWish(
        model=line.model,
        voice=line.voice,
        languages=line.languages,
        tools=tools,
        vad=line.vad,
        end_of_speech_ms=line.end_of_speech_ms,
        temperature=line.temperature,
        thinking=line.thinking,
        affective_dialog=line.affective_dialog,
        proactive_audio=line.proactive_audio,
        google_search=line.google_search,
    )
