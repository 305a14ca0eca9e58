"""Now: the calls going on, and what a person of ours may do in one of them."""

from typing import Final, Literal

from starlette.responses import Response

from app.call.events import SupervisorAsked
from app.console.asked import Asked
from app.console.going_on import TOLD, GoingOn, OneProcess, shown
from app.console.guard import Pages
from app.console.pages.now_passed import elsewhere, passed_on, visitor_of
from app.console.permissions import Permission
from app.supervision import LONGEST_SAID

EVERY_S: Final = 0.5
Action = Literal["say", "note", "end", "hand_off", "hold", "resume"]
AUDITED: Final[dict[Action, str]] = {
    "say": "call.said",
    "note": "call.whispered",
    "hold": "call.held",
    "resume": "call.given_back",
    "hand_off": "call.handed_off",
    "end": "call.ended",
}

pages = Pages([])


@pages.page("/now", Permission.SEE_CALLS)
async def now_listed(asked: Asked) -> Response:
    """All calls of the house, as they are this moment."""
    return asked.show("now/list.html", **await _all(asked))


@pages.page("/now/rows", Permission.SEE_CALLS)
async def now_rows(asked: Asked) -> Response:
    """The same, again and again."""
    return asked.live(lambda: _rows(asked), EVERY_S)


@pages.page("/now/here", Permission.SEE_CALLS)
async def now_here(asked: Asked) -> Response:
    """The calls of this process alone, for the others."""
    told = OneProcess(asked.parts.process, await _here(asked))
    return Response(TOLD.dump_json(told), media_type="application/json")


async def _rows(asked: Asked) -> str:
    async def made() -> str:
        return asked.render("now/rows.html", **await _all(asked))

    # All that may differ from one viewer to the next.
    seen_alike = ("now", asked.words.language, asked.may(Permission.TRY_CALLS))
    return await asked.parts.moments.look(seen_alike, made)


async def _all(asked: Asked) -> dict[str, object]:
    others = await asked.parts.others.going_on(visitor_of(asked.connection, asked.origins))
    found = {one.call_sid: one for one in (*others.calls, *await _here(asked))}
    return {"seen": sorted(found.values(), key=lambda one: -one.age_s), "silent": others.silent}


async def _here(asked: Asked) -> list[GoingOn]:
    return [shown(one) for one in await asked.parts.floor.going_on()]


@pages.page("/now/{sid}", Permission.SEE_CALLS)
async def now_call(asked: Asked) -> Response:
    """One of them; one that is over is on record."""
    sid = asked.path["sid"]
    one = next((one for one in await _here(asked) if one.call_sid == sid), None)
    if one is None and (found := await elsewhere(asked)) is not None:
        one = found[1]
    if one is None:
        return asked.go(f"/console/calls/{sid}")
    return asked.show("now/call.html", seen=one, longest=LONGEST_SAID)


# ---- what is done in it


@pages.action("/now/{sid}/assist", Permission.ASSIST_CALLS)
async def assisted(asked: Asked) -> Response:
    """Whisper to the assistant, have it say a sentence, hold, go on."""
    if (answer := await passed_on(asked, "assist")) is not None:
        return answer
    form = await asked.form()
    text = form.get("text", "").strip()[:LONGEST_SAID]
    match form.get("action"):
        case "say" | "note" as action if text:
            return await _done(asked, action, text)
        case "hold" | "resume" as action:
            return await _done(asked, action)
        case _:
            return asked.show("now/done.html", done="now.nothing_said", bad=True)


@pages.action("/now/{sid}/take", Permission.TAKE_CALLS)
async def taken(asked: Asked) -> Response:
    """Hand off, or end: with a reason, which stays."""
    if (answer := await passed_on(asked, "take")) is not None:
        return answer
    form = await asked.form()
    reason = form.get("reason", "").strip()[:200]
    match form.get("action"):
        case "hand_off" | "end" as action if reason:
            return await _done(asked, action, reason=reason)
        case _:
            return asked.show("now/done.html", done="now.no_reason", bad=True)


async def _done(asked: Asked, action: Action, text: str = "", **detail: object) -> Response:
    sid = asked.path["sid"]
    if not asked.parts.floor.ask(sid, SupervisorAsked(action, text)):
        return asked.show("now/done.html", done="now.over", bad=True)
    await asked.audit(AUDITED[action], sid, **detail)
    return asked.show("now/done.html", done=f"now.done_{action}", bad=False)
