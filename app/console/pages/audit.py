"""The audit: who did what, searched and proven. The simplest page there is: an example for others."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.permissions import Permission
from app.console.reading import whole
from app.store import audit
from app.store.audit import Wish

A_PAGE: Final = 50

pages = Pages([])


@pages.page("/audit", Permission.SEE_AUDIT)
async def listed(asked: Asked) -> Response:
    """Every filter is in the address, so that a list is a link."""
    wish, below = _wish(asked.query), whole(asked.query.get("below", ""))
    database = asked.parts.database
    found = await audit.listed(database, wish, most=A_PAGE + 1, below=below)
    more = found[A_PAGE - 1].number if len(found) > A_PAGE else None
    named = [(action, asked.words.of("audit.actions.", action)) for action in await audit.actions(database)]
    actions = sorted(named, key=lambda one: one[1].casefold())
    return asked.show("audit/list.html", entries=found[:A_PAGE], more=more, wish=wish, actions=actions)


@pages.action("/audit/proof", Permission.SEE_AUDIT)
async def proven(asked: Asked) -> Response:
    """Go through the whole chain."""
    return asked.show("audit/proof.html", proof=await audit.prove(asked.parts.database))


def _wish(query: Mapping[str, str]) -> Wish:
    return Wish(query.get("words", "").strip(), query.get("action", ""), query.get("who", ""), query.get("object", ""))
