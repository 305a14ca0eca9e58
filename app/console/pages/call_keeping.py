"""How long a call is kept, by a person's word: put on hold, released, deleted for good; each with a reason."""

from typing import Final

import structlog
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.call import on_record
from app.console.permissions import Permission
from app.store import holds
from app.store.erasure import erase_call
from app.store.objects import NotStored, Unreachable

LONGEST_REASON: Final = 200

log = structlog.get_logger(__name__)
pages = Pages([])


@pages.action("/calls/{sid}/hold", Permission.ERASE_CALLS)
async def held(asked: Asked) -> Response:
    """Keep the call, whatever its age and whoever asks for it to be deleted."""
    sid, why = await on_record(asked), await _reason(asked)
    if why:
        await asked.audit("call.kept", sid, reason=why)
        await holds.hold(asked.parts.database, sid, asked.who.name, why)
    return asked.go(f"/console/calls/{sid}#keeping", "call.told_hold" if why else "call.told_no_reason")


@pages.action("/calls/{sid}/release", Permission.ERASE_CALLS)
async def released(asked: Asked) -> Response:
    """It goes the way of all calls again."""
    sid, why = await on_record(asked), await _reason(asked)
    if why:
        await asked.audit("call.released", sid, reason=why)
        await holds.release(asked.parts.database, sid)
    return asked.go(f"/console/calls/{sid}#keeping", "call.told_released" if why else "call.told_no_reason")


@pages.action("/calls/{sid}/erase", Permission.ERASE_CALLS)
async def erased(asked: Asked) -> Response:
    """Nothing of it is left but that it was deleted, by whom and why."""
    sid, why = await on_record(asked), await _reason(asked)
    if not why:
        return asked.go(f"/console/calls/{sid}#keeping", "call.told_no_reason")
    await asked.audit("call.erasing", sid, reason=why)
    try:
        gone = await erase_call(asked.parts.places(), sid)
    except (Unreachable, NotStored, OSError, ValueError) as error:
        log.error("call not erased", call=sid, error=type(error).__name__, next="see where recordings are kept")
        return asked.go(f"/console/calls/{sid}#keeping", "call.told_not_reached")
    if gone.held or gone.going_on:
        return asked.go(f"/console/calls/{sid}#keeping", "call.told_not_erased")
    await asked.audit("call.erased", sid, **gone.count)
    return asked.go("/console/calls", "call.told_erased")


async def _reason(asked: Asked) -> str:
    return (await asked.form()).get("reason", "").strip()[:LONGEST_REASON]
