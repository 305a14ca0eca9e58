"""The figures of one call: waits and their parts, silences, who spoke over whom, how it counts."""

from dataclasses import replace

import pytest

from app.call import dispositions
from app.call.commands import RecordFlag, RecordTool
from app.call.flags import DISCLOSED, EMPTY_TURN, SILENT_SOUND
from app.meaning.call import Gap, figures_of, silences
from tests.meaning.calls import assistant, call, caller, end

GREETING = assistant(1, 0.4, 2.0)


def tool(at_s: float, took_ms: int, name: str = "look_up_order") -> RecordTool:
    return RecordTool("1", name, {}, {}, "ok", took_ms, at_s)


def test_a_gap_is_split_into_our_share_the_models_and_the_way_to_the_ear() -> None:
    answer = replace(assistant(3, 4.0, 6.0, 1_000), told_ms=300, model_ms=950, played_ms=1_100, tools=0)
    assert figures_of(call(GREETING, caller(2, 2.5, 3.0), answer)).gaps == (
        Gap(1_000, False, ours_ms=350, theirs_ms=650, playout_ms=100, ear_ms=1_100),
    )


def test_a_model_that_knew_by_itself_that_the_caller_is_done_leaves_us_only_the_sending() -> None:
    answer = replace(assistant(3, 4.0, 6.0, 1_000), model_ms=990, tools=1)
    (gap,) = figures_of(call(answer)).gaps
    assert (gap.ours_ms, gap.theirs_ms, gap.playout_ms, gap.with_tools) == (10, 990, None, True)


def test_records_of_before_have_gaps_without_parts() -> None:
    assert figures_of(call(assistant(3, 4.0, 6.0, 1_000))).gaps == (Gap(1_000),)


def test_the_greeting_ends_no_wait() -> None:
    assert figures_of(call(GREETING)).gaps == ()


def test_dead_air_is_what_lasts_more_than_three_seconds_between_turns_and_at_the_end() -> None:
    record = call(GREETING, caller(2, 4.9, 6.0), assistant(3, 10.0, 12.0, 4_000), ended=end(15.5))
    assert [(one.from_s, one.to_s, one.after) for one in silences(record)] == [
        (6.0, 10.0, "caller"),
        (12.0, 15.5, "assistant"),
    ]
    figures = figures_of(record)
    assert (figures.dead_air_s, figures.longest_wait_s) == (7.5, 4.0)


def test_turns_that_overlap_leave_no_silence_between_them() -> None:
    assert list(silences(call(assistant(1, 0.5, 9.0), caller(2, 2.0, 3.0), caller(3, 11.0, 19.0)))) == []


def test_a_wait_for_a_tool_after_a_word_of_the_assistants_is_no_dead_air() -> None:
    said = call(GREETING, caller(2, 2.5, 3.0), assistant(3, 3.5, 4.0, 500), assistant(4, 9.0, 19.0))
    assert figures_of(said).dead_air_s == 5.0
    assert figures_of(replace(said, tools=(tool(3.4, 5_000),))).dead_air_s == 0.0


def test_a_wait_for_a_tool_that_nothing_announced_is_dead_air() -> None:
    unsaid = call(GREETING, caller(2, 2.5, 3.0), assistant(3, 9.0, 19.0, 6_000))
    assert figures_of(replace(unsaid, tools=(tool(3.2, 5_000),))).longest_wait_s == 6.0


def test_a_representative_who_is_being_rung_is_no_dead_air() -> None:
    away = call(GREETING, assistant(2, 3.0, 5.0), assistant(3, 35.0, 39.0), ended=end(40.0))
    assert figures_of(replace(away, tools=(tool(3.5, 0, "hand_off"),))).dead_air_s == 0.0


def test_silence_after_a_lost_stream_is_none_of_ours() -> None:
    lost = end(60.0, dispositions.STREAM_LOST)
    assert figures_of(call(GREETING, ended=lost)).dead_air_s == 0.0


def test_turns_are_counted_by_what_was_wrong_with_them() -> None:
    over, short = replace(assistant(3, 4.0, 6.0), over_ms=301), replace(assistant(4, 7.0, 8.0), over_ms=300)
    cut = replace(assistant(5, 9.0, 10.0), interrupted=True, stopped_ms=420)
    flags = tuple(RecordFlag(name, 3.0) for name in (EMPTY_TURN, SILENT_SOUND, DISCLOSED))
    figures = figures_of(replace(call(GREETING, over, short, cut), flags=flags))
    assert (figures.turns, figures.talked_over, figures.interrupted, figures.silent_turns) == (4, 1, 1, 2)
    assert (figures.stops_ms, figures.disclosed_s, figures.unwell) == ((420,), 3.0, True)


@pytest.mark.parametrize(
    ("duration_s", "disposition", "abandoned"),
    [
        (14.0, dispositions.CALLER_HUNG_UP, True),
        (20.0, dispositions.CALLER_HUNG_UP, True),  # waited 5.5 s for an answer
        (19.0, dispositions.CALLER_HUNG_UP, False),
        (14.0, dispositions.COMPLETED, False),
    ],
)
def test_who_hangs_up_at_once_or_tired_of_waiting_has_abandoned_the_call(
    duration_s: float, disposition: str, abandoned: bool
) -> None:
    record = call(GREETING, caller(2, 12.0, 14.5), ended=end(duration_s, disposition))
    assert figures_of(record).abandoned == abandoned


@pytest.mark.parametrize(
    ("duration_s", "disposition", "counts"),
    [(5.0, "completed", True), (4.9, "completed", False), (0.0, "shed", False), (60.0, "", False)],
)
def test_only_calls_that_were_taken_are_over_and_long_enough_count(
    duration_s: float, disposition: str, counts: bool
) -> None:
    record = call(GREETING, ended=end(duration_s, disposition))
    assert figures_of(record if disposition else replace(record, end=None)).counts == counts
