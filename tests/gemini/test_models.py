"""What each model is known to accept, and what `frontline check` is told of a wish."""

from dataclasses import replace

import pytest

from app.gemini import models
from app.gemini.models import (
    DEFAULT,
    LANGUAGES,
    MODELS,
    VOICES,
    Backend,
    model,
    problems,
    speaks,
    takes_context_update,
)
from app.gemini.setup import SetupWish
from app.toolkit.spec import ToolSpec

ROWS = [(row.name, backend) for row in MODELS.values() for backend in row.backends]
BLOCKING = ToolSpec("pay", "Pays.", {"type": "object", "properties": {}}, blocking=True)


@pytest.mark.parametrize(("name", "backend"), ROWS)
def test_a_plain_wish_has_no_problems_on_any_model(name: str, backend: Backend) -> None:
    wish = SetupWish(model=name, languages=("en-US", "es-US"), tools=(ToolSpec("find", "Finds.", {}),))
    assert problems(wish, backend) == []


def test_the_languages_and_voices_are_those_of_the_documentation() -> None:
    assert len(set(LANGUAGES)) == len(LANGUAGES)
    assert {"en", "es", "pt-BR", "zh-Hant", "nb"} <= set(LANGUAGES)
    assert len(set(VOICES)) == 30


def test_a_model_we_do_not_know_is_set_up_like_the_default() -> None:
    assert model("fake-live").greet_by == model(DEFAULT).greet_by
    assert problems(SetupWish(model="fake-live"), "vertex")[0].startswith("model: fake-live is not known")


def test_a_full_resource_name_is_the_same_model() -> None:
    assert model("models/gemini-3.1-flash-live-preview").name == "gemini-3.1-flash-live-preview"


@pytest.mark.parametrize(
    ("wish", "backend", "sentence"),
    [
        (
            SetupWish(affective_dialog=True),
            "developer",
            "affective_dialog: gemini-3.8-live always has it; remove the line",
        ),
        (
            SetupWish(proactive_audio=False),
            "developer",
            "proactive_audio: gemini-3.8-live always has it; remove the line",
        ),
        (
            SetupWish(model="gemini-3.1-flash-live-preview", proactive_audio=True),
            "developer",
            "proactive_audio: gemini-3.1-flash-live-preview does not have it; remove the line",
        ),
        (
            SetupWish(thinking="low"),
            "developer",
            "thinking: gemini-3.8-live decides itself how much it thinks; remove the line",
        ),
        (
            SetupWish(model="gemini-3.8-live-extended-thinking", thinking="minimal"),
            "vertex",
            "thinking: gemini-3.8-live-extended-thinking takes low, medium, high, not 'minimal'",
        ),
        (
            SetupWish(model="gemini-live-2.5-flash-native-audio", thinking="low"),
            "vertex",
            "thinking: gemini-live-2.5-flash-native-audio takes a number of tokens (\"0\" is off), not 'low'",
        ),
        (
            SetupWish(model="gemini-3.8-live-extended-thinking", tools=(BLOCKING,)),
            "vertex",
            "tools: pay is blocking, but gemini-3.8-live-extended-thinking never waits for a tool; "
            "make it not blocking",
        ),
        (SetupWish(languages=("xx-US",)), "developer", "languages: 'xx-US' is not a language that Live speaks"),
        (
            SetupWish(languages=("en-US",), language="fr-FR"),
            "developer",
            "language: 'fr-FR' is not among the languages en-US",
        ),
        (SetupWish(end_of_speech_ms=100), "developer", "end_of_speech_ms: 100 is not between 200 and 2000"),
        (SetupWish(end_of_speech_ms=2500), "vertex", "end_of_speech_ms: 2500 is not between 200 and 2000"),
        (SetupWish(voice="Cora"), "developer", "voice: 'Cora' is not one of Zephyr"),
        (
            SetupWish(model="gemini-3.1-flash-live-preview", voice="en-us-tavi"),
            "developer",
            "voice: gemini-3.1-flash-live-preview takes no voice of the catalogue",
        ),
        (SetupWish(vad="quick"), "developer", "vad: 'quick' is not one of telephone, patient, eager"),
        (SetupWish(temperature=3.0), "developer", "temperature: 3.0 is not between 0 and 2"),
        (SetupWish(compression=(8_000, 9_000)), "developer", "compression: not 0 < target 9000 < trigger 8000"),
        (
            SetupWish(model="gemini-live-2.5-flash-native-audio"),
            "developer",
            "model: gemini-live-2.5-flash-native-audio is offered on Vertex only; choose one of gemini-3.8-live",
        ),
        (
            SetupWish(model="gemini-3.1-flash-live-preview"),
            "vertex",
            "model: gemini-3.1-flash-live-preview is offered with a Gemini API key only; choose one of",
        ),
        (
            SetupWish(tools=(ToolSpec("find", "", {"type": "strange", "properties": {"a": {}}}),)),
            "developer",
            "tools: the parameters of find are no JSON Schema:",
        ),
    ],
)
def test_a_wish_that_cannot_be_granted_is_told_in_one_sentence(
    wish: SetupWish, backend: Backend, sentence: str
) -> None:
    told = problems(wish, backend)
    assert len(told) == 1
    assert told[0].startswith(sentence)


def test_a_voice_of_the_catalogue_is_free_to_name_where_there_is_one() -> None:
    assert problems(SetupWish(voice="en-us-tavi"), "developer") == []


def test_what_a_model_offers_as_a_choice_may_be_chosen_either_way() -> None:
    name = "gemini-2.5-flash-native-audio-latest"
    for choice in (True, False):
        wish = SetupWish(model=name, affective_dialog=choice, proactive_audio=choice, thinking="0")
        assert problems(wish, "developer") == []


def test_a_model_that_cannot_search_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = replace(MODELS[DEFAULT], google_search=False)
    monkeypatch.setattr(models, "MODELS", {DEFAULT: deaf})
    assert problems(SetupWish(google_search=True), "developer") == [
        "google_search: gemini-3.8-live cannot search; remove the line"
    ]
    assert problems(SetupWish(), "developer") == []


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en-US", "en"),
        ("EN_us", "en"),
        ("es-419", "es"),
        ("pt", "pt-BR"),
        ("pt-BR", "pt-BR"),
        ("pt-AO", "pt-PT"),
        ("zh-CN", "zh-Hans"),
        ("cmn", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("nb-NO", "nb"),
        ("no", "no"),
        ("iw", "he"),
        ("tl", "fil"),
        ("pa-PK", "pa"),
        ("sr-Latn", "sr"),
        ("fa-AF", "fa"),
    ],
)
def test_any_kind_of_a_language_that_live_speaks_is_that_language(tag: str, code: str) -> None:
    assert speaks(tag) == code


@pytest.mark.parametrize("tag", ["xx-US", "gsw", "lb", "yue", "eo", "klingon", "", "en US", "1047"])
def test_what_live_does_not_list_it_does_not_speak_nor_anything_near_it(tag: str) -> None:
    assert speaks(tag) is None


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_of_live_can_be_named(code: str) -> None:
    assert speaks(code) == code
    assert problems(SetupWish(languages=(code,), language=code), "developer") == []


def test_an_open_session_takes_instructions_where_that_is_proven_or_asked_for() -> None:
    assert takes_context_update(DEFAULT, "vertex")
    assert not takes_context_update(DEFAULT, "developer")
    assert takes_context_update(DEFAULT, "developer", True)
    assert not takes_context_update(DEFAULT, "vertex", False)
    assert not takes_context_update("gemini-3.1-flash-live-preview", "developer")
