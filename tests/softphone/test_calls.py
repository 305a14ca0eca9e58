"""Calls from browsers through the whole app: its Live service a stand-in, the browser's side of the stream ours."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from app.call import dispositions
from app.call.commands import RecordEnd
from app.softphone.booth import Booth, Guest
from app.softphone.exchange import Placed
from app.softphone.wishes import Unwanted, link_sids
from app.store.calls import call
from tests.softphone.browser import QUIET, Stream, stream
from tests.test_main import PERSON, House, frontline_in, running, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANA, BEN = Guest("ana"), Guest("ben")
SHOP = {"line": "shop"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running(frontline_in(tmp_path_factory.mktemp("house"), PERSON)) as house:
        yield house


def booth_of(house: House) -> Booth:
    return house.frontline.booth


async def placed(house: House, guest: Guest = ANA) -> tuple[Placed, Mapping[str, object]]:
    """A call that rang and is to open its stream."""
    answer = await booth_of(house).place(guest, SHOP)
    step = cast(Mapping[str, object], answer["step"])
    assert step["kind"] == "stream"
    return booth_of(house).exchange.of_key(str(answer["key"]), str(answer["call_sid"]), guest.by), step


async def let_go(house: House, sid: str) -> None:
    await until(lambda: house.frontline.switchboard.find(sid) is None)
    await house.written()


def heard(stream: Stream) -> bool:
    return len(stream.heard) > 1_600


async def test_a_browser_is_answered_as_a_telephone_is(house: House) -> None:
    who, joining = await placed(house)
    async with stream(house.base_url, who.call_sid, joining) as open_stream:
        assert open_stream.socket.subprotocol == "frontline.phone"
        await open_stream.until(heard)
        await open_stream.hang_up()
    await let_go(house, who.call_sid)
    row = await call(house.frontline.database, who.call_sid)
    assert row is not None
    assert (row.start.line, row.start.caller, row.start.called) == ("shop", who.caller, "+12125550123")
    assert row.end is not None
    assert row.end.disposition == dispositions.CALLER_HUNG_UP


async def test_the_page_that_placed_a_call_is_told_what_goes_on_in_it(house: House) -> None:
    who, joining = await placed(house)
    news = booth_of(house).news(who)
    async with stream(house.base_url, who.call_sid, joining) as open_stream:
        assert (await anext(news))["kind"] == "now"
        await who.send("+12025550143", "Your code is 1047.")
        told = [one async for one in _up_to(news, "text")]
        assert told[-1]["body"] == "Your code is 1047."
        await open_stream.hang_up()
        told = [one async for one in _up_to(news, "end")]
        assert told[-1]["disposition"] == dispositions.CALLER_HUNG_UP


async def _up_to(news: AsyncIterator[dict[str, object]], kind: str) -> AsyncIterator[dict[str, object]]:
    async for one in news:
        yield one
        if one.get("kind") == kind:
            return


async def test_nothing_of_a_browsers_call_is_asked_of_twilio(house: House) -> None:
    who, _ = await placed(house)
    arrivals, exchange = house.frontline.arrivals, booth_of(house).exchange
    assert arrivals._house is not None
    with_twilio = replace(arrivals._house, control=cast("None", object()))
    theirs = exchange.furnish(with_twilio, who.call_sid)
    assert theirs.control is None
    assert theirs.texts is not None
    assert theirs.texts("+12125550123") is exchange._calls[who.call_sid]
    assert exchange.furnish(with_twilio, "CA" + "f" * 32) is with_twilio
    exchange.over(who)


@pytest.mark.parametrize("wrong", ["no pass", "another site", "used"])
async def test_a_stream_without_a_good_pass_is_refused_before_it_is_up(house: House, wrong: str) -> None:
    who, joining = await placed(house, Guest(wrong))
    protocols = ["frontline.phone", "A" * 60] if wrong == "no pass" else None
    origin = "https://elsewhere.example" if wrong == "another site" else ""
    if wrong == "used":
        async with stream(house.base_url, who.call_sid, joining) as first:
            await first.hang_up()
    with pytest.raises(InvalidStatus) as refused:
        async with stream(house.base_url, who.call_sid, joining, origin=origin, protocols=protocols):
            pass
    assert refused.value.response.status_code == 403
    booth_of(house).exchange.over(who)


async def test_the_pass_of_another_call_opens_nothing(house: House) -> None:
    one, joining = await placed(house)
    other, others = await placed(house, BEN)
    mixed = {**joining, "protocols": others["protocols"]}
    async with stream(house.base_url, one.call_sid, mixed) as open_stream:
        with pytest.raises(ConnectionClosedError, match="the pass of another call"):
            await open_stream.until(lambda _: False)
    assert house.frontline.switchboard.find(one.call_sid) is None
    assert other.call_sid != one.call_sid


async def test_a_call_is_led_only_by_who_placed_it(house: House) -> None:
    exchange = booth_of(house).exchange
    who, _ = await placed(house)
    key = exchange.key(who)
    assert exchange.of_key(key, who.call_sid, "ana") is exchange._calls[who.call_sid]
    for call_sid, by, shown in ((who.call_sid, "ben", key), ("CA1", "ana", key), (who.call_sid, "ana", "forged")):
        with pytest.raises(Unwanted) as refused:
            exchange.of_key(shown, call_sid, by)
        assert refused.value.status == 403


async def test_who_asks_for_a_person_is_told_what_twilio_would_do_and_may_say_how_it_went(house: House) -> None:
    booth = booth_of(house)
    who, joining = await placed(house)
    async with stream(house.base_url, who.call_sid, joining) as open_stream:
        await open_stream.until(heard)
        booth.write(who, {"text": "I want to speak to a person."})
        speaking = asyncio.create_task(_keep_talking(open_stream))
        await open_stream.until(lambda _: False)
        speaking.cancel()
    step = (await booth.next(ANA, who, {"after": "stream"}))["step"]
    assert cast(dict[str, str], step)["kind"] == "dial"
    assert cast(dict[str, str], step)["number"] == "+15555550100"
    back = cast(dict[str, object], (await booth.next(ANA, who, {"after": "dial", "told": "no-answer"}))["step"])
    assert back["kind"] == "stream"
    assert cast(dict[str, str], back["parameters"])["again"] == "yes"
    async with stream(house.base_url, who.call_sid, back) as open_stream:
        await open_stream.hang_up()
    await let_go(house, who.call_sid)


async def _keep_talking(open_stream: Stream) -> None:
    """A line that is silent, and open."""
    while True:
        await open_stream.say(QUIET)
        await asyncio.sleep(0.02)


async def test_what_is_no_next_step_is_refused(house: House) -> None:
    who, _ = await placed(house)
    for told in (None, {}, {"after": "lunch"}, {"after": "dial", "told": "<b>"}):
        with pytest.raises(Unwanted, match="Say what is over"):
            await booth_of(house).next(ANA, who, told)
    booth_of(house).exchange.over(who)


async def test_words_are_written_only_into_a_call_that_goes_on(house: House) -> None:
    who, _ = await placed(house)
    with pytest.raises(Unwanted) as refused:
        booth_of(house).write(who, {"text": "Hello?"})
    assert refused.value.status == 409
    with pytest.raises(Unwanted, match="1 to 300"):
        booth_of(house).write(who, {"text": " "})


async def test_the_lines_are_offered_with_their_languages(house: House) -> None:
    assert await booth_of(house).offers(ANA) == {
        "lines": [{"name": "shop", "business": "Acme", "languages": ("en-US",), "versions": []}]
    }


# ---- links


def guest_with(house: House, hours: float = 1.0) -> Guest:
    return booth_of(house).of_link(booth_of(house).make_link("ana", SHOP, hours))


async def test_a_link_is_good_for_one_call_of_its_line(house: House) -> None:
    guest = guest_with(house)
    offered = await booth_of(house).offers(guest)
    assert offered == {"lines": [{"name": "shop", "business": "Acme", "languages": ("en-US",)}]}
    answer = await booth_of(house).place(guest, {"line": "another", "version": "draft", "caller": "+12125550100"})
    step = cast(Mapping[str, object], answer["step"])
    sid = str(answer["call_sid"])
    async with stream(house.base_url, sid, step) as open_stream:
        await open_stream.until(heard)
        with pytest.raises(Unwanted, match="has been used"):
            await booth_of(house).place(guest, {})
        await open_stream.hang_up()
    await let_go(house, sid)
    row = await call(house.frontline.database, sid)
    assert row is not None
    assert (row.start.line, row.start.caller == "+12125550100") == ("shop", False)
    house.frontline.switchboard._left.clear()  # this process has forgotten; the records have not
    with pytest.raises(Unwanted) as refused:
        await booth_of(house).place(guest, {})
    assert refused.value.status == 410


async def test_a_link_whose_call_found_no_place_is_not_used_up(house: House) -> None:
    guest = guest_with(house)
    assert guest.link is not None
    first, second, *_ = link_sids(guest.link.nonce)
    records = house.frontline.writer.records_for(first, "shop", "en-US", "", "", datetime.now(UTC))
    records.end(RecordEnd(dispositions.SHED, "house", 0.0, problem="full"))
    await house.written()
    answer = await booth_of(house).place(guest, {})
    assert answer["call_sid"] == second


async def test_a_link_is_no_longer_than_a_week_and_of_a_line_there_is(house: House) -> None:
    booth = booth_of(house)
    for told, hours in ((SHOP, 169.0), (SHOP, 0.0), ({"line": "nothing"}, 1.0)):
        with pytest.raises(Unwanted):
            booth.make_link("ana", told, hours)
    with pytest.raises(Unwanted) as refused:
        booth.of_link("made up")
    assert refused.value.status == 403


async def test_a_page_cannot_ring_without_end(house: House) -> None:
    eve = Guest("eve")
    with pytest.raises(Unwanted) as refused:
        for _ in range(20):
            await booth_of(house).place(eve, {"line": "nothing"})
    while refused.value.status != 429:
        with pytest.raises(Unwanted) as refused:
            await booth_of(house).place(eve, {"line": "nothing"})
    assert "Try again in a minute" in str(refused.value)
