"""Patience while a number is dictated, and the limit on what a call may cost."""

from dataclasses import replace

import pytest

from app.call.commands import Listen, RecordFlag, Say
from app.call.costs import cost_of
from app.call.dictation import asks_for_digits
from app.call.dispositions import COST_LIMIT as COST_LIMIT_DISPOSITION
from app.call.events import CallerHungUp, SpeechEnded, SpeechStarted, UsageReported
from app.call.flags import COST_LIMIT
from tests.playbook import RULES, Scene, frame, greeted

PATIENT = replace(RULES, digits_ms=1_200)
FRAMES_450_MS = [frame()] * 22


def dictating() -> Scene:
    """The caller was asked for a number, and has said half of it."""
    scene = greeted(PATIENT).caller_says("Where is my order?")
    scene.assistant_says("What is your order number?", ms=1_000).wait(2.0)
    scene.when(SpeechStarted(), *[frame()] * 50)
    return scene


def listened(scene: Scene) -> float:
    return sum(listen.audio.ms for listen in scene.ever(Listen))


def test_while_a_number_is_expected_the_model_hears_a_little_late() -> None:
    assert dictating().listened_ms == 1_000 - 300


def test_a_short_pause_between_digits_is_hardly_heard_by_the_model() -> None:
    scene = dictating()
    before = listened(scene)
    scene.when(*FRAMES_450_MS, SpeechEnded(1_000, 440), *[frame()] * 25)
    assert listened(scene) - before == 440
    scene.when(SpeechStarted(), *[frame()] * 30)
    assert listened(scene) - before == pytest.approx(440 + 600, abs=20)


def test_a_caller_who_is_done_is_heard_whole_once_patience_is_over() -> None:
    scene = dictating()
    before = listened(scene)
    scene.when(*FRAMES_450_MS, SpeechEnded(1_000, 440), *[frame()] * 38)
    scene.wait(0.7)
    assert not scene.of(Listen)
    scene.wait(0.1)
    assert listened(scene) - before == 300 + 440 + 760


def test_after_the_answer_the_model_hears_at_once_again() -> None:
    scene = dictating().wait(0.1)
    scene.when(SpeechEnded(1_000, 450)).wait(1.0)
    scene.assistant_says("It was shipped on Friday.", ms=800).wait(2.0)
    assert scene.when(frame()).listened_ms == 20


def test_a_line_without_this_patience_has_none() -> None:
    scene = greeted().caller_says("Where is my order?")
    scene.assistant_says("What is your order number?", ms=1_000).wait(2.0)
    assert scene.when(frame()).listened_ms == 20


@pytest.mark.parametrize(
    ("words", "language", "asks"),
    [
        ("What is your order number?", "en-US", True),
        ("Could you tell me the postcode?", "en-GB", True),
        ("Is there anything else?", "en-US", False),
        ("Your number is on file.", "en-US", False),
        ("¿Cuál es su número de pedido?", "es-US", True),
        ("Quel est le numéro de votre commande ?", "fr-FR", True),
        ("Wie lautet Ihre Bestellnummer?", "de-DE", True),
        ("ご注文番号をお願いできますか？", "ja-JP", True),
        ("ما هو رقم الطلب؟", "ar-EG", True),
        ("请问您的订单号码是多少？", "zh-Hans", True),
        ("What is your order number?", "th-TH", False),
    ],
)
def test_a_question_for_a_number_is_known_in_the_shipped_languages(words: str, language: str, asks: bool) -> None:
    assert asks_for_digits(words, language) is asks


# ---- cost

PRICES = {"prompt.text": 1.0, "prompt.audio": 3.0, "response.audio": 12.0, "response.text": 4.0}
TURN = {
    "prompt": 1_000_000,
    "prompt.text": 400_000,
    "prompt.audio": 500_000,
    "response": 100_000,
    "response.audio": 100_000,
}


def test_tokens_cost_what_their_modality_costs_and_the_rest_what_text_does() -> None:
    assert cost_of(TURN, PRICES) == pytest.approx(0.4 + 1.5 + 0.1 + 1.2)


def test_nothing_is_known_to_cost_nothing() -> None:
    assert cost_of(TURN, {}) == 0.0


def test_the_cost_of_a_call_is_recorded_with_its_end() -> None:
    scene = greeted(prices=PRICES).when(UsageReported(TURN), UsageReported(TURN), CallerHungUp())
    assert scene.end.cost_usd == pytest.approx(6.4)


def test_where_no_price_is_known_none_is_recorded() -> None:
    assert greeted().when(UsageReported(TURN), CallerHungUp()).end.cost_usd is None


def test_a_call_that_has_cost_enough_is_brought_to_its_end_in_words() -> None:
    scene = greeted(prices=PRICES, cost_limit_usd=5.0)
    scene.when(UsageReported(TURN)).then()
    scene.when(UsageReported(TURN))
    assert [flag.name for flag in scene.of(RecordFlag)] == [COST_LIMIT]
    assert len(scene.of(Say)) == 1
    scene.assistant_says("Goodbye then.", ms=600).wait(6.0)
    assert scene.end.disposition == COST_LIMIT_DISPOSITION
