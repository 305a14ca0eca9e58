"""Traces: what a receiver gets, and that one which does not answer holds nobody up."""

import time

import pytest

from app.telemetry import traces as module
from app.telemetry.trace_ids import as_written, trace_of
from app.telemetry.traces import Target, Traces, moment, start_traces
from tests.telemetry.otlp import receiving, silent

CALL = "CA" + "0123456789abcdef" * 2
AT = 1_796_000_000.0


def a_call(traces: Traces) -> None:
    """A trace of two spans and a moment."""
    call = traces.begin(trace_of(CALL), "call", AT, {"line": "store"})
    traces.add(call, "tool", AT + 1, AT + 1.25, {"status": "error"}, to_peer=True, fault="timeout")
    moment(call, "barge_in", AT + 2, {})
    traces.end(call, AT + 3)


async def test_a_receiver_gets_the_spans_in_one_trace_with_their_own_times() -> None:
    with receiving() as receiver:
        traces = start_traces(Target(f"{receiver.address}/v1/traces", "authorization=Basic%20abc", "process-1"))
        a_call(traces)
        await traces.close()
    tool, call = receiver.spans
    assert {span.trace for span in receiver.spans} == {"0123456789abcdef" * 2}
    assert (call.parent, tool.parent) == ("", call.id)
    assert (call.started, call.ended) == pytest.approx((AT, AT + 3), abs=1e-3)
    assert (tool.started, tool.ended) == pytest.approx((AT + 1, AT + 1.25), abs=1e-3)
    assert (call.failed, tool.failed, tool.about) == (False, True, {"status": "error", "error.type": "timeout"})
    assert call.moments == ("barge_in",)
    assert receiver.headers[0]["authorization"] == "Basic abc"
    assert receiver.headers[0]["content-type"] == "application/x-protobuf"
    assert receiver.resource["service.name"] == "frontline"
    assert receiver.resource["service.instance.id"] == "process-1"


async def test_what_the_environment_says_of_the_service_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "phones")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    with receiving() as receiver:
        traces = start_traces(Target(f"{receiver.address}/v1/traces"))
        for digit in "0123456789abcdef":
            call = traces.begin(trace_of(f"CA{digit * 32}"), "call", AT, {})
            traces.add(call, "turn", AT, AT, {})
            traces.end(call, AT)
        await traces.close()
    assert receiver.resource["service.name"] == "phones"
    sampled = {span.trace for span in receiver.spans}
    assert 0 < len(sampled) < 16
    assert len(receiver.spans) == 2 * len(sampled), "a call is traced whole or not at all"


async def test_a_receiver_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_WITHIN_S", 0.3)
    with silent() as address:
        traces = start_traces(Target(f"{address}/v1/traces"))
        began = time.monotonic()
        for _ in range(1_500):  # more spans than there is room for
            a_call(traces)
        took_s = time.monotonic() - began
        await traces.close()
        closed_s = time.monotonic() - began - took_s
    assert took_s < 6.0  # it would be ten seconds for each batch
    assert closed_s < 3.0


async def test_nobody_there_is_no_trouble_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_WITHIN_S", 0.3)
    with silent() as address:
        pass
    traces = start_traces(Target(f"{address}/v1/traces"))
    a_call(traces)
    began = time.monotonic()
    await traces.close()
    assert time.monotonic() - began < 3.0


def test_a_calls_trace_is_the_same_wherever_it_is_asked_for() -> None:
    assert as_written(trace_of(CALL)) == "0123456789abcdef" * 2
    assert trace_of("CA1") == trace_of("CA1") != trace_of("CA2")
    assert 0 < trace_of("CA" + "0" * 32) < 2**128  # no trace has the id nought
    assert len(as_written(trace_of("CA1"))) == 32
