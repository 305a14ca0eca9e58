"""A small prompts folder in which tests plant mistakes."""

from collections.abc import Callable, Mapping
from pathlib import Path

from app.prompts.phrases import PHRASES

LINE = """\
business = "Acme"
numbers = ["+12125550123"]
languages = [
    "en-US",
    "es-US",
]
tools = ["end_call"]
vad = "telephone"

[hours]
time_zone = "America/New_York"
monday = "09:00-18:00"
holidays = ["2026-12-25"]
"""
ENGLISH = """\
---
greeting: Hello, I'm an AI assistant of {business}.
---

You answer the phone of {business}.

It is {weekday}.
"""
SPANISH = """\
---
greeting: Hola, soy un asistente de IA de {business}.
---

Atiendes el teléfono.
"""
HOUSE = "Be honest with {caller}.\n"

Edit = Callable[[str], str]


def phrases(language: str) -> str:
    """Every phrase, a line each."""
    said = {name: f"{name} in {language}" for name in PHRASES}
    said["disclosure"] = "Soy una IA." if language == "es" else "I'm an AI."
    said["language_menu"] = f"{language}: {{key}}."
    return "".join(f'{name} = "{sentence}"\n' for name, sentence in said.items())


def plant(folder: Path, edits: Mapping[str, Edit | None] | None = None) -> Path:
    """A right ``prompts`` folder, with ``edits`` to its files by path; None leaves the file out."""
    files = {
        "shop/line.toml": LINE,
        "shop/en-US.md": ENGLISH,
        "shop/es.md": SPANISH,
        "house/10-honesty.md": HOUSE,
        "phrases/en.toml": phrases("en"),
        "phrases/es.toml": phrases("es"),
    }
    for path, edit in {**dict.fromkeys(files, str), **(edits or {})}.items():
        if edit is None:
            continue
        file = folder / "prompts" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(edit(files.get(path, "")), encoding="utf-8")
    return folder / "prompts"


def swapped(old: str, new: str) -> Edit:
    """Write ``new`` where ``old`` stands."""

    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def with_line(text: str) -> Edit:
    """Write ``text`` as the first line."""
    return lambda rest: f"{text}\n{rest}"
