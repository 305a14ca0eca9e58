"""The text models' stand-in on the wire, as the real SDK and a raw client see it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from app.gemini.texts import NotWritten, Written, text_model
from app.rehearsal.live_server import HOST
from app.rehearsal.text_faults import TextFault, TextPlan, text_fault_from
from app.rehearsal.text_models import TextModels
from app.rehearsal.text_reader import filled, read
from tests.rehearsal.live_caller import WAIT_S, LiveHouse, live_house

MODEL = "gemini-3.5-flash-lite"
PATH = f"/v1beta/models/{MODEL}:generateContent"
SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "resolution": {"type": "string", "enum": ["solved", "partly", "no"]},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["order", "refund"]}},
    },
    "required": ["summary", "resolution", "tags"],
}
CALL = "\n".join(
    json.dumps(row)
    for row in (
        {"at_s": 2.0, "who": "caller", "said": "Where is my order 1047?"},
        {"at_s": 3.0, "who": "tool", "tool": "look_up_order", "status": "ok"},
        {"at_s": 4.0, "who": "assistant", "said": "It is on its way."},
        {"at_s": 7.0, "who": "caller", "said": "Great, thank you."},
        {"at_s": 9.0, "who": "house", "ended": "completed", "by": "assistant"},
    )
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[LiveHouse]:
    async with live_house(tmp_path, "hello") as one:
        yield one


async def asked(house: LiveHouse, model: str = MODEL, key: str = "k") -> Written:
    """The stand-in asked by the SDK, as the house does."""
    base_url = f"https://{HOST}:{house.port}"
    asked_one = text_model(model, "developer", key, base_url=base_url, ca_file=str(house.ca_file))
    try:
        async with asyncio.timeout(WAIT_S):
            return await asked_one.written("Tell of the call.", CALL, SCHEMA, most_tokens=500)
    finally:
        await asked_one.close()


async def raw(house: LiveHouse, path: str, body: str, key: str = "k", pieces: int = 1) -> tuple[int, dict[str, object]]:
    async with asyncio.timeout(WAIT_S):
        reader, writer = await asyncio.open_connection(HOST, house.port, ssl=house.tls)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Goog-Api-Key: {key}\r\nContent-Length: {len(body.encode())}\r\n\r\n"
        )
        data = (head + body).encode()
        step = -(-len(data) // pieces)
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            await asyncio.sleep(0)
        answer_head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
    return int(answer_head.split()[1]), json.loads(answer)


async def ask_for(house: LiveHouse, fault: Mapping[str, object], texts: int | None = None) -> None:
    ask = quote(json.dumps({"text_fault": fault, "texts": texts}))
    async with asyncio.timeout(WAIT_S):
        reader, writer = await asyncio.open_connection(HOST, house.port, ssl=house.tls)
        writer.write(f"POST /control?ask={ask} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_document_of_the_schema_comes_back_with_its_usage(house: LiveHouse) -> None:
    answer = await asked(house)
    assert answer.document == {
        "summary": 'The caller said: "Where is my order 1047?" The assistant used look_up_order. '
        "The call ended with completed.",
        "resolution": "solved",
        "tags": ["order"],
    }
    assert answer.tokens["prompt"] > 50
    assert answer.tokens["response"] > 20


async def test_sessions_are_had_at_the_same_door(house: LiveHouse) -> None:
    await asked(house)
    async with house.talking() as caller:
        assert caller.seen


@pytest.mark.parametrize(
    ("fault", "reason", "hopeless"),
    [
        ({"refuse": 429}, "status 429 RESOURCE_EXHAUSTED", False),
        ({"refuse": 500}, "status 500 INTERNAL", False),
        ({"refuse": 503}, "status 503 UNAVAILABLE", False),
        ({"garbled": True}, "no JSON", False),
        ({"cut": True}, "ended with MAX_TOKENS", False),
        ({"blocked": True}, "blocked: SAFETY", True),
        ({"unsafe": True}, "ended with SAFETY", True),
    ],
    ids=str,
)
async def test_what_goes_wrong_has_its_name(
    house: LiveHouse, fault: Mapping[str, object], reason: str, hopeless: bool
) -> None:
    await ask_for(house, fault, texts=1)
    with pytest.raises(NotWritten) as failed:
        await asked(house)
    assert (failed.value.reason, failed.value.hopeless) == (reason, hopeless)
    assert (await asked(house)).tokens


async def test_a_wrong_key_and_an_unknown_model_are_hopeless(tmp_path: Path) -> None:
    async with live_house(tmp_path, "hello", api_key="right") as house:
        for model, key, reason in ((MODEL, "wrong", "status 400"), ("nobody-1", "right", "status 404 NOT_FOUND")):
            with pytest.raises(NotWritten, match=reason) as failed:
                await asked(house, model, key)
            assert failed.value.hopeless


async def test_a_server_that_is_gone_is_worth_another_try() -> None:
    nobody = text_model(MODEL, "developer", "k", base_url="http://127.0.0.1:9")
    with pytest.raises(NotWritten, match="not reached: ") as failed:
        await nobody.written("Tell.", CALL, SCHEMA, most_tokens=500)
    await nobody.close()
    assert not failed.value.hopeless


async def test_the_wire_has_the_service_s_shapes(house: LiveHouse) -> None:
    config = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    body = {"contents": [{"role": "user", "parts": [{"text": CALL}]}], "generationConfig": config}
    status, answer = await raw(house, PATH, json.dumps(body), pieces=7)
    assert status == 200
    assert set(answer) == {"candidates", "usageMetadata", "modelVersion", "responseId"}
    candidates = answer["candidates"]
    assert isinstance(candidates, list)
    assert (candidates[0]["finishReason"], candidates[0]["content"]["role"]) == ("STOP", "model")


async def test_what_is_no_request_for_a_model_is_refused_in_its_words(house: LiveHouse) -> None:
    assert (await raw(house, PATH, "{"))[0] == 400
    assert (await raw(house, PATH, "{}", key=""))[0] == 403
    status, answer = await raw(house, "/v1beta/models/gemini-3.8-live:generateContent", "{}")
    assert (status, '"NOT_FOUND"' in json.dumps(answer)) == (404, True)
    assert (await raw(house, "/v1beta/files", "{}"))[0] == 404


def test_a_plan_ends_after_so_many_answers() -> None:
    plan = TextPlan(TextFault(refuse=500), 1)
    assert [plan.take().refuse, plan.take().refuse] == [500, 0]
    assert TextModels(plan=TextPlan(TextFault(refuse=500))).plan.take().refuse == 500


def test_a_text_fault_that_there_is_not_is_refused() -> None:
    assert text_fault_from({"cut": "true", "delay_s": "0.5"}) == TextFault(cut=True, delay_s=0.5)
    with pytest.raises(ValueError, match="no such text fault: slow"):
        text_fault_from({"slow": 1})


def test_any_schema_is_filled_in() -> None:
    schema = {
        "type": "object",
        "properties": {
            "criteria": {
                "type": "object",
                "properties": {"identity": {"type": "object", "properties": {"verdict": {"enum": ["met", "missed"]}}}},
            },
            "many": {"type": "integer"},
            "sure": {"type": "boolean"},
            "follow_ups": {"type": "array", "items": {"type": "string"}},
        },
    }
    assert filled(schema, read("not a call\n{broken")) == {
        "criteria": {"identity": {"verdict": "met"}},
        "many": 1,
        "sure": True,
        "follow_ups": [],
    }
