"""The language of a call: followed, chosen by key or by wish, and corrected when the assistant drifts."""

from dataclasses import replace

import pytest

from app.call.commands import AnswerTool, RecordFlag, RenewSession, RunTool, Say, SteerLanguage
from app.call.events import (
    KeyPressed,
    LanguageDetected,
    SessionOpened,
    SessionRenewable,
    ToolCalled,
    Transcribed,
)
from app.call.flags import DISCLOSED, LANGUAGE_DRIFT, LANGUAGE_SWITCHED
from app.call.rules import LanguagePolicy, Rules
from tests.playbook import RULES, STARTED, Scene, greeted

ENGLISH = {"are_you_there": "Are you there?", "disclosure": "I'm an AI assistant."}
SPANISH = {"are_you_there": "¿Sigue ahí?", "disclosure": "Soy un asistente de IA."}
GREETINGS = {"en-US": RULES.greeting, "es-US": "Hola, soy un asistente de IA.", "fr-FR": "Bonjour."}


def rules(policy: LanguagePolicy, *, updates: bool = True) -> Rules:
    return replace(
        RULES,
        languages=("en-US", "es-US", "th-TH"),
        language_policy=policy,
        language_keys={"1": "en-US", "2": "es-US"},
        language_names={"en-US": "English", "es-US": "Spanish", "th-TH": "Thai"},
        greetings=GREETINGS,
        phrases_in={"en-US": ENGLISH, "es-US": SPANISH, "th-TH": ENGLISH},
        phrases_written_in={"en-US": "en", "es-US": "es", "th-TH": "en"},
        context_updates=updates,
        tools=(*RULES.tools, "switch_language"),
    )


def talking(policy: LanguagePolicy, *, updates: bool = True) -> Scene:
    return greeted(rules(policy, updates=updates))


def flags(scene: Scene) -> list[tuple[str, str]]:
    return [(flag.name, flag.detail) for flag in scene.ever(RecordFlag)]


def spanish_exchange(scene: Scene) -> Scene:
    """The caller speaks Spanish and is answered in it."""
    scene.caller_says("¿Dónde está mi pedido?")
    scene.when(LanguageDetected("caller", "es"))
    scene.assistant_says("Su pedido está en camino.", ms=1_000)
    return scene.when(LanguageDetected("assistant", "es"))


# ---- follow


def test_a_caller_answered_in_another_language_of_the_line_has_switched() -> None:
    scene = spanish_exchange(talking("follow"))
    assert scene.of(SteerLanguage) == [SteerLanguage("es-US", live=True)]
    assert (LANGUAGE_SWITCHED, "es-US") in flags(scene)


def test_one_turn_alone_switches_nothing_and_two_do() -> None:
    scene = talking("follow")
    scene.when(LanguageDetected("caller", "es")).then()
    scene.when(LanguageDetected("assistant", "en")).then()
    scene.when(LanguageDetected("caller", "es-MX"))
    assert scene.of(SteerLanguage) == [SteerLanguage("es-US", live=True)]


def test_a_turn_in_the_calls_own_language_in_between_is_no_wish_to_switch() -> None:
    scene = talking("follow")
    for language in ("es", "en", "es"):
        scene.when(LanguageDetected("caller", language))
    assert not scene.ever(SteerLanguage)


def test_after_a_switch_it_is_said_again_that_an_ai_speaks_once_nobody_else_does() -> None:
    scene = spanish_exchange(talking("follow"))
    assert not scene.of(Say)
    scene.wait(2.0)
    assert scene.of(Say) == [Say('Say to the caller exactly: "Soy un asistente de IA."')]
    scene.assistant_says("Soy un asistente de IA.", ms=1_000).wait(2.5)
    assert flags(scene)[-1] == (DISCLOSED, "es-US")


def test_phrases_follow_the_language() -> None:
    scene = spanish_exchange(talking("follow"))
    scene.wait(2.0).assistant_says("Soy un asistente de IA.", ms=600)
    scene.wait(12.0)
    assert Say('Say to the caller exactly: "¿Sigue ahí?"') in scene.of(Say)


def test_a_language_off_the_list_is_not_followed() -> None:
    scene = talking("follow")
    scene.when(LanguageDetected("caller", "fr"), LanguageDetected("caller", "fr")).then()


def test_a_phrase_that_nobody_has_translated_is_put_into_the_language_by_the_model() -> None:
    scene = talking("follow")
    scene.when(LanguageDetected("caller", "th"), LanguageDetected("caller", "th")).wait(2.0)
    assert scene.ever(Say) == [Say('Say to the caller, put into Thai, exactly: "I\'m an AI assistant."')]


def test_where_sessions_take_no_new_instruction_a_followed_one_goes_on() -> None:
    scene = spanish_exchange(talking("follow", updates=False))
    assert scene.of(SteerLanguage) == [SteerLanguage("es-US", live=False)]
    assert not scene.wait(8.0).of(RenewSession)


@pytest.mark.parametrize("policy", ["fixed", "on_request", "ask"])
def test_other_policies_do_not_follow(policy: LanguagePolicy) -> None:
    scene = talking(policy)
    scene.when(LanguageDetected("caller", "es"), LanguageDetected("caller", "es")).then()


def test_the_tools_of_a_followed_call_hear_of_the_callers_language_and_those_of_a_fixed_one_do_not() -> None:
    cases: tuple[tuple[LanguagePolicy, str], ...] = (("follow", "es-MX"), ("fixed", "en-US"))
    for policy, language in cases:
        scene = talking(policy)
        scene.when(Transcribed("caller", "¿Y el 1047?", "es-MX"), ToolCalled("1", "look_up_order"))
        assert scene.one(RunTool).language == language


# ---- on request


def test_the_assistant_switches_when_it_is_asked_to() -> None:
    scene = talking("on_request")
    scene.when(ToolCalled("1", "switch_language", {"language": "Spanish"}))
    assert scene.of(SteerLanguage) == [SteerLanguage("es-US", live=True)]
    assert "speak Spanish" in str(scene.one(AnswerTool).response["message"])


def test_a_session_that_takes_no_new_instruction_is_renewed_at_a_quiet_moment() -> None:
    scene = talking("on_request", updates=False)
    scene.when(SessionRenewable("h1"))
    scene.caller_says("Can we speak Spanish?")
    scene.when(ToolCalled("1", "switch_language", {"language": "es"}))
    assert not scene.of(RenewSession)
    scene.assistant_says("Claro que sí.", ms=1_000)
    scene.wait(2.0)
    assert scene.of(RenewSession) == [RenewSession("h1")]


@pytest.mark.parametrize("language", ["French", "fr", "", "tlh"])
def test_a_language_that_is_not_the_lines_is_refused(language: str) -> None:
    scene = talking("on_request")
    scene.when(ToolCalled("1", "switch_language", {"language": language}))
    assert not scene.of(SteerLanguage)
    assert scene.one(AnswerTool).response["status"] == "error"
    assert "English, Spanish, Thai" in str(scene.one(AnswerTool).response["message"])


def test_a_line_of_one_fixed_language_never_switches() -> None:
    scene = talking("fixed")
    scene.when(ToolCalled("1", "switch_language", {"language": "es-US"}))
    assert not scene.of(SteerLanguage)


# ---- ask


def test_a_key_chooses_the_language_and_the_greeting_is_said_in_it() -> None:
    scene = Scene(rules("ask")).when(STARTED, SessionOpened(200))
    scene.assistant_says(RULES.greeting, ms=3_000).wait(1.0)
    scene.when(KeyPressed("2"))
    assert scene.of(SteerLanguage) == [SteerLanguage("es-US", live=True)]
    assert scene.of(Say) == [Say('Say to the caller exactly: "Hola, soy un asistente de IA."')]
    scene.assistant_says("Hola, soy un asistente de IA.", ms=1_500).wait(4.0)
    assert flags(scene) == [(LANGUAGE_SWITCHED, "es-US"), (DISCLOSED, "es-US")]


def test_where_sessions_take_no_new_instruction_the_greeting_is_owed_by_the_next() -> None:
    scene = Scene(rules("ask", updates=False)).when(STARTED, SessionOpened(200))
    scene.assistant_says(RULES.greeting, ms=3_000).wait(1.0)
    scene.when(KeyPressed("2"))
    assert len(scene.of(RenewSession)) == 1
    scene.when(SessionOpened(300))
    assert scene.of(Say) == [Say('Say to the caller exactly: "Hola, soy un asistente de IA."')]


def test_a_key_pressed_before_there_is_a_session_opens_one_in_the_language() -> None:
    scene = Scene(rules("ask", updates=False)).when(STARTED, KeyPressed("2"))
    assert scene.of(SteerLanguage) == [SteerLanguage("es-US", live=False)]
    assert scene.of(RenewSession) == [RenewSession(None)]
    scene.when(SessionOpened(300))
    assert scene.of(Say) == [Say('Say to the caller exactly: "Hola, soy un asistente de IA."')]


def test_the_key_of_the_language_that_is_spoken_changes_nothing() -> None:
    scene = talking("ask")
    scene.when(KeyPressed("1")).wait(3.0)
    assert not scene.of(Say)


def test_after_the_callers_first_turn_keys_are_numbers_again() -> None:
    scene = talking("ask")
    scene.caller_says("My number is")
    scene.when(KeyPressed("2")).wait(2.0)
    assert scene.of(Say) == [Say('The caller pressed keys on the phone: "2".')]


def test_so_they_are_where_nobody_was_asked() -> None:
    scene = talking("follow")
    scene.when(KeyPressed("2")).wait(2.0)
    assert scene.of(Say) == [Say('The caller pressed keys on the phone: "2".')]


# ---- drift


def test_a_drift_is_corrected_once_and_counted_every_time() -> None:
    scene = talking("follow")
    scene.when(LanguageDetected("assistant", "fr"))
    assert "again in English" in scene.one(Say).instruction
    scene.when(LanguageDetected("assistant", "fr")).then(RecordFlag)
    assert [flag for flag in flags(scene) if flag[0] == LANGUAGE_DRIFT] == [(LANGUAGE_DRIFT, "fr")] * 2
