"""A model that goes round in circles is made to apologise and to offer a way out."""

import pytest

from app.call.commands import Say
from app.call.events import ToolCalled, ToolReturned
from app.call.flags import REFUSAL_LOOP, SENTENCE_LOOP
from app.call.health_loops import alike, refuses
from tests.playbook import Scene, greeted

AGAIN = "Could you tell me your order number, please?"
REFUSAL = "I'm sorry, I can't help with that."


def told(scene: Scene, *turns: str) -> Scene:
    """The caller says something, the assistant this, in turn."""
    for words in turns:
        scene.caller_says("My order is late.").assistant_says(words, ms=1_000).wait(2.0)
    return scene


def test_the_same_words_three_times_running_are_a_loop() -> None:
    scene = told(greeted(), AGAIN, AGAIN)
    assert not scene.unwell
    told(scene, "Could you tell me your order number please")
    assert scene.unwell == [(SENTENCE_LOOP, "3 times")]
    assert scene.one(Say).instruction == (
        "You are going round in circles. Do not say that again: apologise in one short sentence and offer to connect "
        "the caller with a colleague."
    )


def test_where_nobody_can_be_reached_another_way_is_offered() -> None:
    scene = told(greeted(handoff_number=None), AGAIN, AGAIN, AGAIN)
    assert "ask how else you can help" in scene.one(Say).instruction


def test_a_closing_question_after_each_answer_is_no_loop() -> None:
    anything = "Is there anything else I can help you with?"
    scene = told(
        greeted(), *(f"Order {n} is {state}. {anything}" for n, state in ((1047, "lost"), (1048, "on its way")))
    )
    told(scene, f"Your refund was sent on Monday. {anything}", f"We open at nine. {anything}")
    assert not scene.unwell


def test_nor_is_what_is_said_between_tools() -> None:
    scene = greeted()
    for number in range(4):
        told(scene, "Is there anything else I can do for you?")
        scene.when(
            ToolCalled(f"t{number}", "look_up_order", {"n": number}), ToolReturned(f"t{number}", {"status": "ok"})
        )
    assert not scene.unwell


def test_short_words_and_the_houses_own_may_be_said_as_often_as_one_likes() -> None:
    scene = told(greeted(phrases={"are_you_there": "Are you still there?"}), *["Of course."] * 4)
    told(scene, *["Are you still there?"] * 4)
    assert not scene.unwell


def test_three_refusals_running_are_a_loop_however_they_are_put() -> None:
    scene = told(
        greeted(), REFUSAL, "Unfortunately I am not able to help you with this one.", "No, I cannot discuss that."
    )
    assert scene.unwell == [(REFUSAL_LOOP, "3 in a row")]
    assert scene.of(Say)


def test_a_refusal_between_answers_is_none() -> None:
    scene = told(greeted(), REFUSAL, "We open at nine.", REFUSAL, "And close at six.", REFUSAL)
    assert not scene.unwell


def test_it_is_told_so_twice_at_most() -> None:
    scene = told(greeted(), *[AGAIN] * 12)
    assert len(scene.unwell) == 4
    assert len([say for say in scene.ever(Say) if "round in circles" in say.instruction]) == 2


REFUSED = {
    "en-US": "I'm sorry, but I can't help with that.",
    "es-US": "Lo siento, no puedo ayudarle con eso.",
    "fr-FR": "Désolé, je ne peux pas vous aider avec cela.",
    "de-DE": "Dabei kann ich Ihnen leider nicht helfen.",
    "pt-BR": "Desculpe, não posso ajudar com isso.",
    "pl-PL": "Przykro mi, nie mogę w tym pomóc.",
    "hi-IN": "माफ़ कीजिए, मैं इसमें मदद नहीं कर सकता।",
    "ja-JP": "申し訳ございませんが、その件はお手伝いできません。",
    "ar-SA": "عذرًا، لا أستطيع مساعدتك في ذلك.",
    "zh-CN": "抱歉，我无法为您提供这方面的帮助。",
}
ANSWERED = {
    "en-US": "I can't find order 1047. Can you help me with the number?",
    "es-US": "No puedo encontrar el pedido, pero puedo ayudarle.",
    "fr-FR": "Je ne trouve pas la commande. Je peux vous aider autrement.",
    "de-DE": "Ich kann Ihnen dabei gern helfen.",
    "pt-BR": "Não encontrei o pedido. Posso ajudar com outra coisa?",
    "pl-PL": "Mogę pomóc w inny sposób.",
    "hi-IN": "मैं आपकी मदद कर सकता हूँ।",
    "ja-JP": "はい、お手伝いできます。",
    "ar-SA": "أستطيع مساعدتك في ذلك.",
    "zh-CN": "好的，我来为您查询。",
}


@pytest.mark.parametrize("language", REFUSED)
def test_refusals_are_known_in_every_language_we_ship(language: str) -> None:
    assert refuses(REFUSED[language], language)
    assert not refuses(ANSWERED[language], language)


def test_alike_is_a_matter_of_letters_in_any_script() -> None:
    assert alike("ご注文番号を教えていただけますか。", "ご注文番号を教えていただけますか")
    assert not alike("Your order 1047 is on its way.", "Your refund of ten euros was sent.")
