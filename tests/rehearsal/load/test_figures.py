"""What both sides noted comes to figures, a table, a document and a plot."""

import json
import xml.etree.ElementTree
from math import isnan

import pytest
from rich.console import Console

from app.rehearsal.load import told
from app.rehearsal.load.figures import Step, percentile, step
from app.rehearsal.load.phones import Heard
from app.rehearsal.load.servers import Usage

IDLE, BEGAN, ENDED = Usage(90.0, 1.0, 100.0), Usage(100.0, 2.0, 130.0), Usage(110.0, 2.5, 130.0)


def step_of(*heard: Heard, **noted: tuple[list[float], list[float], list[float]]) -> Step:
    by_identity = {name.removeprefix("s"): one for name, one in noted.items()}
    return step("frontline", heard, by_identity, (IDLE, BEGAN, ENDED), 0.04)


def test_delays_are_from_one_side_to_the_other() -> None:
    call = Heard(7, bursts=[101.0, 105.0], turns=[102.01], clears=[101.03], late_ms=[0.1, 0.3])
    one = step_of(call, s7=([101.02, 105.05], [102.0], [101.025]))
    assert one.up_ms == pytest.approx((50.0, 50.0))
    assert one.down_ms == pytest.approx((10.0, 10.0))
    assert one.clear_ms == pytest.approx((5.0, 5.0))
    assert (one.lost, one.unanswered, one.underruns) == (0, 0, 0)
    assert not one.kept  # 50 ms is more than is wanted


def test_cpu_memory_and_money_are_those_of_a_call() -> None:
    one = step_of(*(Heard(number, turns=[101.0]) for number in range(5)))
    assert one.cpu_ms == pytest.approx(500 / 10 / 5)
    assert one.core == pytest.approx(0.05)
    assert one.rss_mb == pytest.approx(6.0)
    assert one.calls_per_core == 70
    assert one.usd == pytest.approx(1_000 * 60 * 0.010 / 0.7 / 3600 * 0.04)


def test_what_did_not_come_is_counted_and_never_a_delay() -> None:
    one = step_of(Heard(1, bursts=[101.0, 104.0]), Heard(None, lost=True), s1=([101.01], [], []))
    assert (one.unanswered, one.lost) == (1, 1)
    assert one.up_ms == pytest.approx((10.0, 10.0))
    assert isnan(one.down_ms[0])


def test_what_happened_outside_of_the_window_does_not_count() -> None:
    one = step_of(Heard(1, bursts=[99.0, 109.9], underruns=[95.0, 103.0]), s1=([], [], []))
    assert (one.unanswered, one.underruns) == (0, 1)


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert isnan(percentile([], 0.5))


def shown(*steps: Step) -> str:
    console = Console(width=180)
    with console.capture() as captured:
        console.print(told.table(steps))
    return captured.get()


def test_the_table_says_what_callers_notice() -> None:
    good = step_of(Heard(1, bursts=[101.0]), s1=([101.01], [], []))
    bad = step_of(Heard(1, bursts=[101.0], underruns=[102.0]), Heard(None, lost=True), s1=([], [], []))
    slow = step_of(Heard(1, bursts=[101.0], late_ms=[30.0]), s1=([101.09], [], []))
    text = shown(good, bad, slow)
    assert "1 lost, 1 underruns, 1 unanswered" in text
    assert "late by 30 ms" in text
    assert "10.0/10.0" in text


def test_the_document_is_json_without_nan() -> None:
    (row,) = json.loads(json.dumps(told.document([step_of(Heard(1))])))
    assert row["server"] == "frontline"
    assert row["up_ms"] == [None, None]
    assert row["kept"] is False


def test_the_plot_is_xml_with_a_point_a_step() -> None:
    steps = [step_of(Heard(1, bursts=[101.0]), s1=([101.01], [], []))] * 3
    root = xml.etree.ElementTree.fromstring(told.plot(steps))
    assert len(root.findall(".//{http://www.w3.org/2000/svg}circle")) == 3
