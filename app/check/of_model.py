"""What a line wishes that its Live model does not grant."""

import re
from collections.abc import Iterator
from dataclasses import replace

from app.check.problem import Problem, at
from app.edits import meant
from app.gemini.models import LANGUAGES, VAD_PRESETS, VOICES, Backend, speaks
from app.gemini.models import problems as not_granted
from app.gemini.setup import SetupWish
from app.line_wish import wish_of
from app.prompts.line import Line
from app.prompts.tongues import english_name
from app.tomls import Toml
from app.toolkit.house import HOUSE
from app.toolkit.schema import LoadedTool
from app.toolkit.spec import ToolSpec

Tools = dict[str, LoadedTool]

# Where a field of the wish stands in line.toml, if not under its own name.
_PLACES = {"end_of_speech_ms": "patience.end_of_speech_ms", "language": "languages"}


def problems(line: Line, toml: Toml, tools: Tools, backend: Backend, model: str | None) -> Iterator[Problem]:
    """Every wish that is not granted. ``model`` takes the place of the line's own."""
    whose = " (FRONTLINE_MODEL goes before the line's own model.)" if model else ""
    yield from _languages(line, toml)
    for sentence in not_granted(_wish(line, tools, model), backend):
        field, _, said = sentence.partition(": ")
        if field == "languages" or _has_anyway(line, field, said):
            continue
        # A model that is newer than our table works all the same: it is only not known here.
        known = field != "model" or "is not known" not in said
        key = _PLACES.get(field, field)
        what = _remedy(line, field, said) or f"{sentence}.{whose}"
        yield at(toml, key, what, "error" if known else "hint", element=_quoted(said))


def _has_anyway(line: Line, field: str, said: str) -> bool:
    """Whether what is wished is what the model always has: nothing to change."""
    wished = {"affective_dialog": line.affective_dialog, "proactive_audio": line.proactive_audio}
    return wished.get(field) is True and "always has it" in said


def _remedy(line: Line, field: str, said: str) -> str:
    """The sentence for a word that stands in a list we know; empty where the model's own sentence says it."""
    if field == "voice" and "is not one of" in said:
        return f'There is no voice "{line.voice}". {meant(line.voice, VOICES)}'
    if field == "vad":
        return f'There is no vad "{line.vad}". {meant(line.vad, VAD_PRESETS)}'
    return ""


def _languages(line: Line, toml: Toml) -> Iterator[Problem]:
    for tag in line.languages:
        if speaks(tag) is None:
            what = f'Live does not speak {english_name(tag)} ("{tag}").'
            remedy = f"Take it out, or write one it speaks: {', '.join(LANGUAGES)}."
            yield at(toml, "languages", f"{what} {remedy}", element=tag)


def _quoted(said: str) -> str | None:
    found = re.search(r"'([^']+)'", said)
    return found[1] if found else None


def _wish(line: Line, tools: Tools, model: str | None) -> SetupWish:
    wish = wish_of(line, _specs(line, tools))
    return replace(wish, model=model or line.model)


def _specs(line: Line, tools: Tools) -> tuple[ToolSpec, ...]:
    known = {**{name: tool.spec for name, tool in tools.items()}, **HOUSE}
    return tuple(known[name] for name in line.tools if name in known)
