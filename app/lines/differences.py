"""What two states of a line differ in: the settings in words, the files line by line."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from app.lines.content import Content


@dataclass(frozen=True, slots=True)
class Difference:
    """``settings`` are sentences such as ``voice: "Kore" -> "Puck"``; ``files`` unified diffs by place."""

    settings: tuple[str, ...]
    files: Mapping[str, str]
    tools: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.files or self.tools)

    def as_text(self) -> str:
        told = [*self.settings, *(f"tool {name}: its arguments or options are others now" for name in self.tools)]
        return "\n".join([*told, *([""] if told and self.files else []), *self.files.values()]).rstrip("\n")

    def as_json(self) -> dict[str, object]:
        return {"settings": list(self.settings), "files": dict(self.files), "tools": list(self.tools)}


def difference(old: Content, new: Content) -> Difference:
    """What has to be done to ``old`` to make it ``new``."""
    places = sorted({*old.files, *new.files})
    changed = {place: unified(place, old.files.get(place), new.files.get(place)) for place in places}
    tools = sorted({*old.tools, *new.tools})
    return Difference(
        tuple(settings_changed(old.settings, new.settings)),
        {place: text for place, text in changed.items() if text},
        tuple(name for name in tools if name in old.tools and name in new.tools and old.tools[name] != new.tools[name]),
    )


def unified(place: str, old: str | None, new: str | None) -> str:
    """A unified diff of a file; None is a file that is not there."""
    if old == new:
        return ""
    before, after = (old or "").splitlines(), (new or "").splitlines()
    names = (f"a/{place}" if old is not None else "/dev/null", f"b/{place}" if new is not None else "/dev/null")
    lines = list(difflib.unified_diff(before, after, *names, lineterm=""))
    return "\n".join(lines or [f"--- {names[0]}", f"+++ {names[1]}"]) + "\n"


def settings_changed(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """Settings that differ, in sentences."""
    before, after = _flat(old), _flat(new)
    changes = []
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        if was != now:
            changes.append(f"{key}: {_shown(was)} -> {_shown(now)}")
    return changes


def _flat(told: Mapping[str, object], under: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in told.items():
        flat |= _flat(value, f"{under}{key}.") if isinstance(value, dict) else {f"{under}{key}": value}
    return flat


def _shown(value: object) -> str:
    if value is None:
        return "(not written)"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
