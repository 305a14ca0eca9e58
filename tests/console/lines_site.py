"""A console whose house has one line, ``shop``, with Ana signed in."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from app.console.pages import entrance
from app.lines import drafts, publishing, workshop
from app.lines.workshop import Workshop
from app.store.database import Database
from tests.console.site import Site, site
from tests.lines.house import build

SHOP = "/console/lines/shop"
ENGLISH = "prompts/shop/en-US.md"
XSS = "<script>alert(1)</script>"


@contextlib.asynccontextmanager
async def lines_site(folder: Path, role: str = "admin") -> AsyncIterator[Site]:
    entrance._guesses.storage.reset()
    build(folder)
    database = Database(f"sqlite+aiosqlite:///{folder / 'frontline.db'}")
    prompts, tools = str(folder / "prompts"), str(folder / "tools")
    async with site(database, folder, FRONTLINE_PROMPTS=prompts, FRONTLINE_TOOLS=tools) as made:
        await made.sign_in(role=role)
        yield made
    await database.close()


def shop_of(site: Site) -> Workshop:
    return site.console.parts.proofs.shop


def prompt(words: str) -> str:
    return f"---\ngreeting: Hello, I'm an AI assistant.\n---\n{words}\n"


async def drafted(site: Site, words: str, author: str = "Bo") -> int:
    """The draft's revision, with these words in its prompt; begun where there was none."""
    seen = await drafts.seen(shop_of(site), "shop")
    draft = await drafts.write(shop_of(site), "shop", ENGLISH, prompt(words), author, seen.revision)
    return draft.revision


async def published(site: Site, words: str, note: str = "") -> str:
    """The id of a version with these words in its prompt, live now."""
    await drafted(site, words)
    return (await publishing.publish(shop_of(site), "shop", "draft", note or words, "Bo")).after


async def words_of(site: Site, state: str) -> str:
    """The last line of what the assistant is told in a state."""
    content = await workshop.named(shop_of(site), "shop", state)
    return content.files[ENGLISH].splitlines()[-1]


def misspell(site: Site) -> None:
    """A mistake in the files."""
    file = site.console.parts.settings.prompts / "shop" / "line.toml"
    file.write_text(file.read_text("utf-8").replace('vad = "telephone"', 'vad = "telefone"'), "utf-8")
