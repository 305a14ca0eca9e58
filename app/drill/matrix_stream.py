"""Rows of the fault matrix: what comes in over a Media Stream."""

from dataclasses import replace

from app.drill.row import Row
from app.drill.scene import ORDER, ORDINARY, Scene
from app.drill.told import Told
from app.drill.verdict import Check, at_most, equal, heard, records, true
from app.rehearsal.callers import Silence, Wait
from app.rehearsal.phone_faults import Faults

UNSUPPORTED, TOO_BIG = 1003, 1009
STRANGE = Faults(malformed_every_s=0.5, strange=True)


def close_code(told: Told) -> int:
    """With what the app closed the first stream; 0 if the phone closed it."""
    closed = [one.detail for one in told.report.happenings if one.what == "stream closed"]
    return int(closed[0].rpartition(" ")[2]) if closed and closed[0].startswith("by the app") else 0


def ordinary(told: Told) -> list[Check]:
    """The caller notices nothing."""
    return [
        heard(told, ORDER, "the answer"),
        true("the caller's words are kept", "1047" in told.said("caller"), told.said("caller")),
        equal("disposition", told.disposition, "completed"),
        *records([told]),
    ]


async def _strange(scene: Scene) -> list[Check]:
    """T2: malformed, binary, too large, of another stream."""
    before = await scene.here.metric("phone_dropped_total")
    told = await scene.call(*ORDINARY, stream=STRANGE)
    counted = await scene.here.metric("phone_dropped_total") - before
    short = (Wait(), Silence(6))
    storm = await scene.call(*short, stream=Faults(storm_after_s=4.0, first_only=True), voice="tones")
    big = await scene.call(*short, stream=Faults(oversized_after_s=4.0, first_only=True), voice="tones")
    return [
        *ordinary(told),
        true("every strange message is counted", counted >= 10, f"{counted:g}"),
        equal("a storm is closed with", close_code(storm), UNSUPPORTED),
        equal("a message of 100 KB is closed with", close_code(big), TOO_BIG),
    ]


async def _flood(scene: Scene) -> list[Check]:
    """T3: ten times real time, for a second and for long."""
    flood = Faults(flood_after_s=3.0, flood_s=1.0)
    told = await scene.call(*ORDINARY, stream=flood)
    lasting = replace(flood, flood_s=20.0, first_only=True)
    closed = await scene.call(Wait(), Silence(20), stream=lasting, voice="tones")
    ended = [one.at_s for one in closed.report.happenings if one.what == "stream closed"]
    return [
        *ordinary(told),
        true("one that lasts is closed", close_code(closed) >= 1000, "never"),
        at_most("after", round(ended[0] - 3.0, 1) if ended else None, 14, "s"),
        *records([closed]),
    ]


async def _disorder(scene: Scene) -> list[Check]:
    """T4: frames change places, come twice, are missing."""
    disorder = Faults(reorder_every_s=0.5, duplicate_every_s=0.7, gap_every_s=1.0, gap_ms=40)
    return ordinary(await scene.call(*ORDINARY, stream=disorder))


async def _two_starts(scene: Scene) -> list[Check]:
    """T5: sound before `start`, and `start` twice."""
    told = await scene.call(*ORDINARY, stream=Faults(two_starts=True))
    return [equal("streams", told.report.streams, 1), *ordinary(told)]


ROWS = (
    Row(
        "T2",
        "messages that are malformed, binary, of another stream; a storm of them; one of 100 KB",
        "the caller notices nothing, all are counted; a storm is closed with 1003, over 64 KB with 1009",
        _strange,
        short=False,
    ),
    Row(
        "T3",
        "sound ten times as fast as a telephone's, for 1 s and for 20 s",
        "the caller notices nothing of the first; the second is closed within 14 s; both are on record",
        _flood,
        place="alone",
        short=False,
    ),
    Row("T4", "frames out of order, twice, missing", "the caller's words are understood and kept", _disorder),
    Row("T5", "sound before start, start twice", "the first start counts: one stream, one record", _two_starts),
)
