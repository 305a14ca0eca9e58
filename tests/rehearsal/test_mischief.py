"""What a model can be asked to get wrong."""

from app.rehearsal.actions import Action, Speak, UseTool
from app.rehearsal.faults import Fault, fault_from
from app.rehearsal.mischief import Mischief

ANSWER: list[Action] = [Speak("One moment.", "en"), UseTool("refund", {"order": "1047"})]


def test_without_a_fault_nothing_changes() -> None:
    mischief = Mischief(Fault())
    assert mischief.answering(ANSWER) == ANSWER
    assert mischief.after("refund", []) == []


def test_a_claim_is_made_once_and_no_tool_is_used() -> None:
    mischief = Mischief(Fault(claim=True))
    assert mischief.answering([]) == []
    claimed = mischief.answering(ANSWER)
    assert claimed == [Speak("I have refunded your order. The money is on its way to you.", "en")]
    assert mischief.answering(ANSWER) == ANSWER


def test_a_tool_is_called_as_often_as_was_asked() -> None:
    mischief = Mischief(Fault(repeat_tool=8))
    calls, actions = 0, mischief.answering(ANSWER)
    while any(isinstance(action, UseTool) for action in actions):
        calls += 1
        actions = mischief.after("refund", [Speak("Done.", "en")])
    assert calls == 8
    assert actions == [Speak("Done.", "en")]


def test_one_turn_drifts_into_another_language() -> None:
    mischief = Mischief(Fault(drift="de"))
    drifted = mischief.answering(ANSWER)
    assert [action.language for action in drifted if isinstance(action, Speak)] == ["de"]
    assert mischief.answering(ANSWER) == ANSWER


def test_faults_are_read_in_either_style() -> None:
    assert fault_from({"repeat-tool": "8", "slow-answer-s": "1.5"}) == Fault(repeat_tool=8, slow_answer_s=1.5)
