"""Server messages to events, and frames as the SDK would write them."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.pcm import Audio
from app.call import events
from app.gemini import messages
from app.telemetry import metrics

from .frames import RECORDINGS, recorded

PCM = bytes(range(256)) * 8


def parse(message: object) -> list[events.Event]:
    return messages.parse(json.dumps(message).encode())


def content(**fields: object) -> dict[str, object]:
    return {"serverContent": fields}


def sound(data: str, mime: str = "audio/pcm;rate=24000") -> dict[str, object]:
    return {"parts": [{"inlineData": {"mimeType": mime, "data": data}}], "role": "model"}


def not_understood(kind: str) -> float:
    return float(metrics.live_unknown.labels(kind)._value.get())


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_sound_is_read_in_either_base64_alphabet(encode: Any) -> None:
    every_letter = bytes(range(256)) * 6
    data = encode(every_letter).decode()
    assert parse(content(modelTurn=sound(data))) == [events.AssistantAudio(Audio(every_letter, 24_000))]


def test_sound_without_padding_is_read() -> None:
    data = b64encode(PCM).decode().rstrip("=")
    assert parse(content(modelTurn=sound(data))) == [events.AssistantAudio(Audio(PCM, 24_000))]


def test_sound_without_a_rate_has_the_one_that_live_speaks() -> None:
    data = b64encode(PCM).decode()
    assert parse(content(modelTurn=sound(data, "audio/pcm; rate=24000"))) == [events.AssistantAudio(Audio(PCM, 24_000))]
    assert parse(content(modelTurn=sound(data, "audio/pcm"))) == [events.AssistantAudio(Audio(PCM, 24_000))]


@pytest.mark.parametrize(
    "mime", ["image/jpeg", "audio/pcm;rate=16000", "audio/pcm;rate=x", "audio/pcm;rate=99999999", ""]
)
def test_what_is_no_sound_of_ours_is_counted(mime: str) -> None:
    before = not_understood("audio")
    assert parse(content(modelTurn=sound(b64encode(PCM).decode(), mime))) == []
    assert not_understood("audio") == before + 1


def test_base64_that_is_none_is_counted() -> None:
    before = not_understood("audio")
    assert parse(content(modelTurn=sound("@@@@"))) == []
    assert not_understood("audio") == before + 1


def test_half_a_sample_at_the_end_is_left_off() -> None:
    assert parse(content(modelTurn=sound(b64encode(b"\1\2\3").decode()))) == [
        events.AssistantAudio(Audio(b"\1\2", 24_000))
    ]


def test_every_part_of_one_message_is_used_in_order() -> None:
    message = {
        "usageMetadata": {"totalTokenCount": 9},
        "toolCall": {"functionCalls": [{"id": "1", "name": "find_order", "args": {"number": "1047"}}]},
        "toolCallCancellation": {"ids": ["0"]},
        "sessionResumptionUpdate": {"newHandle": "h", "resumable": True},
        "goAway": {"timeLeft": "50s"},
        "serverContent": {
            "turnComplete": True,
            "turnCompleteReason": "NEED_MORE_INPUT",
            "generationComplete": True,
            "modelTurn": sound(b64encode(PCM).decode()),
            "outputTranscription": {"text": "It is"},
            "inputTranscription": {"text": " where", "languageCode": "en-US", "finished": True},
            "interrupted": True,
        },
    }
    assert parse(message) == [
        events.AssistantInterrupted(),
        events.ToolCancelled(("0",)),
        events.Transcribed("caller", " where", "en-US", True),
        events.Transcribed("assistant", "It is"),
        events.AssistantAudio(Audio(PCM, 24_000)),
        events.ToolCalled("1", "find_order", {"number": "1047"}),
        events.UsageReported({"total": 9}),
        events.SessionRenewable("h"),
        events.SessionEnding(50.0),
        events.GenerationCompleted(),
        events.TurnCompleted("NEED_MORE_INPUT"),
    ]


def test_several_sounds_in_one_turn_keep_their_order() -> None:
    one, two = b"\1\0" * 10, b"\2\0" * 10
    parts = [sound(b64encode(pcm).decode())["parts"][0] for pcm in (one, two)]  # type: ignore[index]
    heard = parse(content(modelTurn={"parts": parts}))
    assert heard == [events.AssistantAudio(Audio(one, 24_000)), events.AssistantAudio(Audio(two, 24_000))]


def test_a_tool_call_in_a_part_of_the_turn_is_taken() -> None:
    call = {"id": "7", "name": "find_order", "args": {}}
    assert parse(content(modelTurn={"parts": [{"functionCall": call}]})) == [events.ToolCalled("7", "find_order", {})]


def test_a_tool_call_said_twice_in_one_message_is_one_event() -> None:
    call = {"id": "7", "name": "find_order", "args": {}}
    message = {"toolCall": {"functionCalls": [call]}, **content(modelTurn={"parts": [{"functionCall": call}]})}
    assert parse(message) == [events.ToolCalled("7", "find_order", {})]


def test_a_tool_call_without_an_id_gets_one_that_is_not_answered_with() -> None:
    message = {"toolCall": {"functionCalls": [{"name": "find_order"}, {"name": "find_order"}]}}
    first, second = parse(message)
    assert isinstance(first, events.ToolCalled)
    assert isinstance(second, events.ToolCalled)
    assert first.id != second.id
    assert (
        "id"
        not in json.loads(messages.tool_frame(first.id, "find_order", {}, None))["tool_response"]["functionResponses"][
            0
        ]
    )


def test_tokens_are_told_by_direction_and_modality_on_both_backends() -> None:
    developer = {
        "promptTokenCount": 522,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 332}, {"modality": "AUDIO", "tokenCount": 165}],
        "responseTokenCount": 50,
        "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 50}],
        "thoughtsTokenCount": 136,
        "totalTokenCount": 708,
    }
    vertex = {key.replace("response", "candidates"): value for key, value in developer.items()}
    expected = events.UsageReported(
        {
            "prompt": 522,
            "prompt.text": 332,
            "prompt.audio": 165,
            "response": 50,
            "response.audio": 50,
            "thoughts": 136,
            "total": 708,
        }
    )
    assert parse({"usageMetadata": developer}) == [expected]
    assert parse({"usageMetadata": vertex}) == [expected]


def test_a_session_that_cannot_be_resumed_now_has_no_handle() -> None:
    assert parse({"sessionResumptionUpdate": {"newHandle": "h", "resumable": False}}) == [events.SessionRenewable(None)]
    assert parse({"sessionResumptionUpdate": {}}) == [events.SessionRenewable(None)]


@pytest.mark.parametrize(("left", "seconds"), [("50s", 50.0), ("9.5s", 9.5), ("0s", 0.0), ("soon", 0.0), (None, 0.0)])
def test_the_time_left_is_read_and_none_when_it_cannot_be(left: object, seconds: float) -> None:
    assert parse({"goAway": {"timeLeft": left}}) == [events.SessionEnding(seconds)]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"\xff\xfe", "json"),
        (b"[]", "shape"),
        (b"null", "shape"),
        (b'{"somethingNew":{"a":1}}', "field"),
        (b'{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}', "error"),
        (b'{"toolCall":{"functionCalls":[{"id":"1"}]}}', "tool_call"),
    ],
)
def test_what_is_not_understood_is_counted_and_gives_no_event(frame: bytes, kind: str) -> None:
    before = not_understood(kind)
    assert messages.parse(frame) == []
    assert not_understood(kind) == before + 1


def test_a_known_field_beside_an_unknown_one_is_used() -> None:
    assert parse({"somethingNew": 1, **content(turnComplete=True)}) == [events.TurnCompleted()]


def test_a_null_where_an_object_could_stand_is_nothing() -> None:
    assert parse({"serverContent": None, "toolCall": None, "usageMetadata": None, "goAway": None}) == []


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recorded_message_is_understood_but_those_meant_to_be_strange(name: str) -> None:
    strange = {"somethingNew", "error"}
    for message in recorded(name, "server"):
        before = sum(not_understood(kind) for kind in ("json", "shape", "audio", "tool_call", "field", "error"))
        parse(message)
        after = sum(not_understood(kind) for kind in ("json", "shape", "audio", "tool_call", "field", "error"))
        assert after - before == len(strange & set(message)), message


def test_a_recorded_turn_gives_its_events() -> None:
    turn = [event for message in recorded("developer", "server")[1:12] for event in parse(message)]
    kinds = [type(event).__name__ for event in turn]
    assert kinds == [
        "SessionRenewable",
        "Transcribed",
        "AssistantAudio",
        "Transcribed",
        *["AssistantAudio"] * 5,
        "Transcribed",
        "GenerationCompleted",
    ]


PAGE = {"uri": "https://example.com/hours", "title": "Opening hours", "domain": "example.com"}
GROUNDED = {  # the shape of https://ai.google.dev/gemini-api/docs/google-search#understanding_the_response
    "groundingMetadata": {
        "webSearchQueries": ["opening hours"],
        "searchEntryPoint": {"renderedContent": "<div></div>"},
        "groundingChunks": [{"web": PAGE}, {"web": {"uri": "https://example.org/", "title": "Example"}}],
        "groundingSupports": [{"segment": {"endIndex": 9, "text": "Until six"}, "groundingChunkIndices": [0]}],
    }
}


def test_the_pages_of_google_search_are_found() -> None:
    assert parse({"serverContent": {**GROUNDED, "turnComplete": True}}) == [
        events.SourcesFound(
            (
                {"title": "Opening hours", "uri": "https://example.com/hours"},
                {"title": "Example", "uri": "https://example.org/"},
            )
        ),
        events.TurnCompleted(),
    ]


@pytest.mark.parametrize(
    "grounding",
    [
        None,
        [],
        "x",
        {},
        {"groundingChunks": None},
        {"groundingChunks": {"web": PAGE}},
        {"groundingChunks": [None, 1, "x", [], {}, {"web": None}, {"web": "x"}, {"maps": PAGE}]},
        {"groundingChunks": [{"web": {"title": "no address"}}, {"web": {"uri": 5, "title": "x"}}]},
        {"groundingChunks": [{"web": {"uri": "http://example.com/"}}, {"web": {"uri": "javascript:alert(1)"}}]},
        {"groundingChunks": [{"web": {"uri": "https://example.com/" + "a" * 3000}}]},
        {"groundingChunks": [{"web": {"uri": "https://example.com/\u0000\n"}}]},
        {"webSearchQueries": ["opening hours"]},
    ],
)
def test_what_is_no_page_is_no_source(grounding: object) -> None:
    assert parse(content(groundingMetadata=grounding)) == []


def test_sources_are_few_and_their_titles_short_and_each_page_is_named_once() -> None:
    pages = [{"web": {"uri": f"https://example.com/{n // 2}", "title": f"{n} \n\u0007" + "a" * 300}} for n in range(40)]
    (found,) = parse(content(groundingMetadata={"groundingChunks": pages}))
    assert isinstance(found, events.SourcesFound)
    assert [source["uri"] for source in found.sources] == [f"https://example.com/{n}" for n in range(10)]
    assert {len(source["title"]) for source in found.sources} == {200}
    assert found.sources[1]["title"].startswith("2 aaa")


def test_a_page_without_a_title_is_a_source() -> None:
    chunks = [{"web": {"uri": "https://example.com/"}}]
    assert parse(content(groundingMetadata={"groundingChunks": chunks})) == [
        events.SourcesFound(({"title": "", "uri": "https://example.com/"},))
    ]


FIELDS = (
    "serverContent modelTurn parts inlineData data mimeType toolCall functionCalls functionCall id name args ids "
    "toolCallCancellation usageMetadata promptTokenCount promptTokensDetails modality tokenCount goAway timeLeft "
    "sessionResumptionUpdate newHandle resumable inputTranscription outputTranscription text finished languageCode "
    "interrupted generationComplete turnComplete turnCompleteReason error groundingMetadata groundingChunks "
    "web uri title"
)
_names = st.sampled_from(FIELDS.split())
_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["50s", "audio/pcm"])
_json = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names | st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(_json)
def test_no_json_makes_it_raise(value: object) -> None:
    assert isinstance(messages.parse(json.dumps(value).encode()), list)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(frame: bytes) -> None:
    assert messages.parse(frame) == []
