"""A call's records, redacted on their way to the store."""

import re

from app.call.commands import HangUp, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.redaction.records import RecordRedaction

END = RecordEnd("completed", "caller", 30.0, problem="ValueError: no customer 212-555-0123")


def _turn(number: int, side: str, heard: str, unheard: str = "", at: float = 0.0) -> RecordTurn:
    return RecordTurn(number, "caller" if side == "c" else "assistant", heard, unheard, at, at + 10.0)


def test_a_turn_without_secrets_is_stored_at_once_and_as_it_is() -> None:
    turn = _turn(1, "c", "Where is my order 1047?")

    assert RecordRedaction("en-US").records(turn) == [turn]


def test_a_turn_that_may_go_on_waits_for_the_next_and_for_the_end() -> None:
    redaction = RecordRedaction("en-US")
    assert redaction.records(_turn(1, "c", "four one one one")) == []
    assert redaction.records(_turn(2, "a", "mm-hm")) == [_turn(2, "a", "mm-hm")]
    assert redaction.records(_turn(3, "c", "one one one one, one one one one, one one one one")) == []

    stored = redaction.records(END)

    assert [(one.number, one.heard) for one in stored if isinstance(one, RecordTurn)] == [(1, "[card]"), (3, "[card]")]
    assert stored[-1] == RecordEnd("completed", "caller", 30.0, problem="ValueError: no customer [phone]")


def test_nothing_waits_when_the_call_leaves_its_stream() -> None:
    redaction = RecordRedaction("en-US")
    turn = _turn(1, "c", "I think it was 4 1 1 1")
    redaction.records(turn)

    assert redaction.records(HangUp()) == [turn, HangUp()]


def test_heard_and_unheard_are_one_text() -> None:
    turn = _turn(
        1, "a", "Your card number is four one one one one one one one", "one one one one one one one one, right?"
    )

    (stored,) = RecordRedaction("en-US").records(turn)

    assert isinstance(stored, RecordTurn)
    assert (stored.heard, stored.unheard) == ("Your card number is [card]", "[card], right?")


def test_keys_are_kept_only_where_something_harmless_was_asked_for() -> None:
    redaction = RecordRedaction("en-US")
    redaction.records(_turn(1, "a", "Please key in your order number. What is it?"))
    assert redaction.records(_turn(2, "c", "[keys] 1047#")) == [_turn(2, "c", "[keys] 1047#")]
    redaction.records(_turn(3, "a", "Thank you. And now your PIN, please."))
    redaction.records(_turn(4, "c", "[keys] 4821#"))

    (pin,) = (one for one in redaction.records(END) if isinstance(one, RecordTurn))

    assert pin.heard == "[keys] [secret]#"


def test_tools_are_redacted_by_their_words_and_by_their_names() -> None:
    tool = RecordTool(
        "t1",
        "pay",
        {"order_number": "1047", "amount": 12.5, "cardNumber": 4111111111111111, "pin": "4821",
         "note": "at 212-555-0123"},
        {"status": "ok", "customer": {"email": "a@example.com", "orders": ["1047", 1048]}, "password": "sunflower"},
        "ok",
        3,
        1.0,
    )  # fmt: skip

    (stored,) = RecordRedaction("en-US").records(tool)

    assert isinstance(stored, RecordTool)
    assert stored.args == {
        "order_number": "1047",
        "amount": 12.5,
        "cardNumber": "[card]",
        "pin": "[secret]",
        "note": "at [phone]",
    }
    assert stored.response == {
        "status": "ok",
        "customer": {"email": "[e-mail]", "orders": ["1047", 1048]},
        "password": "[secret]",
    }


def test_flags_are_redacted_and_what_the_line_names_stays() -> None:
    redaction = RecordRedaction("en-US", (re.compile("212-555-0100"),))

    flags = [RecordFlag("claim", 1.0, f"told to call {number}") for number in ("212-555-0100", "212-555-0199")]

    assert [redaction.records(flag) for flag in flags] == [
        [flags[0]],
        [RecordFlag("claim", 1.0, "told to call [hidden]")],
    ]


def test_the_sound_of_what_goes_is_told_in_good_time_and_generously() -> None:
    told: list[tuple[str, float, float]] = []
    redaction = RecordRedaction("en-US", silence=lambda *span: told.append(span))

    redaction.records(_turn(1, "c", "I would like to pay with my card, the number is 4111 1111 1111 1111.", at=20.0))

    ((side, from_s, to_s),) = told
    assert (side, to_s) == ("caller", 31.5)
    assert 20.0 < from_s < 25.0


def test_the_sound_of_earlier_goes_is_told_as_soon_as_they_are_known() -> None:
    told: list[float] = []
    redaction = RecordRedaction("en-US", silence=lambda _, from_s, __: told.append(from_s))
    redaction.records(_turn(1, "c", "four one one one one one one one", at=20.0))
    assert told == []

    redaction.records(_turn(3, "c", "one one one one one one one one", at=31.0))

    assert [round(at) for at in told] == [18, 30]
