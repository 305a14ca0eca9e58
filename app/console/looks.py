"""The templates, and what they may say of times, sums and places."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.console.assets import Assets
from app.console.navigation import NAVIGATION, Place
from app.console.said import said
from app.console.told import moment
from app.console.words import LANGUAGES, Words, duration
from app.meaning.why import Moment

TEMPLATES: Final = Path(__file__).parent / "templates"


class Looks:
    """Every template, read and compiled once: a page never waits for a disk while calls go on."""

    def __init__(self, assets: Assets) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        filters: dict[str, object] = {
            "pairs": _pairs,
            "time": _time,
            "duration": duration,
            "seconds": _seconds,
            "millis": _millis,
            "money": _money,
            "number": _number,
            "percent": _percent,
            "story": _story,
            "said": _said,
        }
        self.environment.filters |= filters
        self.environment.globals |= {
            "asset": assets.url,
            "icon": assets.icon,
            "built": assets.built,
            "languages": LANGUAGES,
            "places": (),
        }

    def compile(self) -> None:
        """Read what there is, so that no page is the first."""
        for name in self.environment.list_templates(extensions=("html",)):
            self.environment.get_template(name)

    def lead_to(self, paths: frozenset[str]) -> None:
        """The navigation shows the places that there are."""
        self.environment.globals["places"] = tuple(place for place in NAVIGATION if place.path in paths)

    def render(self, template: str, context: Mapping[str, object]) -> str:
        return self.environment.get_template(template).render(context)

    @property
    def places(self) -> tuple[Place, ...]:
        found = self.environment.globals["places"]
        assert isinstance(found, tuple)
        return found


def _words(context: Context) -> Words:
    words = context["t"]
    assert isinstance(words, Words)
    return words


@pass_context
def _time(context: Context, at: datetime | None, form: str = "full") -> Markup:
    """A time that the browser shows in its own zone; ``form``: full, day, clock or ago."""
    if at is None:
        return Markup("–")
    told = at.astimezone(UTC)
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(
        told.isoformat(timespec="seconds"), form, escape(_words(context).time(told))
    )


@pass_context
def _seconds(context: Context, s: float | None) -> str:
    return "–" if s is None else _words(context).seconds(s)


@pass_context
def _millis(context: Context, ms: float | None) -> str:
    return _words(context).millis(ms)


@pass_context
def _money(context: Context, usd: float | None, digits: int = 2) -> str:
    return _words(context).money(usd, digits)


@pass_context
def _number(context: Context, value: float | None, digits: int = 0) -> str:
    return "–" if value is None else _words(context).number(value, digits)


@pass_context
def _percent(context: Context, share: float | None, digits: int = 0) -> str:
    return _words(context).percent(share, digits)


@pass_context
def _story(context: Context, one: Moment) -> str:
    """A moment of a call's story."""
    return moment(_words(context), one)


@pass_context
def _said(context: Context, text: str, kind: str) -> str:
    """What is wrong, as whoever found it says in English."""
    return said(_words(context), kind, text)


def _pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    """Choices whose value is their text."""
    return [(value, value) for value in values]
