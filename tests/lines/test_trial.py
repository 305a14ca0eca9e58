"""A version on trial: calls to its line get it, all others what is live."""

import pytest

from app.lines import publishing, workshop
from app.lines.trial import TriedLines
from app.lines.workshop import Unknown
from tests.lines.house import House

NUMBER = "+12125550123"
ENGLISH = "---\ngreeting: Hello, I'm an AI assistant.\n---\nA try.\n"


async def tried(house: House, wish: str | None) -> TriedLines:
    lines = house.lines()
    await lines.look()
    trial = TriedLines(lines, wish)
    await trial.prepare(house.shop)
    return trial


def told(lines: TriedLines) -> str:
    one = lines.answering(NUMBER, "CA1")
    assert one is not None
    assert lines.all()["shop"] is one.line
    return one.line.instructions["en-US"]


async def test_a_draft_on_trial_goes_before_what_is_live(house: House) -> None:
    await publishing.publish(house.shop, "shop", "files", "as it is", "ana")
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await workshop.set_file(house.shop, "shop", "en-US.md", ENGLISH, "ana")
    assert "A try." in told(await tried(house, "shop@draft"))
    assert "You answer" in told(await tried(house, "shop@live"))
    assert "You answer" in told(await tried(house, None))


async def test_other_numbers_are_not_answered_by_what_is_on_trial(house: House) -> None:
    trial = await tried(house, "shop@files")
    assert trial.answering("+19995550000", "CA1") is None


async def test_what_is_not_there_cannot_be_tried(house: House) -> None:
    with pytest.raises(Unknown, match="shop has no draft"):
        await tried(house, "shop@draft")


async def test_one_call_is_answered_by_what_it_was_lent_and_no_other(house: House) -> None:
    trial = await tried(house, None)
    lent = trial.answering(NUMBER, "CA1")
    assert lent is not None
    assert not trial.lent("CA2")
    trial.lend("CA2", lent)
    assert trial.lent("CA2")
    assert trial.answering("+19995550000", "CA2") is lent
    assert trial.answering("+19995550000", "CA3") is None
