"""Set-up: what the doctor sees, the way to connect a number, and a first call at once."""

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.permissions import Permission
from app.twilio.numbers import Hooks
from app.twilio.rest import TwilioUnavailable
from app.twilio.webhooks import INCOMING_PATH, SMS_PATH, STATUS_PATH

SID: Final = re.compile(r"PN[0-9a-fA-F]{32}")
LONGEST_ADDRESS: Final = 500

pages = Pages([])


@pages.page("/start", Permission.SEE_HOUSE)
async def start(asked: Asked) -> Response:
    settings = asked.parts.settings
    lines = asked.parts.lines.all()
    context = {
        "rehearsing": settings.rehearsing,
        "twilio": bool(settings.twilio_tokens),
        "base": settings.public_url,
        "hooks": _hooks(asked),
        "asks_twilio": _can_connect(asked),
        "numbers": [(name, ", ".join(line.numbers)) for name, line in sorted(lines.items())],
        "phone": "/console/phone" in {place.path for place in asked.looks.places},
    }
    return asked.show("start/start.html", **context)


@pages.page("/start/findings", Permission.SEE_HOUSE)
async def findings(asked: Asked) -> Response:
    """What the doctor sees; it may take some seconds, so the page asks for it when it is there."""
    found = await asked.parts.examine(asked.parts.settings)
    return asked.show("start/findings.html", findings=found)


# ---- the numbers of the Twilio account


@pages.page("/start/numbers", Permission.CONNECT_NUMBERS)
async def numbers(asked: Asked) -> Response:
    """Asked for by the page when it is there: Twilio may take some seconds."""
    return await _numbers(asked)


@pages.action("/start/numbers/{sid}", Permission.CONNECT_NUMBERS)
async def connect(asked: Asked) -> Response:
    """Have Twilio ask this house about a number: by somebody's own will, who was shown what it asks now."""
    form, hooks, sid = await asked.form(), _hooks(asked), asked.path["sid"]
    control, fallback = asked.parts.control, form.get("fallback", "").strip()
    if control is None or hooks is None or not _can_connect(asked) or not SID.fullmatch(sid):
        raise HTTPException(404)
    if form.get("consent") != "yes":
        return await _numbers(asked, "start.no_consent")
    if fallback and (not fallback.startswith("https://") or len(fallback) > LONGEST_ADDRESS):
        return await _numbers(asked, "start.no_fallback")
    await asked.audit("number.connecting", sid, voice=hooks.voice, fallback=bool(fallback))
    try:
        changed = await control.connect(sid, Hooks(hooks.voice, hooks.status, hooks.texts, fallback))
    except TwilioUnavailable as problem:
        return asked.show("start/numbers.html", numbers=(), hooks=hooks, problem="", said=str(problem), done="")
    if changed is None:
        raise HTTPException(404)
    await asked.audit("number.connected", changed.number, sid=sid)
    return await _numbers(asked, done=changed.number)


async def _numbers(asked: Asked, problem: str = "", done: str = "") -> Response:
    control, hooks = asked.parts.control, _hooks(asked)
    if control is None or hooks is None or not _can_connect(asked):
        raise HTTPException(404)
    try:
        found, said = await control.numbers(), ""
    except TwilioUnavailable as unavailable:
        found, said = [], str(unavailable)
    return asked.show("start/numbers.html", numbers=found, hooks=hooks, problem=problem, said=said, done=done)


def _hooks(asked: Asked) -> Hooks | None:
    """The addresses of this house that Twilio is to ask; None while nobody outside reaches it."""
    base = asked.parts.settings.public_url
    return Hooks(f"{base}{INCOMING_PATH}", f"{base}{STATUS_PATH}", f"{base}{SMS_PATH}") if base else None


def _can_connect(asked: Asked) -> bool:
    settings = asked.parts.settings
    return asked.parts.control is not None and bool(settings.public_url) and asked.may(Permission.CONNECT_NUMBERS)
