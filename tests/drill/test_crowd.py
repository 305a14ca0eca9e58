"""Many callers whose words are known."""

from app.call.commands import RecordTurn
from app.drill.crowd import FIRST, lost, said, steps
from app.drill.proofs import uncut
from app.rehearsal.callers import Say
from app.rehearsal.phone_notes import Happening
from tests.drill.calls import told

ASKED = (Happening(3.0, "caller", "How is trail number 1003 today?"), Happening(9.0, "caller", "No thanks, goodbye."))


def test_no_two_callers_say_the_same() -> None:
    words = [step.text for caller in range(25) for step in steps(caller, 18) if isinstance(step, Say)]
    numbers = [text for text in words if text != "No thanks, goodbye."]
    assert len(set(numbers)) == len(numbers) == 25 * 18
    assert str(FIRST) in numbers[0]


def test_what_was_said_and_is_in_no_transcript_is_lost() -> None:
    kept = told(happened=ASKED, turns=(RecordTurn(1, "caller", "How is trail number 1003 today?"),))
    gone = told(happened=ASKED, turns=())
    assert said(kept) == ["1003"]
    assert lost([kept]) == []
    assert lost([kept, gone]) == ["1003"]


def test_a_call_that_did_not_come_to_its_goodbye_was_cut() -> None:
    assert all(check.ok for check in uncut([told(happened=ASKED, turns=(RecordTurn(1, "caller", "trail 1003"),))]))
    assert not uncut([told(disposition="drained")])[0].ok
