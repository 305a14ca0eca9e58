"""Recorded messages of Live sessions, and what tests compare frames by."""

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

WIRE = Path(__file__).parents[1] / "wire" / "live"
RECORDINGS = ("developer", "vertex", "closes")

_SHORTENED = re.compile(r"^([\w+/-]+)\.\.\.<(\d+) chars>$")


def recorded(name: str, side: str) -> list[Any]:
    """What one side said in a recording; sound that was shortened there is filled up with silence."""
    lines = (WIRE / f"{name}.jsonl").read_text().splitlines()
    return [_filled(line["frame"]) for line in map(json.loads, lines) if line["from"] == side]


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner) for inner in value]
    if isinstance(value, str) and (match := _SHORTENED.match(value)):
        return match[1].ljust(int(match[2]), "A")
    return value


def meaning(frame: str | bytes) -> Any:
    """A client frame as the service reads it: either base64 alphabet is the same sound, or picture."""
    message = json.loads(frame)
    realtime = message.get("realtime_input", {})
    for blob in filter(None, (realtime.get("audio"), realtime.get("video"))):
        blob["data"] = b64decode(blob["data"].replace("-", "+").replace("_", "/"))
    return message
