"""Wishes that house tools grant: another language, something in writing. Pure."""

import re
from collections.abc import Mapping

from app.rehearsal.declared import Tool, param_like

_LINK = re.compile(r"\b(?:link|enlace|lien|website|web ?page|manual)\b", re.IGNORECASE)


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
