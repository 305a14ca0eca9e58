"""What is asked to go wrong with the sessions of one caller, and only with theirs."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from app.rehearsal.actions import Action, Speak, UseTool, rest_of
from app.rehearsal.faults import Fault, FaultPlan
from app.rehearsal.live_cuts import Cuts
from tests.rehearsal.live_caller import ORDER_TOOL, LiveHouse, live_house
from tests.rehearsal.test_live_server import control

SOUND: Mapping[str, object] = {"serverContent": {"modelTurn": {"parts": []}}}
OVER: Mapping[str, object] = {"serverContent": {"turnComplete": True}}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[LiveHouse]:
    async with live_house(tmp_path, "where is my order 1047") as one:
        yield one


def told(text: str) -> dict[str, object]:
    return {"parts": [{"text": text}]}


def test_a_fault_is_meant_for_so_many_sessions_of_one_caller() -> None:
    plan = FaultPlan()
    plan.ask(Fault(empty_turn=True), 1, "12025551000")
    assert plan.of("The caller phones from +12025551001.") is None
    assert plan.of("The caller phones from +12025551000.") == Fault(empty_turn=True)
    assert plan.of("The caller phones from +12025551000.") is None
    assert plan.take() == Fault()


def test_a_fault_without_a_number_of_sessions_stays() -> None:
    plan = FaultPlan()
    plan.ask(Fault(claim=True), None, "1000")
    assert [plan.of("1000"), plan.of("1000")] == [Fault(claim=True)] * 2


def test_a_connection_is_cut_in_the_middle_of_a_turn_and_of_no_shorter_one() -> None:
    cuts = Cuts(Fault(drop_after_chunks=3))
    assert [cuts.sent(message) for message in (SOUND, SOUND, OVER, SOUND, SOUND, SOUND)] == [None] * 5 + [0.0]


def test_a_connection_is_cut_while_the_first_tool_runs() -> None:
    cuts = Cuts(Fault(drop_in_tool_s=1.5))
    assert [cuts.sent({"toolCall": {}}), cuts.sent({"toolCall": {}})] == [1.5, None]


async def test_only_the_session_with_the_text_in_its_instruction_goes_wrong(house: LiveHouse) -> None:
    await control(house, {"fault": {"refuse": 1011, "refuse_reason": "yours"}, "sessions": 1, "match": "+1000"})
    async with house.talking(systemInstruction=told("The caller phones from +1001.")) as caller:
        assert caller.seen[0] == {"setupComplete": {}}
        async with house.connected() as other:
            await other.send({"setup": {"model": "models/gemini-3.8-live", "systemInstruction": told("from +1000.")}})
            assert await other.ended() == (1011, "yours")


async def test_only_that_session_is_closed_on_request(house: LiveHouse) -> None:
    async with (
        house.talking(systemInstruction=told("from +1000.")) as one,
        house.talking(systemInstruction=told("from +1001.")) as other,
    ):
        await control(house, {"close": 1011, "reason": "yours", "match": "+1000"})
        assert await one.ended() == (1011, "yours")
        await other.text('Say exactly: "Yes."')
        await other.until("turnComplete")


async def test_a_session_breaks_off_in_its_first_words(house: LiveHouse) -> None:
    await control(house, {"fault": {"drop_after_chunks": 1}, "sessions": 1})
    async with house.talking() as caller:
        await caller.text('Say exactly: "Yes, of course, it was sent this morning and comes tomorrow."')
        assert (await caller.ended())[0] == 1006


async def test_a_session_breaks_off_while_its_tool_runs(house: LiveHouse) -> None:
    await control(house, {"fault": {"drop_in_tool_s": 0.05}, "sessions": 1})
    async with house.talking(tools=[{"functionDeclarations": [ORDER_TOOL]}]) as caller:
        await caller.text("Where is my order 1047?")
        await caller.call()
        async with asyncio.timeout(5):
            assert (await caller.ended())[0] == 1006


async def test_tokens_may_go_unreported(house: LiveHouse) -> None:
    await control(house, {"fault": {"no_usage": True}, "sessions": 1})
    async with house.talking() as caller:
        await caller.text('Say exactly: "Yes."')
        await caller.until("turnComplete")
    assert "usageMetadata" not in json.dumps(list(caller.seen))


async def test_a_resumed_session_goes_on_where_its_connection_was_cut(house: LiveHouse) -> None:
    sentence = "Yes, of course, it was sent this morning and comes tomorrow."
    await control(house, {"fault": {"drop_after_chunks": 1}, "sessions": 1})
    async with house.talking(sessionResumption={}) as caller:
        update = (await caller.until("sessionResumptionUpdate"))["sessionResumptionUpdate"]
        assert isinstance(update, dict)
        await caller.text(f'Say exactly: "{sentence}"')
        assert (await caller.ended())[0] == 1006
    async with house.talking(sessionResumption={"handle": update["newHandle"]}) as caller:
        await caller.text('You were cut off in the middle of your answer. The caller has heard: "Yes, of" Go on.')
        await caller.until("turnComplete")
    assert caller.words().strip() == "course, it was sent this morning and comes tomorrow."


def test_what_is_left_of_an_answer_begins_after_the_words_that_were_heard() -> None:
    answer: list[Action] = [Speak("One moment, let me look.", "en"), UseTool("look_up_order")]
    assert rest_of(answer, "One moment,") == [Speak("let me look.", "en"), UseTool("look_up_order")]
    assert rest_of(answer, "One moment, let me look.") == [UseTool("look_up_order")]
    assert rest_of(answer, "") == answer
    assert rest_of(answer, "Trail 1042 is open") == answer
    assert rest_of(answer[1:], "One moment, let me look.") == answer[1:]
