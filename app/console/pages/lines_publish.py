"""What callers get is changed here: published, given to a share of the calls, taken back; each with a reason."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.lines_differ import review_shown
from app.console.pages.lines_found import answering, entrance, shop_of
from app.console.permissions import Permission
from app.console.reading import reason_in, whole
from app.lines import publishing, workshop
from app.lines.content import shown
from app.lines.publishing import Moved, Nothing
from app.lines.workshop import Conflict, Refused

pages = Pages([])


@pages.action("/lines/{line}/publish", Permission.PUBLISH_LINES)
@answering
async def published(asked: Asked) -> Response:
    """Make a state live, as it was seen: refused when it, or what is live, has changed since."""
    form, name = await asked.form(), asked.path["line"]
    note = reason_in(form)
    if not note:
        return await review_shown(asked, 422, asked.words("lines_publish.problem_no_note"))
    try:
        done = await publishing.publish(
            shop_of(asked),
            name,
            form.get("state", ""),
            note,
            asked.who.name,
            revision=_number(form, "revision"),
            live_revision=_number(form, "live_revision"),
        )
    except (Refused, Conflict, Nothing) as error:
        return await _not_published(asked, error, note)
    await _audited(asked, "line.published", done, note)
    return asked.go(entrance(name), "lines_publish.told_published")


async def _not_published(asked: Asked, error: Exception, note: str) -> Response:
    name = {Refused: "problem_refused", Conflict: "problem_conflict"}.get(type(error), "problem_nothing")
    status = 422 if isinstance(error, Refused) else 409
    return await review_shown(asked, status, asked.words(f"lines_publish.{name}"), note)


@pages.action("/lines/{line}/canary", Permission.PUBLISH_LINES)
@answering
async def tried(asked: Asked) -> Response:
    """Give a share of the calls another state."""
    form, name = await asked.form(), asked.path["line"]
    note, share = reason_in(form), form.get("share", "")
    if not note:
        return await review_shown(asked, 422, asked.words("lines_publish.problem_no_note"))
    percent = whole(share, 99)
    if not percent:
        return await review_shown(asked, 422, asked.words("lines_publish.problem_share"), note)
    try:
        done = await publishing.canary(
            *(shop_of(asked), name, form.get("state", ""), float(percent), asked.who.name, note),
            revision=_number(form, "revision"),
        )
    except (Refused, Conflict, Nothing) as error:
        return await _not_published(asked, error, note)
    await _audited(asked, "line.canary", done, note, share=percent)
    return asked.go(entrance(name), "lines_publish.told_canary")


@pages.action("/lines/{line}/rollback", Permission.PUBLISH_LINES)
@answering
async def taken_back(asked: Asked) -> Response:
    """What was live before, or a version, is live again; while a canary goes on, that is what is taken back."""
    form, name = await asked.form(), asked.path["line"]
    note, seen = reason_in(form), _number(form, "live_revision")
    live = await workshop.known(shop_of(asked), name)
    if not note or seen != live.revision:
        return asked.go(entrance(name), "lines_publish.told_no_note" if not note else "lines_publish.told_not_done")
    try:
        done = await publishing.rollback(shop_of(asked), name, note, asked.who.name, form.get("to") or None)
    except Conflict:
        return asked.go(entrance(name), "lines_publish.told_not_done")
    await _audited(asked, "line.rolled_back", done, note)
    return asked.go(entrance(name), "lines_publish.told_rolled_back")


@pages.action("/lines/{line}/follow", Permission.PUBLISH_LINES)
@answering
async def followed(asked: Asked) -> Response:
    """The line follows its files again."""
    form, name = await asked.form(), asked.path["line"]
    note = reason_in(form)
    if not note:
        return asked.go(entrance(name), "lines_publish.told_no_note")
    try:
        done = await publishing.follow_files(shop_of(asked), name, note, asked.who.name)
    except (Refused, Conflict) as error:
        told = "told_files_wrong" if isinstance(error, Refused) else "told_not_done"
        return asked.go(entrance(name), f"lines_publish.{told}")
    await _audited(asked, "line.follows_files", done, note)
    return asked.go(entrance(name), "lines_publish.told_follows")


def _number(form: Mapping[str, str], name: str) -> int | None:
    written = form.get(name, "").strip()
    number = whole(written)
    if written and number is None:
        raise HTTPException(400)
    return number


async def _audited(asked: Asked, action: str, done: Moved, note: str, **more: object) -> None:
    before, after = shown(done.before), shown(done.after)
    await asked.audit(action, done.line, before=before, after=after, note=note, **more)
