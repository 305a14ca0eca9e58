"""What is judged of calls whose database was stopped for a while."""

from app.call.commands import RecordTurn
from app.drill.outage import twice, uneven
from app.rehearsal.phone_notes import Happening
from tests.drill.calls import told

ASKED = (Happening(3.0, "caller", "How is trail number 1003 today?"),)


def turns(*numbers: int) -> tuple[RecordTurn, ...]:
    return tuple(RecordTurn(number, "caller", "How is trail number 1003 today?") for number in numbers)


def test_a_turn_that_is_missing_or_there_twice_is_found() -> None:
    assert not uneven(told(turns=turns(2, 1, 3)))
    assert uneven(told(turns=turns(1, 3)))
    assert uneven(told(turns=turns(1, 2, 2)))
    assert uneven(told(turns=()))


def test_words_on_record_more_often_than_they_were_said_are_found() -> None:
    assert twice(told(happened=ASKED, turns=turns(1))) == []
    assert twice(told(happened=ASKED, turns=turns(1, 2))) == ["1003"]
