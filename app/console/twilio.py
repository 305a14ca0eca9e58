"""Whom a call's page asks of Twilio's side: Twilio, or in a rehearsal without an account its stand-in."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.console.asked import Asked
from app.fittings import REHEARSAL_ACCOUNT
from app.rehearsal.twilio_calls import ToldCall
from app.rehearsal.twilio_rest import TwilioRest
from app.store.calls import CallRow
from app.twilio.rest import CallControl


@dataclass(frozen=True, slots=True)
class Peer:
    """Who answers; ``stands_in`` is true of one that knows of the call only what the house itself does."""

    control: CallControl
    stands_in: bool = False


@asynccontextmanager
async def twilio_of(asked: Asked, row: CallRow) -> AsyncIterator[Peer | None]:
    """Whom to ask about this call; None where no keys are there to ask with.

    The stand-in is up for as long as it is asked, on this machine alone.
    """
    if asked.parts.control is not None:
        yield Peer(asked.parts.control)
    elif not asked.parts.settings.rehearsing:
        yield None
    else:
        token = secrets.token_hex(16)
        rest = TwilioRest(REHEARSAL_ACCOUNT, token)
        rest.told.tell(_told(row))
        async with rest.serving() as url:
            control = await asyncio.to_thread(CallControl, REHEARSAL_ACCOUNT, token, base_url=url)
            try:
                yield Peer(control, stands_in=True)
            finally:
                control.close()


def _told(row: CallRow) -> ToldCall:
    start = row.start
    lasted_s = None if row.end is None else row.end.duration_s
    return ToldCall(start.call_sid, start.caller, start.called, start.started_at, lasted_s)
