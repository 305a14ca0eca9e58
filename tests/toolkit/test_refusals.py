"""Whether a caller agrees, in the shipped languages."""

import pytest

from app.toolkit.refusals import agrees, asks, refuses


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "Yes."),
        ("en-US", "Yeah, that's right, go ahead"),
        ("en-US", "Sure, no problem."),
        ("en-US", "Yes, cancel it"),
        ("en-US", "1"),
        ("es-US", "Sí, claro."),
        ("es-US", "Sí, cómo no"),
        ("es-US", "Correcto, hágalo"),
        ("fr-FR", "Oui, allez-y, pas de problème"),
        ("fr-FR", "D’accord"),
        ("de-DE", "Ja, genau, kein Problem"),
        ("de-DE", "Ja, machen Sie mal"),
        ("pt-BR", "Sim, no sábado está bom"),
        ("hi-IN", "हाँ, ठीक है"),
        ("hi-IN", "जी हाँ, कर दीजिए"),
        ("ja-JP", "はい、お願いします"),
        ("ja-JP", "はい、間違いありません"),
        ("ja-JP", "すみません、はい、お願いします"),
        ("nl-NL", "Ja, nu graag"),
        ("ar-EG", "نعم، تفضل"),
        ("ar-EG", "أيوه، لا مشكلة"),
        ("zh-Hans", "对，好的"),
        ("zh-Hans", "没问题"),
        ("pl-PL", "No tak, proszę"),
        ("pl-PL", "Tak, zgadza się"),
    ],
)
def test_words_of_agreement_agree(language: str, said: str) -> None:
    assert agrees(said, language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "No."),
        ("en-US", "Don’t do that"),
        ("en-US", "That's not right"),
        ("en-US", "Yes, no, wait"),
        ("en-US", "Hold on."),
        ("en-US", "NO!"),
        ("es-US", "No, gracias"),
        ("es-US", "Espera un momento"),
        ("fr-FR", "Non, pas ça"),
        ("fr-FR", "Attendez"),
        ("de-DE", "Nein, das stimmt nicht"),
        ("de-DE", "Einen Moment bitte"),
        ("pt-BR", "Não quero"),
        ("pt-BR", "Espera aí"),
        ("hi-IN", "नहीं, रहने दीजिए"),
        ("hi-IN", "रुकिए"),
        ("ja-JP", "いいえ、違います"),
        ("ja-JP", "ちょっと待ってください"),
        ("ja-JP", "結構です"),
        ("ar-EG", "لا، شكرا"),
        ("ar-EG", "انتظر لحظة"),
        ("zh-Hans", "不是，等一下"),
        ("zh-Hans", "別这样"),
        ("pl-PL", "Nie, proszę poczekać"),
        ("pl-PL", "Chwileczkę"),
        ("it-IT", "Aspetti"),
        ("ru-RU", "Нет, подождите"),
        ("ko-KR", "아니요"),
        ("en-US", "Nein!"),  # in another language than the call is held in
        ("ja-JP", "no"),
    ],
)
def test_words_of_refusal_do_not(language: str, said: str) -> None:
    assert refuses(said, language)
    assert not agrees(said, language)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en-US", "Tell me about your loans"),
        ("en-US", "2"),
        ("en-US", "the blue one"),
        ("es-US", "Quiero hablar de otra cosa"),
        ("fr-FR", "Le lundi"),
        ("de-DE", "Am Montag um zehn"),
        ("ja-JP", "月曜日"),
        ("zh-Hans", "星期一"),
        ("ar-EG", "يوم الاثنين"),
        ("hi-IN", "सोमवार"),
        ("pl-PL", "W poniedziałek"),
    ],
)
def test_other_words_are_neither(language: str, said: str) -> None:
    assert not refuses(said, language)
    assert not agrees(said, language)


def test_in_a_language_whose_yes_nobody_has_written_down_it_is_enough_not_to_refuse() -> None:
    assert agrees("ตกลง", "th-TH")
    assert not agrees("ไม่", "th-TH")


@pytest.mark.parametrize("said", ["", "  ", "...", "?!", "—"])
def test_who_says_nothing_does_not_agree(said: str) -> None:
    assert not agrees(said, "en-US")


@pytest.mark.parametrize(
    ("said", "only_asks"),
    [
        ("What does it cost?", True),
        ("¿Cuánto cuesta?", True),
        ("いくらですか？", True),
        ("كم يكلف ذلك؟", True),
        ("Yes, can you?", False),
        ("Yes.", False),
        ("Yes. Why?", False),
        ("", False),
    ],
)
def test_a_question_alone_agrees_to_nothing(said: str, only_asks: bool) -> None:
    assert asks(said) is only_asks
