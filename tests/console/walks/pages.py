"""Reads a page as a browser does, for what somebody's text has become in it."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

from tests.console.walks.marked import EVALUATED, PROBE

ADDRESSES: Final = frozenset(
    {
        *("href", "src", "action", "formaction", "poster", "data-href", "xlink:href"),
        *("hx-get", "hx-post", "hx-sse:connect", "data-feed", "data-record"),
    }
)
RUN: Final = ("javascript:", "vbscript:", "data:")
DRAWN: Final = ("data:image/svg+xml",)  # the icon, and the picture of a key for one-time codes
NEVER: Final = frozenset({"base", "iframe", "object", "embed", "style"})


class _Reader(HTMLParser):
    def __init__(self, nonce: str) -> None:
        super().__init__(convert_charrefs=True)
        self.nonce, self.problems, self.inside = nonce, list[str](), ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        given = {name: value or "" for name, value in attrs}
        self.problems += _of_tag(tag, given, self.nonce)

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_comment(self, data: str) -> None:
        if PROBE in data:
            self.problems.append("a comment holds a text")

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style") and data.strip():
            self.problems.append(f"inline {self.inside}: {data[:60]!r}")
        if EVALUATED in data:
            self.problems.append("a text was evaluated")


def _of_tag(tag: str, attrs: dict[str, str], nonce: str) -> Iterator[str]:
    if PROBE in tag or tag in NEVER:
        yield f"<{tag}>"
    if tag == "script" and (attrs.get("nonce") != nonce or not attrs.get("src", "").startswith("/console/static/")):
        yield f"a script that the page does not name: {attrs}"
    for name, value in attrs.items():
        if PROBE in name or name.startswith(("on", "hx-on")) or name == "style":
            yield f"<{tag} {name}>"
        address = value.strip().lower()
        if name in ADDRESSES and address.startswith(RUN) and not address.startswith(DRAWN):
            yield f"<{tag} {name}={value[:60]!r}>"


def problems(html: str, nonce: str) -> list[str]:
    """What is wrong in a page, or a part of one; empty where nothing is."""
    reader = _Reader(nonce)
    reader.feed(html)
    reader.close()
    return reader.problems
