"""Looks at a page: is it accessible, does it complain, and how does it look."""

import json
from pathlib import Path
from typing import Final

from playwright.async_api import ConsoleMessage, Error, Page

AXE: Final = Path(__file__).parents[2] / "app/console/web/node_modules/axe-core/axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES: Final = {"wide": (1440, 900), "narrow": (390, 844)}
RUN: Final = """async (rules) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: rules }, resultTypes: ["violations"] });
  const told = (node) => node.html + " " + (node.any[0]?.message ?? node.failureSummary);
  return found.violations.map((one) => ({ id: one.id, nodes: one.nodes.slice(0, 5).map(told) }));
}"""


class Eyes:
    """A page and what it said. ``keep`` is where its pictures go."""

    def __init__(self, page: Page, keep: Path | None) -> None:
        self.page, self.keep = page, keep
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", self._failed)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _failed(self, error: Error) -> None:
        self.complaints.append(f"{self.page.url}: {error}")

    async def look(self, path: str, name: str) -> None:
        """Open a page light, dark and narrow; axe finds nothing, and nothing is wider than the window."""
        await self.page.goto(path)
        await self.look_here(name)

    async def look_here(self, name: str) -> None:
        """The same for the page that is open now."""
        for theme in ("light", "dark"):
            await self.page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme; }", theme)
            await self._picture(f"{name}-{theme}")
            found = await self.violations()
            assert not found, "\n".join((f"{name}, {theme}", *found))
        await self.page.evaluate("() => { document.documentElement.dataset.bsTheme = 'light'; }")
        await self._size("narrow")
        wide = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px too wide for a phone"
        await self._picture(f"{name}-narrow")
        await self._size("wide")

    async def violations(self) -> list[str]:
        """What axe finds, in a line each."""
        # By the debugger: the pages' own policy lets nothing in from outside.
        await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        return [json.dumps(one) for one in await self.page.evaluate(RUN, RULES)]

    async def _size(self, size: str) -> None:
        width, height = SIZES[size]
        await self.page.set_viewport_size({"width": width, "height": height})

    async def _picture(self, name: str) -> None:
        if self.keep is not None:
            self.keep.mkdir(parents=True, exist_ok=True)
            await self.page.screenshot(path=self.keep / f"{name}.png", full_page=True)
