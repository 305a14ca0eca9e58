"""Set-up: what the doctor sees, the way to connect a number, and a first call at once."""

from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.permissions import Permission
from app.twilio.webhooks import INCOMING_PATH, SMS_PATH

pages = Pages([])


@pages.page("/start", Permission.SEE_HOUSE)
async def start(asked: Asked) -> Response:
    settings, base = asked.parts.settings, asked.parts.settings.public_url
    lines = asked.parts.lines.all()
    context = {
        "rehearsing": settings.rehearsing,
        "twilio": bool(settings.twilio_tokens),
        "base": base,
        "voice": f"{base}{INCOMING_PATH}" if base else "",
        "texts": f"{base}{SMS_PATH}" if base else "",
        "numbers": [(name, ", ".join(line.numbers)) for name, line in sorted(lines.items())],
        "phone": "/console/phone" in {place.path for place in asked.looks.places},
    }
    return asked.show("start/start.html", **context)


@pages.page("/start/findings", Permission.SEE_HOUSE)
async def findings(asked: Asked) -> Response:
    """What the doctor sees; it may take some seconds, so the page asks for it when it is there."""
    found = await asked.parts.examine(asked.parts.settings)
    return asked.show("start/findings.html", findings=found)
