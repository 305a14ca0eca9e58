"""What Twilio is told about calls that another process has or had."""

from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from app.call.commands import HandOff, HangUp
from app.call.events import ToolCalled
from app.call.memory import State
from app.desk import Desk
from app.elsewhere import Standing
from app.twilio.twiml import Sentence
from app.twilio.webhooks import DialStep, HangUpStep, StreamStep
from tests.fakes import settled
from tests.test_desk import LINES, MONDAY_NOON, STORE, House, StillLines, talking

CALLER = "+12025550143"


@dataclass
class Other:
    """Another process, as it is known here."""

    told: Standing | None = None
    gone: bool = False

    async def standing(self, call_sid: str) -> Standing | None:
        return self.told

    async def is_gone(self, call_sid: str) -> bool:
        return self.gone


def desk(house: House, other: Other) -> Desk:
    return Desk(StillLines(LINES), house.switchboard, lambda: MONDAY_NOON, elsewhere=other)


async def asked(other: Other) -> object:
    with capture_logs():
        return await desk(House(), other).after_stream("CA7")


async def test_a_call_nobody_knows_of_gets_the_apology() -> None:
    step = await asked(Other())
    assert isinstance(step, HangUpStep)
    assert step.say is not None


async def test_a_call_without_an_end_is_streamed_here() -> None:
    step = await asked(Other(Standing(CALLER, STORE)))
    assert isinstance(step, StreamStep)
    assert (step.caller, step.called) == (CALLER, STORE)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (Standing(CALLER, STORE, ended=True), HangUpStep(None)),
        (Standing(CALLER, STORE, HangUp("Sorry.", "en-US"), ended=True), HangUpStep(Sentence("Sorry.", "en-US"))),
        (Standing(CALLER, STORE, HandOff("+12025550100")), DialStep("+12025550100", None, 20, None)),
    ],
)
async def test_a_call_that_left_its_stream_elsewhere_goes_the_way_it_chose(
    standing: Standing, expected: object
) -> None:
    assert await asked(Other(standing)) == expected


async def test_a_dial_nobody_took_that_another_process_began_brings_the_caller_back_here() -> None:
    with capture_logs():
        at = desk(House(), Other(Standing(CALLER, STORE)))
        assert isinstance(await at.after_dial("CA7", "busy"), StreamStep)
        assert await at.after_dial("CA7", "completed") == HangUpStep(None)


async def test_a_dial_of_a_call_that_is_over_ends_in_words() -> None:
    with capture_logs():
        step = await desk(House(), Other(Standing(CALLER, STORE, ended=True))).after_dial("CA7", "busy")
    assert isinstance(step, HangUpStep)
    assert step.say is not None


async def test_a_call_that_waits_here_but_went_on_elsewhere_is_asked_about_there() -> None:
    async with talking() as house:
        house.phone.hang_up(clean=False)
        await settled()
        assert house.bridge.call.state is State.AWAY
        step = await desk(house, Other(Standing(CALLER, STORE, ended=True), gone=True)).after_stream("CA1")
        assert step == HangUpStep(None)
        assert house.switchboard.find("CA1") is None
        await settled()
        assert house.ends() == []  # the other process writes it


async def test_a_call_that_ended_here_is_not_looked_for_elsewhere() -> None:
    async with talking() as house:
        house.phone.hang_up()
        await settled()
        other = Other(Standing(CALLER, STORE))
        assert await desk(house, other).after_stream("CA1") == HangUpStep(None)
        other.gone = True  # unless it was taken over and has had another stream
        assert isinstance(await desk(house, other).after_stream("CA1"), StreamStep)


async def test_a_call_of_ours_that_was_handed_off_is_dialled_without_asking_anybody() -> None:
    async with talking() as house:
        house.model.feed(ToolCalled("h", "hand_off"))
        house.phone.hang_up(clean=False)
        await settled()
        assert isinstance(await desk(house, Other()).after_stream("CA1"), DialStep)
