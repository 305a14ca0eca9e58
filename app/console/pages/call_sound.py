"""A call's recording: where it lies on the call's axis, how it is drawn, and its bytes for who may hear calls."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response, StreamingResponse

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.permissions import Permission
from app.console.timeline import outline
from app.recording.reading import Sound
from app.store.objects import NotStored, Unreachable

SIDES: Final = 2  # the caller, then the assistant: the first two lanes
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")

log = structlog.get_logger(__name__)
pages = Pages([])


@dataclass(frozen=True, slots=True)
class Drawn:
    """One stream's recording: ``at`` and ``width`` in percent of the axis, one path a side, in a box 1000 by 256."""

    src: str
    began_s: float
    at: float
    width: float
    paths: Sequence[str]


async def drawn(asked: Asked, sid: str, lasts_s: float) -> list[Drawn]:
    """What can be heard of a call, for who may; nothing where it cannot be had now."""
    if not asked.may(Permission.HEAR_CALLS):
        return []
    try:
        return [await _drawn(sound, sid, number, lasts_s) for number, sound in enumerate(await asked.parts.sounds(sid))]
    except (SQLAlchemyError, OSError, NotStored, Unreachable) as error:
        log.warning("recording not shown", call=sid, error=type(error).__name__, next="see where recordings are kept")
        return []


async def _drawn(sound: Sound, sid: str, number: int, lasts_s: float) -> Drawn:
    peaks, kept = await sound.peaks(), sound.kept
    at, width = kept.began_s / lasts_s * 100, kept.duration_s / lasts_s * 100
    paths = [outline(peaks, side) for side in range(SIDES)]
    return Drawn(f"/console/calls/{sid}/sound/{number}", kept.began_s, round(at, 3), round(min(width, 100.0), 3), paths)


@pages.page("/calls/{sid}/sound/{number}", Permission.HEAR_CALLS)
async def heard(asked: Asked) -> Response:
    """The sound of a call's stream, or the part of it that a player asks for; the first part goes into the audit."""
    sid, number = asked.path["sid"], asked.path["number"]
    sounds = {str(at): sound for at, sound in enumerate(await asked.parts.sounds(sid))}
    if (sound := sounds.get(number)) is None:
        return asked.show("call/none.html", 404, sid=sid)
    asks = asked.connection.headers.get("range", "")
    part = part_of(asks, sound.size)
    if part is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{sound.size}"})
    start, end = part
    if start == 0:
        await asked.audit("call.heard", sid, stream=int(number))
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(end - start), "Cache-Control": "private, no-store"}
    if asks:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{sound.size}"
    return StreamingResponse(sound.stream(start, end), 206 if asks else 200, headers, sound.type)


def part_of(asks: str, size: int) -> tuple[int, int] | None:
    """The bytes from where to before where a Range header asks for; None where there are none such (RFC 9110, 14)."""
    found = _RANGE.fullmatch(asks.strip())
    if not asks or (found is None and "," in asks):
        return 0, size  # the whole is a right answer to a range in several pieces
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    return (start, end) if start < end else None
