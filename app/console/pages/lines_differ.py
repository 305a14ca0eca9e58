"""Two states of a line beside each other: the draft against what is live, or any two that there were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from starlette.responses import Response

from app.console import difflines
from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.lines_found import answering, shop_of
from app.console.permissions import Permission
from app.lines import publishing, workshop
from app.lines.content import Content, shown
from app.lines.differences import Difference, difference
from app.lines.proof import Proof
from app.lines.standing import Standing, standing
from app.lines.workshop import DRAFT, LIVE
from app.store import tallies, versions
from app.store.versions import FILES

pages = Pages([])


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that differs: what is shown of it, and both texts whole."""

    place: str
    rows: Sequence[difflines.Row]
    old: str | None
    new: str | None

    @property
    def language(self) -> str:
        return "markdown" if self.place.endswith(".md") else "toml"


@dataclass(frozen=True, slots=True)
class Review:
    """What would go live: ``state`` is ``draft``, ``files`` or a version; ``is_behind`` a draft begun before live."""

    state: str
    content: Content
    change: Difference
    files: Sequence[Changed]
    proof: Proof
    live: Proof
    is_behind: bool


def changed_files(old: Content, new: Content) -> list[Changed]:
    """The files that differ, in their order."""
    places = sorted({*old.files, *new.files})
    pairs = [(place, old.files.get(place), new.files.get(place)) for place in places]
    return [Changed(place, difflines.rows(was, now), was, now) for place, was, now in pairs if was != now]


@pages.page("/lines/{line}/review", Permission.SEE_LINES)
@answering
async def reviewed(asked: Asked) -> Response:
    """The draft against what is live; or another state that somebody thinks of publishing."""
    return await review_shown(asked)


async def review_shown(asked: Asked, status: int = 200, problem: str = "", note: str = "") -> Response:
    """The page, also to whoever could not publish: with why, and with what they had written."""
    name = asked.path["line"]
    stands = await standing(shop_of(asked), name)
    review = await _review(asked, name, stands)
    return asked.show(
        "lines/review.html",
        status,
        name=name,
        stands=stands,
        review=review,
        problem=problem,
        note=note,
        shown=shown,
        files=FILES,
    )


async def _review(asked: Asked, name: str, stands: Standing) -> Review | None:
    state = asked.query.get("state", "") or (DRAFT if stands.draft is not None else "")
    if not state or (state == DRAFT and stands.draft is None):
        return None
    shop, proofs = shop_of(asked), asked.parts.proofs
    content = await workshop.whole(shop, await workshop.named(shop, name, state))
    live = stands.content
    change = difference(live, content)
    behind = state == DRAFT and stands.draft is not None and stands.draft.base != live.id
    proof, live_proof = await proofs.of(content), await proofs.of(live)
    return Review(state, content, change, changed_files(live, content), proof, live_proof, behind)


@pages.page("/lines/{line}/history", Permission.SEE_LINES)
@answering
async def history_shown(asked: Asked) -> Response:
    """Who made what live, when and why; any two of it can be compared."""
    name, shop = asked.path["line"], shop_of(asked)
    changes = await publishing.history(shop, name)
    week = datetime.combine((datetime.now(UTC) - timedelta(days=6)).date(), time(), UTC)
    return asked.show(
        "lines/history.html",
        name=name,
        changes=changes,
        live=await workshop.known(shop, name),
        draft=await workshop.draft_named(shop, name),
        by_version=await tallies.by_version(asked.parts.database, name, week),
        since=week.date(),
        shown=shown,
        files=FILES,
    )


@pages.page("/lines/{line}/compare", Permission.SEE_LINES)
@answering
async def compared(asked: Asked) -> Response:
    """Any two states: live, files, draft, or a version by the beginning of its id."""
    name, shop = asked.path["line"], shop_of(asked)
    old_name, new_name = asked.query.get("old", "") or LIVE, asked.query.get("new", "") or LIVE
    old, new = await workshop.named(shop, name, old_name), await workshop.named(shop, name, new_name)
    kept = await versions.versions_of(asked.parts.database, name)
    draft = [DRAFT] if await workshop.draft_named(shop, name) is not None else []
    return asked.show(
        "lines/compare.html",
        name=name,
        old=old_name,
        new=new_name,
        states=[LIVE, FILES, *draft],
        versions=kept,
        change=difference(old, new),
        changed=changed_files(old, new),
        shown=shown,
    )
