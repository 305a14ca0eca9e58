"""Wishes that house tools grant: another language, something in writing, not to be recorded. Pure."""

import re
from collections.abc import Mapping

from app.rehearsal.declared import Tool, param_like
from app.rehearsal.intents import affirms, denies

_LINK = re.compile(r"\b(?:link|enlace|lien|website|web ?page|manual)\b", re.IGNORECASE)
_ASKED = re.compile(
    r"record this call\?|grabar esta llamada\?|enregistrer cet appel ?\?|Gespräch aufzeichnen\?", re.IGNORECASE
)
_REFUSES = re.compile(
    r"\b(?:don'?t|do not|not|stop)\b.{0,30}\brecord|\bno\b.{0,30}\bgrab|\bpas\b.{0,30}\benregistr|"
    r"\bnicht\b.{0,30}\bauf(?:zeich|nehm)",
    re.IGNORECASE,
)


def recording_allowed(text: str, told: str, *, answered: bool) -> bool | None:
    """What the caller says to being recorded; None if nothing. ``told`` is what they may have been asked in."""
    if _REFUSES.search(text.replace("’", "'")):
        return False
    if answered or not _ASKED.search(told) or not (affirms(text) or denies(text)):
        return None
    return not denies(text)


def language_args(tool: Tool, language: str) -> dict[str, object]:
    """What a tool that switches the language is called with: the tag it offers for it, else the language's code."""
    name = param_like(tool, "language")
    choices = [each for each in tool.param(name).choices if each.partition("-")[0].lower() == language]
    return {name: choices[0] if choices else language}


def text_args(tool: Tool, asked: str, words: str) -> Mapping[str, object]:
    """What a tool that texts the caller is called with: ``words``, and the link that was asked for."""
    args: dict[str, object] = {param_like(tool, "text|message|body"): words}
    link = tool.param("link")
    if "link" not in tool.params or not _LINK.search(asked):
        return args
    spoken = asked.lower().replace("_", " ")
    names = list(link.choices) or re.findall(r"`(\w+)`", link.description)
    named = [name for name in names if name.replace("_", " ").lower() in spoken]
    return args | ({"link": (named or names)[0]} if names else {})
