"""Languages told from short sentences of callers, and when a call is told of them."""

import sys
from collections import Counter
from collections.abc import Callable

import pytest

from app.call import events
from app.call.events import LanguageDetected
from app.gemini import spoken_language
from app.gemini.spoken_language import MOST_CHARACTERS, TurnLanguages, language_of, named_language, suffices, warm_up

SAID = {
    "en": [
        "Where is my order, it should have been here on Monday",
        "I would like to speak to a person please",
        "Can you tell me when you open tomorrow",
        "Yes, that is right, the blue one",
        "I want to return a pair of shoes",
        "Sorry, could you say that again",
        "No, thank you, that was all",
        "There was a charge on my card that I don't know",
    ],
    "es": [
        "Quisiera saber dónde está mi pedido",
        "Necesito hablar con una persona, por favor",
        "¿A qué hora abren mañana?",
        "Sí, el número es mil cuarenta y siete",
        "Quiero devolver unos zapatos",
        "Perdón, ¿puede repetirlo?",
        "No, gracias, eso es todo",
        "Buenas tardes, llamo por una factura",
    ],
    "fr": [
        "Bonjour, je voudrais savoir où est ma commande",
        "Je voudrais parler à quelqu'un, s'il vous plaît",
        "À quelle heure ouvrez-vous demain ?",
        "Oui, c'est bien ça, la bleue",
        "Je veux rendre une paire de chaussures",
        "Pardon, vous pouvez répéter ?",
        "Non merci, c'est tout",
    ],
    "de": [
        "Guten Tag, wo bleibt meine Bestellung?",
        "Ich möchte bitte mit einem Menschen sprechen",
        "Wann machen Sie morgen auf?",
        "Ja genau, die blaue war es",
        "Ich will die Schuhe zurückgeben",
        "Entschuldigung, können Sie das wiederholen?",
        "Nein danke, das war alles",
    ],
    "pt": [
        "Bom dia, queria saber onde está o meu pedido",
        "Quero falar com uma pessoa, por favor",
        "A que horas vocês abrem amanhã?",
        "Sim, o número é mil e quarenta e sete",
        "Eu queria devolver um par de sapatos",
        "Desculpe, pode repetir?",
        "Não, obrigado, era só isso",
    ],
    "hi": [
        "नमस्ते, मेरा ऑर्डर कहाँ है?",
        "मुझे किसी व्यक्ति से बात करनी है",
        "आप कल कितने बजे खुलते हैं?",
        "हाँ, नीला वाला",
        "मुझे जूते वापस करने हैं",
        "माफ़ कीजिए, फिर से बोलिए",
        "नहीं, धन्यवाद, बस इतना ही",
    ],
    "ja": [
        "すみません、注文はどこにありますか",
        "人と話したいのですが",
        "明日は何時に開きますか",
        "はい、青いほうです",
        "靴を返品したいです",
        "もう一度お願いします",
        "カスタマーサポートお願いします",
    ],
    "ar": [
        "مرحبا، أين طلبي من فضلك؟",
        "أريد التحدث إلى شخص",
        "متى تفتحون غدا؟",
        "نعم، الأزرق",
        "أريد إرجاع الحذاء",
        "عفوا، هل يمكنك التكرار؟",
        "لا شكرا، هذا كل شيء",
    ],
    "zh": [
        "你好，我的订单在哪里？",
        "我想和人工客服说话",
        "你们明天几点开门？",
        "对，就是蓝色的那个",
        "我想退一双鞋",
        "不好意思，请再说一遍",
        "不用了，谢谢",
    ],
    "pl": [
        "Dzień dobry, gdzie jest moje zamówienie?",
        "Chciałbym rozmawiać z człowiekiem",
        "O której otwieracie jutro?",
        "Tak, to ta niebieska",
        "Chcę zwrócić buty",
        "Przepraszam, czy może pani powtórzyć?",
        "Nie, dziękuję, to wszystko",
    ],
}
SENTENCES = [(language, text) for language, texts in SAID.items() for text in texts]
WITH_SPANISH_NAMES = [
    "My name is Guadalupe Hernández",
    "This is José Luis Rodríguez speaking",
    "I live on Calle Ocho in Miami",
    "It was sent to María Fernanda Castillo in San Antonio",
    "The order is for Alejandro González Iñárritu",
    "I am calling about the guacamole and the tortillas",
    "It's under the name of Juan Carlos de la Cruz",
    "My wife Esperanza ordered it from Los Angeles",
    "Hi, this is Señora Villanueva from El Paso",
    "I bought the Doña María mole sauce in Santa Fe",
    "my name is guadalupe hernández and i live in san antonio",
]
NO_LANGUAGE = [
    "",
    "1047",
    "1 0 4 7 5 5 1 2",
    "Northwind",
    "Northwind 1047",
    "N W 1 0 4 7",
    "yes",
    "sí",
    "okay okay",
    "Hmm",
    "uh huh",
    "haha ha",
    "Guadalupe Hernández",
    "José Luis Rodríguez Martínez",
    "Francisco Javier Ortega Morales",
    "Berlin, Hamburg",
    "はい",
    "好的",
]
TEN = tuple(SAID)


@pytest.fixture(autouse=True)
async def _warm() -> None:
    await warm_up()


@pytest.mark.parametrize(("language", "text"), SENTENCES)
def test_a_short_sentence_of_the_call_s_languages_is_told(language: str, text: str) -> None:
    assert language_of(text, ("en", language)) == language


def test_of_ten_expected_languages_hardly_a_sentence_is_left_untold_and_none_told_wrong() -> None:
    told = [(language_of(text, TEN), language) for language, text in SENTENCES]
    assert [pair for pair in told if pair[0] not in (None, pair[1])] == []
    assert sum(found is None for found, _ in told) <= 0.02 * len(SENTENCES)


def test_a_language_nobody_expects_must_be_plain_but_most_sentences_are() -> None:
    told = [(language_of(text, ("en-US",)), language) for language, text in SENTENCES if language != "en"]
    assert [pair for pair in told if pair[0] not in (None, pair[1])] == []
    assert sum(found is None for found, _ in told) <= 0.2 * len(told)


@pytest.mark.parametrize("expected", [("en-US", "es-US"), ("es-US", "en-US"), ("en-US",), TEN])
def test_a_spanish_name_makes_no_sentence_spanish(expected: tuple[str, ...]) -> None:
    told = [language_of(text, expected) for text in WITH_SPANISH_NAMES]
    assert {found for found in told if found is not None} == {"en-US" if "en-US" in expected else "en"}
    assert told.count(None) <= 2


@pytest.mark.parametrize("expected", [("en-US", "es-US"), TEN, ()])
@pytest.mark.parametrize("text", NO_LANGUAGE)
def test_names_numbers_and_single_words_tell_nothing(text: str, expected: tuple[str, ...]) -> None:
    assert language_of(text, expected) is None


def test_a_language_of_the_call_is_told_by_its_tag_there() -> None:
    text = "Gostaria de saber onde está a minha encomenda"
    assert language_of(text, ("en-US", "pt-PT")) == "pt-PT"
    assert language_of("Jeg vil gjerne snakke med et menneske", ("nb-NO", "en-US")) == "nb-NO"
    assert language_of("我想和人工客服说话", ("zh-Hant", "zh-Hans")) == "zh-Hant"


def test_a_script_of_several_languages_means_the_one_of_the_call() -> None:
    assert language_of("मला माझी ऑर्डर परत करायची आहे", ("en-IN", "mr-IN")) == "mr-IN"
    assert language_of("من می‌خواهم سفارشم را پس بدهم", ("fa-IR", "ar-EG")) == "fa-IR"


def test_an_order_s_name_among_japanese_is_japanese() -> None:
    assert language_of("Northwindの注文1047はどこですか", ("en-US", "ja-JP")) == "ja-JP"


def test_until_it_is_loaded_only_scripts_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken_language, "_models", [])
    assert language_of("Where is my order, please", ("en-US",)) is None
    assert language_of("注文はどこにありますか", ("en-US",)) == "ja"


def test_a_turn_costs_few_steps_for_a_letter_and_no_more_when_it_is_endless() -> None:
    long = " ".join(text for _, text in SENTENCES)
    language_of(long, TEN)  # what is looked up once is known from here on
    once = steps(lambda: language_of(long, TEN))
    assert once < 10 * MOST_CHARACTERS
    assert steps(lambda: language_of(long * 50, TEN)) == once


def steps(work: Callable[[], object]) -> int:
    """The calls of functions, Python's own among them, that a piece of work makes."""
    made, before = Counter[str](), sys.getprofile()
    sys.setprofile(lambda frame, event, arg: made.update([event]))
    try:
        work()
    finally:
        sys.setprofile(before)
    return made["call"] + made["c_call"]


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("es-ES", "es-US"),
        ("es-US", "es-US"),
        ("en", "en-US"),
        ("fr-FR", "fr-FR"),
        ("und", None),
        ("", None),
        (None, None),
        ("not a tag", None),
        ("xx", None),
    ],
)
def test_what_the_service_names_is_one_of_the_call_s_languages_where_it_can_be(
    code: str | None, tag: str | None
) -> None:
    assert named_language(code, ("en-US", "es-US")) == tag


# ---- turns

SPANISH = " quisiera saber dónde está mi pedido"
ENGLISH = "Your order is on its way to you."
EXPECTED = ("en-US", "es-US")


def told(*happened: events.Event) -> list[LanguageDetected]:
    turns = TurnLanguages()
    return [detected for event in happened for detected in turns.after(event, EXPECTED)]


def caller(text: str, language: str | None = None, finished: bool = False) -> events.Event:
    return events.Transcribed("caller", text, language, finished)


def assistant(text: str, finished: bool = False) -> events.Event:
    return events.Transcribed("assistant", text, None, finished)


def test_a_turn_is_told_of_at_its_end_and_once() -> None:
    happened = [caller(" quisiera saber"), caller(" dónde está mi pedido"), assistant(ENGLISH)]
    assert told(*happened) == []
    ended: list[events.Event] = [events.GenerationCompleted(), events.TurnCompleted(), events.TurnCompleted()]
    assert told(*happened, *ended) == [LanguageDetected("caller", "es-US"), LanguageDetected("assistant", "en-US")]


def test_a_finished_turn_is_told_of_at_once_and_not_again() -> None:
    happened = [caller(SPANISH), caller("", finished=True)]
    assert told(*happened) == [LanguageDetected("caller", "es-US")]
    assert told(*happened, events.GenerationCompleted(), events.TurnCompleted()) == [
        LanguageDetected("caller", "es-US")
    ]


def test_the_service_s_word_goes_before_ours_for_the_caller() -> None:
    assert told(caller(SPANISH, "en-US", finished=True)) == [LanguageDetected("caller", "en-US")]
    assert told(caller(SPANISH, "fr", finished=True)) == [LanguageDetected("caller", "fr")]


def test_the_service_s_word_for_a_number_or_a_name_is_no_language() -> None:
    assert told(caller("1047", "es-ES", finished=True), caller("Northwind", "de", finished=True)) == []


def test_the_assistant_is_told_by_its_words_alone() -> None:
    turns = TurnLanguages()
    turns.after(events.Transcribed("assistant", ENGLISH, "es-US"), EXPECTED)
    assert turns.after(events.TurnCompleted(), EXPECTED) == [LanguageDetected("assistant", "en-US")]


def test_words_into_the_assistant_s_turn_belong_to_the_caller_s_next() -> None:
    first = [caller(SPANISH), assistant(ENGLISH), events.GenerationCompleted(), caller(" no I would rather")]
    cut: list[events.Event] = [events.AssistantInterrupted(), events.TurnCompleted()]
    second = [caller(" speak to a person"), events.GenerationCompleted()]
    assert told(*first, *cut, *second) == [
        LanguageDetected("caller", "es-US"),
        LanguageDetected("assistant", "en-US"),
        LanguageDetected("caller", "en-US"),
    ]


def test_unclear_turns_do_not_add_up_to_a_language() -> None:
    happened: list[events.Event] = []
    for _ in range(20):
        happened += [caller(" Northwind sí"), events.TurnCompleted()]
    assert told(*happened) == []


def test_an_endless_turn_is_kept_short() -> None:
    turns = TurnLanguages()
    for _ in range(10_000):
        turns.after(caller(" no sé"), EXPECTED)
    assert len(turns._said["caller"]) < spoken_language.MOST_CHARACTERS + 10


def test_a_few_letters_suffice_where_the_script_tells() -> None:
    assert suffices("注文です")
    assert not suffices("Hola")
