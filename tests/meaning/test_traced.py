"""The spans of a call: made of its record, named by the conventions, without words unless they are wished for."""

import json
from dataclasses import replace

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from app.call import dispositions
from app.call.commands import RecordCost, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.call.flags import NO_ANSWER
from app.meaning.traced import Traced
from app.redaction.records import RecordRedaction
from app.store.parts import Mark, Segment
from app.store.writer import CallRecords
from app.telemetry.trace_ids import as_written, trace_of
from app.telemetry.traces import Traces
from tests.meaning.calls import AT, assistant, caller, end, start

USED = RecordTool("1", "look_up_order", {"order": "1047"}, {"message": "Shipped."}, "ok", 80, 3.0)
TOLD = (
    assistant(1, 0.5, 2.0),
    caller(2, 2.5, 3.5),
    USED,
    RecordFlag(NO_ANSWER, 4.0, "nothing for 5 s"),
    replace(assistant(3, 4.5, 6.0, 1_000), told_ms=400, model_ms=900, played_ms=1_060, tools=1),
    RecordCost("inbound", 1, "minute", 0.0085),
    replace(end(7.0), tokens={"prompt": 300, "prompt.audio": 280, "response.audio": 90, "response.text": 10}),
)


async def traced(*told: object, words: bool = False) -> list[ReadableSpan]:
    """The spans of a call, the call's own last."""
    exporter = InMemorySpanExporter()
    traces = Traces(exporter, Resource.create({}), words=words)
    trace = Traced(traces, replace(start(), model="live-model"), "developer", ("look_up_order",))
    for one in told:
        trace.saw(one)
    await traces.close()
    return list(exporter.get_finished_spans())


def seconds(ns: int | None) -> float:
    """Since the call began."""
    return round((ns or 0) / 1e9 - AT.timestamp(), 3)


async def test_a_call_is_a_span_and_so_is_each_turn_and_use_of_a_tool() -> None:
    *inner, call = await traced(*TOLD)
    assert [span.name for span in inner] == [
        "chat live-model",
        "caller",
        "execute_tool look_up_order",
        "chat live-model",
    ]
    assert call.name == "invoke_agent store"
    assert call.context is not None
    assert as_written(call.context.trace_id) == as_written(trace_of("CA1"))
    assert {span.parent.span_id for span in inner if span.parent} == {call.context.span_id}
    assert [span.kind for span in inner].count(SpanKind.CLIENT) == 2
    assert [event.name for event in call.events] == [NO_ANSWER]


async def test_spans_stand_where_their_records_say_and_an_answer_begins_where_it_was_asked_for() -> None:
    *inner, call = await traced(*TOLD)
    stand = [(seconds(span.start_time), seconds(span.end_time)) for span in inner]
    assert stand == [(0.5, 2.0), (2.5, 3.5), (3.0, 3.08), (3.9, 6.0)]
    assert (call.end_time or 0) - (call.start_time or 0) == 7_000_000_000
    assert dict(inner[-1].attributes or {})["gen_ai.response.time_to_first_chunk"] == 0.5


async def test_spans_say_what_the_conventions_ask_for() -> None:
    *inner, call = await traced(*TOLD)
    about = dict(call.attributes or {})
    assert about["gen_ai.operation.name"] == "invoke_agent"
    assert (about["gen_ai.agent.name"], about["gen_ai.agent.version"]) == ("store", "v1")
    assert (about["gen_ai.usage.input_tokens"], about["gen_ai.usage.output_tokens"]) == (300, 100)
    assert (about["frontline.disposition"], about["frontline.cost_usd"]) == (dispositions.COMPLETED, 0.02)
    for span in (*inner, call):
        every = dict(span.attributes or {})
        assert every["gen_ai.provider.name"] == "gcp.gemini"
        assert every["gen_ai.conversation.id"] == "CA1"
        assert every["gen_ai.request.model"] == "live-model"
        assert span.status.is_ok


async def test_no_words_or_numbers_of_a_caller_are_in_spans_unless_words_are_wished_for() -> None:
    silent, telling = await traced(*TOLD), await traced(*TOLD, words=True)
    for told in ("my order", "On its way", "1047", "Shipped", "nothing for", start().caller, start().called):
        assert not [span.name for span in silent if told in span.to_json()], told
    first, asked, tool, *_ = (dict(span.attributes or {}) for span in telling)
    (message,) = json.loads(str(first["gen_ai.output.messages"]))
    assert message == {"role": "assistant", "parts": [{"type": "text", "content": "On its way."}]}
    assert json.loads(str(asked["gen_ai.input.messages"]))[0]["role"] == "user"
    assert json.loads(str(tool["gen_ai.tool.call.arguments"])) == {"order": "1047"}
    assert json.loads(str(tool["gen_ai.tool.call.result"])) == {"message": "Shipped."}


async def test_sessions_and_streams_are_spans_and_what_happened_is_a_moment_of_the_call() -> None:
    told = (
        Segment(
            "session", 1, 0.1, 4.0, route="first", model="live-model", code=1011, reason="Their words", opened_ms=310
        ),
        Segment("session", 2, 4.0, 9.0, route="second", model="other-model", reason="closed", resumed=True),
        Segment("stream", 1, 0.0, 9.0, "MZ1", reason="stopped"),
        Mark("barge_in", 5.0),
        Mark("session_lost", 4.0, "1011 Their words"),
    )
    lost, second, stream, call = await traced(*told, end(9.0))
    about = dict(lost.attributes or {})
    assert (lost.name, lost.kind, about["error.type"]) == ("session", SpanKind.CLIENT, "1011")
    assert (about["frontline.session.opened_ms"], about["frontline.session.close_code"]) == (310, 1011)
    assert dict(second.attributes or {})["gen_ai.request.model"] == "other-model"
    assert second.status.is_ok
    assert (stream.name, dict(stream.attributes or {})["frontline.stream.id"]) == ("stream", "MZ1")
    assert [event.name for event in call.events] == ["barge_in", "session_lost"]
    assert not [span.name for span in (lost, second, call) if "Their words" in span.to_json()]


async def test_what_failed_is_an_error_with_one_word_for_it() -> None:
    tool, call = await traced(replace(USED, status="timeout"), end(9.0, dispositions.SESSION_LOST))
    assert dict(tool.attributes or {})["error.type"] == "timeout"
    assert dict(call.attributes or {})["error.type"] == dispositions.SESSION_LOST
    assert not tool.status.is_ok and not call.status.is_ok
    refused, ended = await traced(replace(USED, status="refused"), end())
    assert refused.status.is_ok and ended.status.is_ok


async def test_names_that_the_model_makes_up_are_one_name() -> None:
    tool, _ = await traced(RecordTool("1", "order_a_pizza", {}, {}, "error", 0, 1.0), end())
    assert (tool.name, "pizza" in tool.to_json()) == ("execute_tool unknown", False)


async def test_half_a_surrogate_pair_does_not_stop_the_rest() -> None:
    first, *_ = await traced(replace(assistant(1, 0.0, 1.0), heard="well \ud83d"), end(), words=True)
    assert "well" in str(dict(first.attributes or {})["gen_ai.output.messages"]).encode().decode()


async def test_what_is_shown_of_a_record_is_what_is_stored_of_it() -> None:
    told: list[object] = []
    put: list[object] = []
    records = CallRecords(start(), put.append, redaction=RecordRedaction("en"))
    records.show_to(told.append)
    records.turn(RecordTurn(1, "caller", "My card is 4111 1111 1111 1111."))
    records.end(RecordEnd(dispositions.COMPLETED, "caller", 3.0))
    assert [one.heard for one in told if isinstance(one, RecordTurn)] == ["My card is [card]."]
    assert len(told) == len(put) - 1  # the call's own row was first
