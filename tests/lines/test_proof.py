"""States proven: mistakes, cost and the line itself in one reading, again only when something has changed."""

import asyncio
from dataclasses import replace
from pathlib import Path

from app.lines import workshop
from app.lines.folder import remembered
from app.lines.proof import Proofs, prove
from tests.lines.house import READ_TOOLS, House, publish, write
from tests.prompts.planting import swapped


async def test_a_state_is_read_with_its_mistakes_and_its_cost(house: House) -> None:
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    content = await workshop.named(house.shop, "shop", "draft")
    good = await prove(house.shop, content)
    assert (good.mistakes, good.line and good.line.business) == (0, "Acme")
    assert good.tokens is not None and set(good.tokens) == {"en-US", "es-US"}
    assert good.cost is not None and good.cost.prompt_tokens > max(good.tokens.values())
    await write(house, "Say {bussiness}.")
    bad = await prove(house.shop, await workshop.named(house.shop, "shop", "draft"))
    assert [(str(one.file), one.line) for one in bad.problems if one.severity == "error"] == [
        ("prompts/shop/en-US.md", 4)
    ]


async def test_the_mistakes_are_those_that_publishing_would_refuse(house: House) -> None:
    house.edit("prompts/shop/line.toml", swapped("telephone", "telefone"))
    content = await workshop.named(house.shop, "shop", "files")
    assert list((await prove(house.shop, content)).problems) == await workshop.check(house.shop, content)


async def test_a_state_is_proven_again_only_when_something_has_changed(house: House) -> None:
    proofs = Proofs(house.shop)
    content = await workshop.named(house.shop, "shop", "files")
    first, again = await asyncio.gather(proofs.of(content), proofs.of(content))
    assert again is first
    house.edit("tools/parcels.py", lambda text: text + "\n# another\n")
    assert await proofs.of(content) is not first
    second = await proofs.of(content)
    await publish(house, "New.")
    assert await proofs.of(content) is not second


def test_tools_are_read_again_when_a_file_has_changed(tmp_path: Path, house: House) -> None:
    tools = house.folders.tools
    again = remembered(READ_TOOLS, tools)
    assert again(tools) is again(tools)
    before = again(tools)
    house.edit("tools/parcels.py", lambda text: text + "\n# another\n")
    assert again(tools) is not before
    (tmp_path / "others").mkdir()
    assert again(tmp_path / "others") == ({}, [])


async def test_a_state_that_cannot_be_read_has_no_cost(house: House) -> None:
    content = await workshop.named(house.shop, "shop", "files")
    broken = replace(content, files={**content.files, "prompts/shop/line.toml": "business = "})
    proof = await prove(house.shop, broken)
    assert proof.line is None and proof.cost is None and proof.mistakes
