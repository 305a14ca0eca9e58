"""What goes on record of a call is counted on its way, under labels that hold no words."""

from dataclasses import replace

from prometheus_client import REGISTRY

from app.call import dispositions
from app.call.commands import RecordCost, RecordFlag, RecordTool, TakeMessage
from app.call.flags import NO_ANSWER
from app.meaning.counting import Counted
from tests.fakes import FakeRecords, Log
from tests.meaning.calls import assistant, caller, end, start


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"frontline_{name}", labels) or 0.0


def counted() -> tuple[Counted, FakeRecords]:
    records = FakeRecords(Log())
    return Counted(records, start(), ("look_up_order",)), records


def test_what_is_counted_is_on_record_all_the_same() -> None:
    through, records = counted()
    said, used = (
        assistant(1, 0.5, 2.0),
        RecordTool("1", "look_up_order", {"order": "1"}, {"status": "ok"}, "ok", 80, 3.0),
    )
    paid, flag = RecordCost("inbound", 1, "minute", 0.0085), RecordFlag(NO_ANSWER, 4.0)
    through.turn(said)
    through.tool(used)
    through.cost(paid)
    through.flag(flag)
    through.end(end())
    assert (records.turns, records.tools, records.costs, records.flags) == ([said], [used], [paid], [flag])
    assert records.ends == [end()]


def test_names_that_the_model_makes_up_are_one_name_to_the_metrics() -> None:
    before = count("tool_seconds_count", tool="unknown", status="error")
    counted()[0].tool(RecordTool("1", "order_a_pizza", {}, {}, "error", 0, 1.0))
    assert count("tool_seconds_count", tool="unknown", status="error") == before + 1
    assert count("tool_seconds_count", tool="order_a_pizza", status="error") == 0.0


def test_a_wait_is_counted_with_its_parts_and_with_whether_a_tool_ran() -> None:
    sums = [("turn_gap_seconds_sum", {"tools": "yes"}, 1.0)]
    sums += [("turn_gap_share_seconds_sum", {"share": name}, s) for name, s in (("ours", 0.4), ("model", 0.6))]
    before = [count(name, **labels) for name, labels, _ in sums]
    answer = replace(assistant(3, 4.0, 6.0, 1_000), told_ms=350, model_ms=950, tools=2)
    counted()[0].turn(answer)
    grown = [round(count(name, **labels) - was, 3) for (name, labels, _), was in zip(sums, before, strict=True)]
    assert grown == [by for _, _, by in sums]


def test_a_call_is_counted_by_how_it_ended_and_by_its_silences() -> None:
    through, _ = counted()
    before = count("dead_air_seconds_sum"), count("calls_counted_total", outcome="transferred")
    through.turn(assistant(1, 0.5, 2.0))
    through.turn(caller(2, 6.0, 7.0))
    through.end(end(8.0, dispositions.HANDED_OFF))
    assert count("dead_air_seconds_sum") == before[0] + 4.0
    assert count("calls_counted_total", outcome="transferred") == before[1] + 1


def test_a_call_that_left_a_message_is_counted_as_that() -> None:
    through, _ = counted()
    before = count("calls_counted_total", outcome="message")
    through.leaving(TakeMessage("voicemail", "Please leave a message."))
    through.end(end(8.0, dispositions.SESSION_LOST))
    assert count("calls_counted_total", outcome="message") == before + 1


def test_money_is_counted_by_what_was_paid_for() -> None:
    before = count("cost_usd_total", unit="token")
    counted()[0].cost(RecordCost("a-model prompt.audio", 1_000, "token", 0.003))
    counted()[0].cost(RecordCost("a-model prompt.video", 1_000, "token", None))
    assert round(count("cost_usd_total", unit="token") - before, 6) == 0.003
