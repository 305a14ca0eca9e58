"""The desk: who is answered and who hears why not, and what comes after a stream and after a dial."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from app.admission import Admission, Limits
from app.bridge import Bridge
from app.call import dispositions
from app.call.commands import HangUp
from app.call.events import (
    AssistantAudio,
    DeadlinePassed,
    Event,
    GenerationCompleted,
    HandoffAnswered,
    HandoffFailed,
    PhotoReceived,
    SessionLost,
    SessionOpened,
    SpeechStarted,
    TextReceived,
    ToolCalled,
    TurnCompleted,
)
from app.call.image import Image
from app.call.machine import Call
from app.call.memory import State
from app.call.rules import Rules
from app.desk import FALLBACK, Desk
from app.lines.published import Published
from app.ports import Feed
from app.prompts.hours import Hours
from app.prompts.line import Line, line_for
from app.store.messages import Message
from app.switchboard import Stream, Switchboard
from app.twilio.texts import TextIn
from app.twilio.twiml import Sentence
from app.twilio.webhooks import (
    Answer,
    CallbackStep,
    Contact,
    Declined,
    DialStep,
    HangUpStep,
    Recorded,
    RejectStep,
    Ring,
    Step,
    StreamStep,
    VoicemailStep,
)
from tests.fakes import Clock, FakeJournal, FakeModel, FakePhone, FakeRecords, FakeTools, Log, settled
from tests.playbook import RULES, sound

CALLER, STORE, OFFICE = "+12025550143", "+12025550199", "+34915550100"
ENGLISH = {name: f"{name} in English" for name in FALLBACK}
SPANISH = {name: f"{name} in Spanish" for name in FALLBACK}
NINE_TO_FIVE = Hours(ZoneInfo("UTC"), dict.fromkeys(range(5), ((540, 1020),)))
LINES = {
    "store": Line("store", "Northwind", (STORE,), languages=("en-US",), phrases={"en-US": ENGLISH}),
    "office": Line(
        "office",
        "Northwind",
        (OFFICE,),
        languages=("es-ES",),
        phrases={"es-ES": SPANISH},
        hours=NINE_TO_FIVE,
        closed="say",
    ),
}


class StillLines:
    """Lines that nobody edits."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        self._lines = lines

    def all(self) -> Mapping[str, Line]:
        return self._lines

    def answering(self, called: str, call_sid: str) -> Published | None:
        line = line_for(self._lines, called)
        return Published(line, {}, "v1", "p1") if line is not None else None


MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MONDAY_NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)


def ring(called: str = STORE, call_sid: str = "CA1", caller: str = CALLER) -> Ring:
    return Ring(call_sid, "AC1", caller, called)


class House:
    """A desk with a switchboard whose calls have stand-ins at all their ports."""

    def __init__(
        self,
        lines: Mapping[str, Line] = LINES,
        at: datetime = MONDAY_NOON,
        *,
        most: int = 10,
        rules: Rules = RULES,
        limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
    ) -> None:
        self.log, self.clock, self.records = Log(), Clock(), FakeRecords(Log())
        self.journal = FakeJournal(self.log)
        self.rules = rules
        self.group = asyncio.TaskGroup()
        self.switchboard = Switchboard(self._open, most=most, most_per_caller=2, clock=self.clock)
        self.kept: list[Message] = []
        self.shed: list[tuple[str, str, str]] = []
        self.desk = Desk(
            StillLines(lines),
            self.switchboard,
            lambda: at,
            admission=Admission(self.switchboard, limits),
            messages=self,
            shed=lambda ring, line, why: self.shed.append((ring.call_sid, line.name, why)),
        )

    def keep(self, message: Message) -> None:
        self.kept.append(message)

    def _open(self, stream: Stream) -> Bridge:
        return Bridge(
            Call(self.rules),
            model=self._model,
            tools=FakeTools(self.log),
            records=self.records,
            journal=self.journal,
            clock=self.clock,
        )

    def _model(self, feed: Feed) -> FakeModel:
        self.model = FakeModel(self.log, feed)
        return self.model

    @property
    def bridge(self) -> Bridge:
        found = self.switchboard.find("CA1")
        assert found is not None
        return found

    async def talk(self, called: str = STORE) -> FakePhone:
        """The call CA1 is answered and talks."""
        self.phone = phone = FakePhone(self.log)
        phone.called = called
        self.group.create_task(self.switchboard.serve(phone))
        await settled()
        self.model.feed(SessionOpened(200))
        return phone

    async def come_back(self) -> FakePhone:
        """The call CA1 comes back on a second stream."""
        again = FakePhone(self.log, stream_sid="MZ2")
        self.group.create_task(self.switchboard.serve(again))
        await settled()
        return again

    async def leave(self, tool: str) -> None:
        self.model.feed(ToolCalled("1", tool))
        self.clock.now += 5.0
        self.tell(DeadlinePassed())
        await settled()

    def tell(self, event: Event) -> None:
        self.switchboard.tell("CA1", event)

    def ends(self) -> list[str]:
        return [end.disposition for end in self.records.ends]


@asynccontextmanager
async def talking(house: House | None = None, called: str = STORE) -> AsyncIterator[House]:
    """A house with one call talking; when the block ends, so does the call."""
    house = house or House()
    with capture_logs():
        async with asyncio.timeout(5), house.group:
            phone = await house.talk(called)
            yield house
            phone.hang_up()
            if house.switchboard.find("CA1") is not None:
                house.clock.now += 1_000
                house.tell(DeadlinePassed())


# ---- ringing


async def test_a_call_to_a_line_is_answered_with_the_lines_own_apology_for_the_worst() -> None:
    assert await House().desk.ring(ring()) == Answer(Sentence("apology in English", "en-US"), None)
    assert await House().desk.ring(ring(OFFICE)) == Answer(Sentence("apology in Spanish", "es-ES"))


async def test_a_number_without_a_line_is_told_so() -> None:
    with capture_logs() as logs:
        answer = await House().desk.ring(ring("+12025550111"))
    assert answer == Declined(Sentence("unknown_number in English", "en-US"), "unknown_number")
    assert [line["event"] for line in logs] == ["no line for the number called"]


async def test_a_house_without_lines_still_says_something() -> None:
    answer = await House({}).desk.ring(ring())
    assert answer == Declined(Sentence(FALLBACK["unknown_number"], "en-US"), "unknown_number")


async def test_a_phrase_that_a_line_lacks_is_said_in_the_houses_words() -> None:
    lines = {"store": replace(LINES["store"], phrases={"en-US": {}})}
    assert await House(lines).desk.ring(ring()) == Answer(Sentence(FALLBACK["apology"], "en-US"))


async def test_outside_its_hours_a_line_says_so_if_it_is_told_to() -> None:
    closed = Declined(Sentence("closed in Spanish", "es-ES"), "closed")
    assert await House(at=MONDAY_NIGHT).desk.ring(ring(OFFICE)) == closed
    assert isinstance(await House(at=MONDAY_NOON).desk.ring(ring(OFFICE)), Answer)


async def test_outside_its_hours_a_line_answers_all_the_same_if_it_is_told_that() -> None:
    lines = {"office": replace(LINES["office"], closed="answer")}
    assert isinstance(await House(lines, MONDAY_NIGHT).desk.ring(ring(OFFICE)), Answer)


async def test_a_closed_line_takes_no_place_on_the_switchboard() -> None:
    house = House(at=MONDAY_NIGHT, most=1)
    await house.desk.ring(ring(OFFICE, "CA1"))
    assert isinstance(await house.desk.ring(ring(STORE, "CA2")), Answer)


async def test_all_lines_busy_one_caller_too_often_and_draining_sound_the_same_and_count_apart() -> None:
    busy = Sentence("busy in English", "en-US")
    house = House({"store": replace(LINES["store"], busy="say")}, most=3)
    taken = [await house.desk.ring(ring(call_sid=f"CA{number}")) for number in range(3)]
    assert taken[2] == Declined(busy, "caller_limit")
    assert isinstance(await house.desk.ring(ring(call_sid="CA3", caller="anonymous")), Answer)
    assert await house.desk.ring(ring(call_sid="CA4", caller="anonymous")) == Declined(busy, "full")
    house.switchboard.draining = True
    assert await house.desk.ring(ring(call_sid="CA5")) == Declined(busy, "draining")


async def test_a_webhook_that_is_tried_again_is_answered_again() -> None:
    house = House(most=1)
    assert await house.desk.ring(ring()) == await house.desk.ring(ring())


# ---- all lines busy


OFFER = CallbackStep(Sentence("busy_callback in English", "en-US"))
REPRESENTED = replace(LINES["store"], busy="hand_off", handoff_number="+12025550100")


async def busy(line: Line, caller: str = CALLER) -> tuple[House, Declined]:
    house = House({"store": line}, most=1)
    await house.desk.ring(ring(call_sid="CA0", caller="anonymous"))
    answer = await house.desk.ring(ring(caller=caller))
    assert isinstance(answer, Declined)
    return house, answer


async def test_a_caller_for_whom_there_is_no_room_is_offered_to_be_called_back() -> None:
    house, answer = await busy(LINES["store"])
    assert answer == Declined(Sentence("busy in English", "en-US"), "full", OFFER)
    assert house.shed == [("CA1", "store", "full")]


async def test_a_caller_without_a_number_cannot_be_called_back() -> None:
    _, answer = await busy(LINES["store"], "anonymous")
    assert answer.step is None


async def test_a_busy_line_may_pass_its_callers_on_and_offers_to_call_back_when_nobody_answers() -> None:
    house, answer = await busy(REPRESENTED)
    assert answer.step == DialStep("+12025550100", None, 20, Sentence("handing_off in English", "en-US"))
    assert await house.desk.after_dial("CA1", "no-answer") == OFFER
    assert await house.desk.after_dial("CA1", "no-answer") == HangUpStep(None)


async def test_outside_their_hours_representatives_are_not_rung_by_a_busy_line() -> None:
    house = House({"store": replace(REPRESENTED, handoff_hours=NINE_TO_FIVE)}, MONDAY_NIGHT, most=1)
    await house.desk.ring(ring(call_sid="CA0"))
    answer = await house.desk.ring(ring())
    assert answer == Declined(Sentence("busy in English", "en-US"), "full")


@pytest.mark.parametrize(
    ("limits", "caller", "answer"),
    [
        (Limits(blocked=frozenset({CALLER})), CALLER, ("blocked", "busy", RejectStep())),
        (Limits(countries=frozenset({"ES"})), CALLER, ("country", "busy", RejectStep())),
        (Limits(takes_hidden=False), "anonymous", ("hidden", "hidden_number", None)),
        (Limits(per_caller_an_hour=1), CALLER, ("caller_hourly", "too_many_calls", None)),
    ],
)
async def test_callers_who_are_not_taken_are_rejected_or_told_why_and_are_not_shed(
    limits: Limits, caller: str, answer: tuple[str, str, RejectStep | None]
) -> None:
    house = House(limits=limits)
    await house.desk.ring(ring(call_sid="CA0"))
    reason, phrase, step = answer
    told = Declined(Sentence(f"{phrase} in English", "en-US"), reason, step)
    assert await house.desk.ring(ring(caller=caller)) == told
    assert house.shed == []


# ---- what callers leave


CONTACT = Contact("CA1", CALLER, STORE)
RECORDED = Recorded("RE1", "https://api.twilio.com/RE1", 7)


async def test_who_presses_one_is_on_the_list_and_thanked() -> None:
    house = House()
    thanks = await house.desk.after_offer(CONTACT, "1")
    assert thanks == HangUpStep(Sentence("callback_thanks in English", "en-US"))
    (kept,) = house.kept
    assert (kept.call_sid, kept.kind, kept.line, kept.caller) == ("CA1", "callback", "store", CALLER)
    assert kept.at == MONDAY_NOON


async def test_who_presses_something_else_is_told_to_call_again() -> None:
    house = House()
    assert await house.desk.after_offer(CONTACT, "5") == HangUpStep(Sentence("busy in English", "en-US"))
    assert house.kept == []


async def test_a_message_is_kept_and_its_caller_thanked() -> None:
    house = House()
    thanks = await house.desk.after_message(CONTACT, RECORDED)
    assert thanks == HangUpStep(Sentence("voicemail_thanks in English", "en-US"))
    (kept,) = house.kept
    assert (kept.kind, kept.recording_sid, kept.duration_s, kept.words) == ("voicemail", "RE1", 7, "wanted")


async def test_a_recording_of_which_nobody_says_whose_it_is_is_kept_all_the_same() -> None:
    house = House()
    house.desk.recording(Contact("CA1", "", ""), RECORDED)
    assert [(message.call_sid, message.line, message.caller) for message in house.kept] == [("CA1", "", "")]


@pytest.mark.parametrize(
    ("way", "step"),
    [
        ("voicemail", VoicemailStep(Sentence("Leave a message.", "en-US"), Sentence("apology in English", "en-US"))),
        ("callback", CallbackStep(Sentence("Press 1.", "en-US"))),
    ],
)
async def test_when_no_session_can_be_had_a_message_is_taken_by_the_lines_wish(way: str, step: Step) -> None:
    phrases = {"voicemail": "Leave a message.", "callback_offer": "Press 1."}
    async with talking(House(rules=replace(RULES, unreachable=(way, "apology"), phrases=phrases))) as house:
        house.tell(SessionLost(401, "API key not valid"))
        assert await house.desk.after_stream("CA1") == step


async def test_whoever_was_spoken_to_in_spanish_is_thanked_in_spanish() -> None:
    both = replace(
        LINES["store"],
        languages=("en-US", "es-US"),
        phrases={"en-US": ENGLISH, "es-US": SPANISH},
        phrases_language={"en-US": "en", "es-US": "es"},
    )
    rules = replace(RULES, language="es-US", unreachable=("voicemail",), phrases={"voicemail": "Deje un mensaje."})
    rules = replace(rules, phrases_written_in={"es-US": "es"})
    async with talking(House({"store": both}, rules=rules)) as house:
        house.tell(SessionLost(401, "API key not valid"))
        await house.desk.after_stream("CA1")
        thanks = await house.desk.after_message(CONTACT, RECORDED)
    assert thanks == HangUpStep(Sentence("voicemail_thanks in Spanish", "es"))
    assert house.kept[0].language == "es"


# ---- after the stream


async def test_after_a_goodbye_the_call_is_over() -> None:
    async with talking() as house:
        await house.leave("end_call")
        assert await house.desk.after_stream("CA1") == HangUpStep(None)


async def test_after_a_handoff_the_representative_is_dialled() -> None:
    async with talking() as house:
        await house.leave("hand_off")
        assert await house.desk.after_stream("CA1") == DialStep("+12025550100", None, 20, None)


async def test_when_no_session_could_be_had_twilio_says_the_apology() -> None:
    async with talking() as house:
        house.tell(SessionLost(401, "API key not valid"))
        step = await house.desk.after_stream("CA1")
    assert isinstance(house.switchboard.left("CA1"), HangUp)
    assert isinstance(step, HangUpStep)
    assert step.say is not None
    assert (step.say.language, bool(step.say.text)) == ("en-US", True)


AGAIN = StreamStep(Sentence("apology in English", "en-US"), CALLER, STORE)


async def test_a_stream_that_broke_is_streamed_again_and_the_call_goes_on() -> None:
    async with talking() as house:
        house.phone.hang_up(clean=False)
        await settled()
        assert await house.desk.after_stream("CA1") == AGAIN
        again = await house.come_back()
        assert house.bridge.call.state is State.RENEWING
        again.hang_up()
        await settled()
        assert house.ends() == [dispositions.CALLER_HUNG_UP]


async def test_twilio_may_know_that_a_stream_broke_before_we_do() -> None:
    async with talking() as house:
        assert await house.desk.after_stream("CA1") == await house.desk.after_stream("CA1") == AGAIN
        again = await house.come_back()
        house.phone.hang_up(clean=False)  # now the old socket is noticed to be gone
        await settled()
        assert house.bridge.call.state is State.RENEWING
        assert house.ends() == []
        again.hang_up()


async def test_a_stop_that_comes_after_the_question_what_is_next_ends_the_call_at_once() -> None:
    async with talking() as house:
        assert await house.desk.after_stream("CA1") == AGAIN
        house.phone.hang_up()
        await settled()
        assert house.ends() == [dispositions.CALLER_HUNG_UP]


async def test_a_caller_who_hung_up_needs_no_next_step() -> None:
    async with talking() as house:
        house.phone.hang_up()
        await settled()
        assert await house.desk.after_stream("CA1") == HangUpStep(None)


async def test_a_lost_stream_nobody_came_back_from_is_not_streamed_again() -> None:
    async with talking() as house:
        house.phone.hang_up(clean=False)
        await settled()
        house.clock.now += 31.0
        house.tell(DeadlinePassed())
        await settled()
        assert house.ends() == [dispositions.STREAM_LOST]
        assert await house.desk.after_stream("CA1") == HangUpStep(None)


async def test_a_caller_whose_call_this_process_does_not_know_hears_an_apology() -> None:
    step = await House().desk.after_stream("CA9")
    assert step == HangUpStep(Sentence("apology in English", "en-US"))


async def test_giving_up_on_sessions_the_caller_hears_a_word_before_the_representative_rings() -> None:
    async with talking() as house:
        house.phone.feed(SpeechStarted())
        house.model.feed(AssistantAudio(sound(200)))
        house.model.feed(GenerationCompleted())
        house.model.feed(TurnCompleted())
        house.clock.now += 5.0
        house.tell(DeadlinePassed())
        house.tell(SessionLost(401, "API key not valid"))
        step = await house.desk.after_stream("CA1")
    said = Sentence("I am connecting you with a colleague now.", "en-US")
    assert step == DialStep("+12025550100", None, 20, said)


async def test_the_next_step_is_known_after_the_call_has_ended() -> None:
    async with talking(House(rules=replace(RULES, handoff_number=None))) as house:
        house.tell(SessionLost(401, ""))
        await settled()
        assert house.switchboard.find("CA1") is None
        step = await house.desk.after_stream("CA1")
        assert isinstance(step, HangUpStep)
        assert step.say is not None


# ---- after the dial


@pytest.mark.parametrize("status", ["completed", "answered"])
async def test_a_handoff_that_was_answered_ends_the_call(status: str) -> None:
    async with talking() as house:
        await house.leave("hand_off")
        assert await house.desk.after_dial("CA1", status) == HangUpStep(None)
        await settled()
        assert house.ends() == [dispositions.HANDED_OFF]
        assert await house.desk.after_dial("CA1", status) == HangUpStep(None)
    assert len(list(house.journal.events(HandoffAnswered))) == 1


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled"])
async def test_a_handoff_nobody_took_brings_the_caller_back_to_us(status: str) -> None:
    async with talking() as house:
        await house.leave("hand_off")
        step = await house.desk.after_dial("CA1", status)
        assert step == StreamStep(Sentence("apology in English", "en-US"), CALLER, STORE)
        assert [event for event, _ in house.journal.events(HandoffFailed)] == [HandoffFailed(status)]
        assert house.bridge.call.state is State.AWAY


async def test_a_caller_who_comes_back_is_apologised_to_in_their_lines_language() -> None:
    async with talking(called=OFFICE) as house:
        await house.leave("hand_off")
        step = await house.desk.after_dial("CA1", "busy")
        assert step == StreamStep(Sentence("apology in Spanish", "es-ES"), CALLER, OFFICE)


async def test_a_dial_webhook_that_is_tried_again_is_answered_again() -> None:
    async with talking() as house:
        await house.leave("hand_off")
        assert await house.desk.after_dial("CA1", "busy") == await house.desk.after_dial("CA1", "busy")


async def test_a_caller_who_came_back_and_lost_the_stream_is_not_dialled_on_again() -> None:
    async with talking() as house:
        await house.leave("hand_off")
        await house.desk.after_dial("CA1", "no-answer")
        again = FakePhone(house.log, stream_sid="MZ2")
        house.group.create_task(house.switchboard.serve(again))
        await settled()
        again.hang_up(clean=False)
        await settled()
        assert await house.desk.after_stream("CA1") == AGAIN


async def test_after_the_dial_of_a_call_nobody_knows_the_call_is_over() -> None:
    assert await House().desk.after_dial("CA9", "no-answer") == HangUpStep(None)
    assert await House().desk.after_dial("CA9", "completed") == HangUpStep(None)


# ---- what Twilio tells besides


@pytest.mark.parametrize("status", ["completed", "canceled", "failed"])
async def test_a_call_that_is_over_by_twilios_word_ends_although_its_stream_is_open(status: str) -> None:
    async with talking() as house:
        house.desk.call_status("CA1", status)
        await settled()
        assert house.ends() == [dispositions.CALLER_HUNG_UP]
        assert house.log.did.count("leave") == 1
        assert house.switchboard.find("CA1") is None


@pytest.mark.parametrize("status", ["ringing", "in-progress"])
async def test_a_call_that_goes_on_by_twilios_word_goes_on(status: str) -> None:
    async with talking() as house:
        house.desk.call_status("CA1", status)
        await settled()
        assert house.ends() == []


async def test_who_hangs_up_while_the_representative_is_rung_was_not_handed_off() -> None:
    async with talking() as house:
        await house.leave("hand_off")
        house.desk.call_status("CA1", "completed")
        await settled()
        assert house.ends() == [dispositions.CALLER_HUNG_UP]


async def test_the_status_after_an_answered_dial_changes_nothing() -> None:
    async with talking() as house:
        await house.leave("hand_off")
        await house.desk.after_dial("CA1", "completed")
        house.desk.call_status("CA1", "completed")
        await settled()
        assert house.ends() == [dispositions.HANDED_OFF]


async def test_a_lost_stream_whose_call_is_over_is_not_waited_for() -> None:
    async with talking() as house:
        house.phone.hang_up(clean=False)
        await settled()
        house.desk.call_status("CA1", "completed")
        await settled()
        assert house.ends() == [dispositions.CALLER_HUNG_UP]


async def test_the_status_of_a_call_nobody_knows_is_nothing_to_us() -> None:
    House().desk.call_status("CA9", "completed")


async def test_a_streams_failure_at_twilio_is_logged_and_nothing_else_is() -> None:
    with capture_logs() as logs:
        House().desk.stream_status("CA1", "stream-started", "")
        House().desk.stream_status("CA1", "stream-error", "31920")
    assert [(line["event"], line["error"]) for line in logs] == [("stream failed at Twilio", "31920")]


# ---- outside the hours


REPRESENTATIVE = "+34915550199"
PASSED_ON = replace(LINES["office"], closed="hand_off", handoff_number=REPRESENTATIVE, phrases_language={"es-ES": "es"})


async def test_a_closed_line_may_pass_its_calls_on_to_a_representative() -> None:
    desk = House({"office": PASSED_ON}, MONDAY_NIGHT).desk
    step = await desk.ring(ring(OFFICE))
    assert isinstance(step, DialStep)
    assert step.number == REPRESENTATIVE
    assert step.say == Sentence("handing_off in Spanish", "es")


async def test_and_says_that_it_is_closed_where_nobody_takes_them() -> None:
    desk = House({"office": PASSED_ON}, MONDAY_NIGHT).desk
    await desk.ring(ring(OFFICE))
    assert await desk.after_dial("CA1", "no-answer") == HangUpStep(Sentence("closed in Spanish", "es"))
    assert await desk.after_dial("CA1", "no-answer") == HangUpStep(None)


async def test_one_that_was_taken_ends_without_a_word() -> None:
    desk = House({"office": PASSED_ON}, MONDAY_NIGHT).desk
    await desk.ring(ring(OFFICE))
    assert await desk.after_dial("CA1", "completed") == HangUpStep(None)


async def test_outside_the_representatives_hours_too_a_closed_line_only_says_so() -> None:
    line = replace(PASSED_ON, handoff_hours=NINE_TO_FIVE)
    desk = House({"office": line}, MONDAY_NIGHT).desk
    assert await desk.ring(ring(OFFICE)) == Declined(Sentence("closed in Spanish", "es"), "closed")


# ---- texts


def text(body: str, caller: str = CALLER, sid: str = "SM1") -> TextIn:
    return TextIn(sid, caller, STORE, body)


async def test_a_text_of_a_caller_goes_into_their_call() -> None:
    async with talking() as house:
        assert await house.desk.text(text("1047")) is None
        assert TextReceived("1047") in [event for event, _, _ in house.journal.steps]


async def test_photos_go_in_one_by_one_the_words_with_the_first() -> None:
    async with talking() as house:
        one, two = Image(b"1", 1, 1), Image(b"2", 2, 2)
        house.desk._hand_in("CA1", "this part", (one, two))
        seen = [event for event, _, _ in house.journal.steps if isinstance(event, PhotoReceived)]
        assert seen == [PhotoReceived(one, "this part"), PhotoReceived(two, "")]


async def test_somebody_who_is_not_on_the_phone_is_told_in_the_lines_own_words() -> None:
    line = replace(LINES["store"], phrases={"en-US": {**ENGLISH, "text_no_call": "Call us first."}})
    assert await House({"store": line}).desk.text(text("hello")) == "Call us first."


async def test_who_calls_is_looked_up_while_the_phone_rings() -> None:
    begun: list[tuple[str, str]] = []

    class Looks:
        def begin(self, published: Published, call_sid: str, caller: str) -> None:
            begun.append((call_sid, caller))

    desk = House().desk
    desk.look_ups = Looks()
    await desk.ring(ring())
    assert begun == [("CA1", CALLER)]
