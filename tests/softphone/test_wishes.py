"""What somebody in a browser wants of a call: read, and granted or refused in words."""

import pytest

from app.lines import publishing, workshop
from app.prompts.line import Line
from app.softphone.wishes import NOBODYS_NUMBER, Unwanted, Wish, called, caller_of, granted, link_sids, sid, wished
from tests.lines.house import House

DRAFTED = "---\ngreeting: Hello, I'm an AI assistant.\n---\nA try.\n"


def test_a_wish_is_read_with_its_number_as_people_write_it() -> None:
    wish = wished({"line": "store", "caller": "+1 (202) 555-0143"})
    assert wish == Wish("store", "live", "", "+12025550143")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (None, "an object"),
        ([], "an object"),
        ({"line": 7}, "short texts"),
        ({"line": "x" * 81}, "short texts"),
        ({"line": "store", "caller": "0143"}, "with + and the country code"),
        ({"line": "store", "caller": "+1202555<b>"}, "with + and the country code"),
    ],
)
def test_what_is_no_wish_is_refused_in_words(told: object, why: str) -> None:
    with pytest.raises(Unwanted, match=why.replace("+", r"\+")):
        wished(told)


async def test_a_line_is_answered_as_it_is_live_or_by_its_draft(house: House) -> None:
    await publishing.publish(house.shop, "shop", "files", "as it is", "ana")
    await workshop.begin_draft(house.shop, "shop", "live", "ana")
    await workshop.set_file(house.shop, "shop", "en-US.md", DRAFTED, "ana")
    lines = house.lines()
    await lines.look()
    live = await granted(Wish("shop"), lines, house.shop, "CA1")
    draft = await granted(Wish("shop", "draft"), lines, house.shop, "CA1")
    assert "A try." not in live.line.instructions["en-US"]
    assert "A try." in draft.line.instructions["en-US"]
    with pytest.raises(Unwanted, match="no version 12345"):
        await granted(Wish("shop", "12345"), lines, house.shop, "CA1")


async def test_a_call_begins_in_the_language_that_was_chosen(house: House) -> None:
    lines = house.lines()
    await lines.look()
    languages = lines.all()["shop"].languages
    assert len(languages) > 1
    published = await granted(Wish("shop", language=languages[1]), lines, None, "CA1")
    assert published.line.languages[0] == languages[1]
    assert set(published.line.languages) == set(languages)
    with pytest.raises(Unwanted, match="does not speak tlh"):
        await granted(Wish("shop", language="tlh"), lines, None, "CA1")


async def test_what_is_not_there_is_said(house: House) -> None:
    lines = house.lines()
    await lines.look()
    with pytest.raises(Unwanted, match="no line nothing") as refused:
        await granted(Wish("nothing"), lines, house.shop, "CA1")
    assert refused.value.status == 404
    with pytest.raises(Unwanted, match="cannot be read yet") as refused:
        await granted(Wish("shop", "draft"), lines, None, "CA1")
    assert refused.value.status == 503


def test_a_line_is_called_at_a_number_of_its_own() -> None:
    assert called(Line("store", "", ("*",))) == NOBODYS_NUMBER
    assert called(Line("store", "", ("*", "+12125550123"))) == "+12125550123"


def test_who_tells_no_number_has_one_of_their_own_that_is_nobodys() -> None:
    assert caller_of("ana") == caller_of("ana") != caller_of("ben")
    assert caller_of("ana").startswith("+120255501")
    assert len(caller_of("ana")) == len("+12025550143")


def test_a_links_calls_have_sids_of_their_own() -> None:
    assert link_sids("a") == link_sids("a") != link_sids("b")
    assert all(len(one) == len(sid("CA")) for one in link_sids("a"))


async def test_who_speaks_may_have_it_recorded_though_the_line_records_nothing(house: House) -> None:
    await publishing.publish(house.shop, "shop", "files", "as it is", "ana")
    lines = house.lines()
    await lines.look()

    plain = await granted(wished({"line": "shop"}), lines, house.shop, "CA1")
    recorded = await granted(wished({"line": "shop", "record": "yes"}), lines, house.shop, "CA2")
    odd = await granted(wished({"line": "shop", "record": "always"}), lines, house.shop, "CA3")

    assert [one.line.recording for one in (plain, recorded, odd)] == ["off", "agreed", "off"]
