"""Alerts: what is wrong over many calls now and was, with calls to look at; seen to, and muted."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.permissions import Permission
from app.console.reading import whole
from app.store import alerts

PATH: Final = "/console/reports/alerts"
SHOWN: Final = 100
LONGEST_MUTE_H: Final = 168

pages = Pages([])


@pages.page("/reports/alerts", Permission.SEE_REPORTS)
async def listed(asked: Asked) -> Response:
    found = await alerts.listed(asked.parts.database, most=SHOWN)
    muted = await alerts.muted(asked.parts.database, datetime.now(UTC))
    open_now = [one for one in found if one.state == "open"]
    past = [one for one in found if one.state != "open"]
    return asked.show("reports/alerts.html", open_now=open_now, past=past, muted=muted, rules=asked.parts.rules)


@pages.action("/reports/alerts/{id}/seen", Permission.MIND_ALERTS)
async def seen_to(asked: Asked) -> Response:
    try:
        id = UUID(asked.path["id"])
    except ValueError:
        raise HTTPException(404) from None
    await alerts.ack(asked.parts.database, id, asked.who.name, datetime.now(UTC))
    await asked.audit("alert.seen_to", str(id))
    return asked.go(PATH, "alerts.told_seen_to")


@pages.action("/reports/alerts/rules/{rule}/mute", Permission.MIND_ALERTS)
async def mute(asked: Asked) -> Response:
    """For so many hours nobody is told of this rule; 0 ends that."""
    rule, hours = asked.path["rule"], whole((await asked.form()).get("hours", ""), LONGEST_MUTE_H)
    if rule not in {one.name for one in asked.parts.rules} or hours is None:
        raise HTTPException(404)
    if hours == 0:
        await alerts.unmute(asked.parts.database, rule)
    else:
        until = datetime.now(UTC) + timedelta(hours=hours)
        await alerts.mute(asked.parts.database, rule, until, asked.who.name)
    await asked.audit("alert.muted", rule, hours=hours)
    return asked.go(PATH, "alerts.told_muted" if hours else "alerts.told_unmuted")
