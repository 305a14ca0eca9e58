"""What the assistant says it has done is held against what tools have done."""

from dataclasses import replace

import pytest

from app.call.claims import claimed, kinds_of
from app.call.commands import RecordFlag
from app.call.events import AssistantInterrupted, ToolCalled, ToolReturned
from app.call.flags import UNFOUNDED_CLAIM
from tests.playbook import RULES, Scene, greeted

REFUNDING = replace(RULES, tools=(*RULES.tools, "start_return"), claims={"start_return": ("refund",)})


def claims(scene: Scene) -> list[str]:
    return [flag.detail for flag in scene.ever(RecordFlag) if flag.name == UNFOUNDED_CLAIM]


def said(words: str, scene: Scene | None = None) -> Scene:
    scene = scene or greeted(REFUNDING).caller_says("I want my money back.")
    return scene.assistant_says(words, ms=1_000).wait(3.0)


def test_a_claim_without_an_effect_is_flagged() -> None:
    assert claims(said("I have refunded your order.")) == ["refund"]


def test_a_claim_after_the_effect_is_not() -> None:
    scene = greeted(REFUNDING).caller_says("I want my money back.")
    scene.when(ToolCalled("1", "start_return"), ToolReturned("1", {"status": "ok", "message": "ok"}, effect=True))
    assert claims(said("I have refunded your order.", scene)) == []


def test_nor_one_while_the_tool_still_runs() -> None:
    scene = greeted(REFUNDING).caller_says("I want my money back.").when(ToolCalled("1", "start_return"))
    assert claims(said("I've refunded it.", scene)) == []


def test_a_tool_that_was_refused_founds_nothing() -> None:
    scene = greeted(REFUNDING).caller_says("I want my money back.")
    scene.when(ToolCalled("1", "start_return"), ToolReturned("1", {"message": "Not allowed."}, "refused"))
    assert claims(said("I've refunded it.", scene)) == ["refund"]


def test_what_a_tool_has_told_of_is_only_passed_on() -> None:
    scene = greeted(REFUNDING).caller_says("What about my order?")
    told = {"status": "ok", "message": "The order has been cancelled."}
    scene.when(ToolCalled("1", "look_up_order"), ToolReturned("1", told))
    assert claims(said("Your order has been cancelled.", scene)) == []


def test_words_that_nobody_heard_are_no_claim() -> None:
    scene = greeted(REFUNDING).caller_says("Well?")
    scene.assistant_says("Let me see now, one moment please. I have refunded your order.", ms=6_000).wait(0.5)
    scene.when(AssistantInterrupted()).wait(3.0)
    assert claims(scene) == []


@pytest.mark.parametrize(
    ("language", "words", "kinds"),
    [
        ("en-US", "I've just cancelled it for you.", ["cancel"]),
        ("en-US", "Your appointment has been booked.", ["book"]),
        ("en-US", "The card is now blocked.", ["block"]),
        ("en-US", "I can refund that, shall I?", []),
        ("en-US", "I will send it tomorrow.", []),
        ("en-US", "Would you like it cancelled?", []),
        ("en-US", "I have not cancelled anything.", []),
        ("es-US", "Ya le he reembolsado el importe.", ["refund"]),
        ("es-US", "Puedo cancelar el pedido.", []),
        ("fr-FR", "J'ai annulé votre commande.", ["cancel"]),
        ("de-DE", "Ich habe Ihren Termin gebucht.", ["book"]),
        ("pt-BR", "Eu cancelei o pedido.", ["cancel"]),
        ("pl-PL", "Zarezerwowałam wizytę.", ["book"]),
        ("ja-JP", "ご予約をキャンセルしました。", ["cancel"]),
        ("zh-Hans", "我已经为您取消了订单。", ["cancel"]),
        ("ar-EG", "تم إلغاء الطلب.", ["cancel"]),
        ("hi-IN", "मैंने ऑर्डर रद्द कर दिया है।", ["cancel"]),
        ("th-TH", "ยกเลิกแล้ว", []),
    ],
)
def test_claims_are_known_in_the_shipped_languages(language: str, words: str, kinds: list[str]) -> None:
    assert claimed(words, language) == kinds


def test_what_a_tool_can_do_is_told_from_its_name_and_description() -> None:
    assert kinds_of("start_return", "Start the return of an order and its refund.") == ("refund", "order")
    assert kinds_of("level_note", "Keep the learner's level.") == ()
