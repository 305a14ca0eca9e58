"""Tools that the rehearsed assistant knows only by their declarations: chosen, filled, asked for, confirmed."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from app.rehearsal.actions import Action, Speak, UseTool
from app.rehearsal.assistant import Assistant
from app.rehearsal.declared import Tool
from app.rehearsal.errands import question, speakable
from tests.rehearsal.declared_lines import BANK, CLINIC, DEVICE, GAME, RESTAURANT, TUTOR, tool

TODAY = date(2026, 11, 23)  # a Monday
NEEDS_WHO = "Before {name}, the caller must say who they are: use {by}. Nothing was looked up or done."


def assistant(tools: Sequence[Tool], instruction: str = "") -> Assistant:
    return Assistant(instruction, tools, today=TODAY)


def spoken(actions: Sequence[Action]) -> str:
    return " ".join(action.text for action in actions if isinstance(action, Speak))


def used(actions: Sequence[Action]) -> list[tuple[str, Mapping[str, object]]]:
    return [(action.name, action.args) for action in actions if isinstance(action, UseTool)]


@pytest.mark.parametrize(
    ("tools", "words", "name", "args"),
    [
        (CLINIC, "What are your opening hours?", "opening_hours", {}),
        (CLINIC, "What times are free tomorrow?", "find_slots", {"day": "tomorrow"}),
        (CLINIC, "Do you have anything available on Monday?", "find_slots", {"day": "on Monday"}),
        (CLINIC, "When is my next appointment?", "next_appointment", {}),
        (CLINIC, "I need to cancel my appointment.", "cancel_appointment", {}),
        (
            CLINIC,
            "I'd like to book an appointment for tomorrow at ten, my name is Grace Miller.",
            "book_appointment",
            {"day": "tomorrow", "time": "10:00", "name": "Grace Miller"},
        ),
        (CLINIC, "I have a fever, what can I take?", "ask_nurse", {"question": "I have a fever, what can I take?"}),
        (BANK, "What's my balance?", "balance", {}),
        (BANK, "I want to know how much money is on my account.", "balance", {}),
        (BANK, "Please block my card ending in 8812.", "block_card", {"card_last_four": "8812"}),
        (BANK, "Somebody stole my card, the last digits are 8 8 1 2.", "block_card", {"card_last_four": "8812"}),
        (TUTOR, "I'd like to learn some words about travel.", "new_words", {"topic": "travel"}),
        (TUTOR, "What did we practise last time?", "learner_notes", {}),
        (GAME, "I'm stuck in the lighthouse, can you give me a hint?", "hint", {"quest": "lighthouse"}),
        (GAME, "Are the servers down?", "server_status", {}),
        (DEVICE, "What's wrong with my scooter? It is number 204418.", "run_check", {"serial": "204418"}),
        (DEVICE, "Can you find my device?", "find_device", {}),
        (
            RESTAURANT,
            "I'd like to reserve a table for next Friday at 7 pm, we are 4 guests.",
            "reserveTable",
            {"date": "2026-11-27", "startTime": "19:00", "guests": 4},
        ),
        (RESTAURANT, "Where is my parcel N P 1047?", "track_parcel", {"tracking_number": "NP1047"}),
    ],
)
def test_a_tool_is_chosen_by_its_declaration_and_filled_from_the_words(
    tools: tuple[Tool, ...], words: str, name: str, args: dict[str, object]
) -> None:
    assert used(assistant(tools).heard(words)) == [(name, args)]


@pytest.mark.parametrize(
    ("tools", "language", "words", "name"),
    [
        (BANK, "es", "Quiero saber el saldo de mi cuenta.", "balance"),
        (BANK, "fr", "Je voudrais connaître le solde de mon compte.", "balance"),
        (BANK, "de", "Ich möchte meine Karte sperren, sie endet auf 8812.", "block_card"),
        (CLINIC, "fr", "Je voudrais annuler mon rendez-vous.", "cancel_appointment"),
        (CLINIC, "es", "Necesito cancelar mi cita.", "cancel_appointment"),
        (TUTOR, "es", "Quiero palabras nuevas sobre viajes.", "new_words"),
    ],
)
def test_it_is_chosen_by_words_of_other_languages_too(
    tools: tuple[Tool, ...], language: str, words: str, name: str
) -> None:
    talk = assistant(tools)
    assert [each for each, _ in used(talk.heard(words, language))] == [name]
    assert talk.language == language


@pytest.mark.parametrize("words", ["What a lovely day it is.", "Can you tell me about the moon landing?"])
def test_words_that_fit_no_tool_start_none(words: str) -> None:
    assert used(assistant(BANK).heard(words)) == []


def test_whoever_asks_for_a_person_gets_one_whatever_else_they_speak_of() -> None:
    actions = assistant(BANK).heard("I want to talk to a person about my account balance.")
    assert [name for name, _ in used(actions)] == ["hand_off"]


def test_each_missing_argument_is_asked_for_in_turn() -> None:
    talk = assistant(CLINIC)
    assert spoken(talk.heard("I'd like to make an appointment.")) == "Could you tell me the day of the appointment?"
    assert spoken(talk.heard("Next Monday, please.")) == "Could you tell me the time of the appointment?"
    assert spoken(talk.heard("Half past ten.")) == "Could you tell me the full name of the patient?"
    assert used(talk.heard("It's Grace Miller.")) == [
        ("book_appointment", {"day": "Next Monday", "time": "10:30", "name": "Grace Miller"})
    ]


def test_keys_answer_a_question_for_a_number() -> None:
    talk = assistant(BANK)
    talk.heard("Block my card, please.")
    assert used(talk.told('The caller pressed keys on the phone: "8812".')) == [
        ("block_card", {"card_last_four": "8812"})
    ]


def test_what_was_said_before_is_not_asked_again() -> None:
    talk = assistant(DEVICE)
    talk.heard("Please run a check on my bike, its serial number is 2 0 4 4 1 8.")
    talk.answered("run_check", {"status": "ok", "message": "The brake is worn."})
    assert used(talk.heard("Then book a service on Wednesday.")) == [
        ("book_service", {"serial": "204418", "day": "wednesday"})
    ]


def test_what_a_tool_found_serves_the_next_one() -> None:
    talk = assistant(DEVICE)
    talk.heard("Can you find my device?")
    talk.answered("find_device", {"status": "ok", "message": "It is a bike.", "serial": "318827"})
    assert used(talk.heard("Run a check on it, please.")) == [("run_check", {"serial": "318827"})]


def test_the_bare_wish_for_a_ticket_is_not_the_problem() -> None:
    talk = assistant(GAME)
    assert "name of the player" in spoken(talk.heard("I want to open a ticket for a bug."))
    assert "problem" in spoken(talk.heard("Falcon."))
    assert used(talk.heard("My sword is gone since the update."))[0][1]["player_name"] == "Falcon"


def test_who_does_not_answer_is_asked_again_and_then_left_alone() -> None:
    talk = assistant(BANK)
    talk.heard("Block my card.")
    assert "last four digits" in spoken(talk.heard("Well, let me see."))
    assert "last four digits" in spoken(talk.heard("It is in my other bag."))
    assert "I will leave it" in spoken(talk.heard("Hmm, where can it be."))


def test_what_is_said_in_place_of_an_answer_is_not_lost() -> None:
    talk = assistant(DEVICE)
    assert "serial number" in spoken(talk.heard("I want to book a service for my watch."))
    assert "serial number" in spoken(talk.heard("On Wednesday, please."))
    assert used(talk.heard("It is 318827.")) == [("book_service", {"serial": "318827", "day": "wednesday"})]


def test_what_is_wrong_with_it_is_a_question_for_a_tool_where_no_photo_was_shown() -> None:
    talk = assistant(DEVICE)
    talk.answered("find_device", {"status": "ok", "message": "It is a bike.", "serial": "318827"})
    assert "serial number" in spoken(talk.heard("What's wrong with it?"))


def test_another_wish_takes_the_place_of_an_answer() -> None:
    talk = assistant(BANK)
    talk.heard("Block my card.")
    assert used(talk.heard("No wait, what is the balance of my account?")) == [("balance", {})]


def test_a_goodbye_ends_an_errand() -> None:
    talk = assistant(BANK)
    talk.heard("Block my card.")
    assert [name for name, _ in used(talk.heard("Never mind, goodbye."))] == ["end_call"]


# ---- read-backs


def reading_back() -> Assistant:
    talk = assistant(BANK)
    talk.heard("Block my card 8812.")
    said = talk.answered("block_card", {"status": "confirm", "message": "I would block card 8 8 1 2. Is that right?"})
    assert said == [Speak("I would block card 8 8 1 2. Is that right?", "en")]
    return talk


@pytest.mark.parametrize(
    "words", ["Yes, that's right.", "Yes, block it.", "Go ahead.", "Sí.", "Oui, d'accord.", "Ja, genau."]
)
def test_after_a_yes_the_same_call_is_made_again(words: str) -> None:
    assert used(reading_back().heard(words)) == [("block_card", {"card_last_four": "8812"})]


def test_after_a_no_it_is_dropped() -> None:
    talk = reading_back()
    assert spoken(talk.heard("No, don't.")) == "All right, I will leave it. Is there anything else?"
    assert used(talk.heard("Yes.")) == []


def test_a_correction_leads_to_another_read_back() -> None:
    assert used(reading_back().heard("No, the card is 8 8 1 3.")) == [("block_card", {"card_last_four": "8813"})]


def test_what_is_neither_is_read_back_once_more() -> None:
    talk = reading_back()
    assert "I would block card" in spoken(talk.heard("The weather is fine."))
    assert "leave it" in spoken(talk.heard("The weather is fine."))


# ---- identity


def test_a_refusal_leads_to_the_identifying_tool_and_back() -> None:
    talk = assistant(CLINIC)
    talk.heard("Cancel my appointment, please.")
    refused = {"status": "refused", "message": NEEDS_WHO.format(name="cancel_appointment", by="`verify_patient`")}
    assert spoken(talk.answered("cancel_appointment", refused)) == "Could you tell me the date of birth of the patient?"
    talk.heard("May 17, 1984.")
    assert used(talk.heard("My surname is Miller.")) == [
        ("verify_patient", {"date_of_birth": "1984-05-17", "surname": "Miller"})
    ]
    identified = talk.answered("verify_patient", {"status": "ok", "message": "Thank you, I have found your file."})
    assert identified == [Speak("Thank you, I have found your file.", "en"), UseTool("cancel_appointment", {})]


def test_a_code_is_sent_asked_for_and_checked_on_the_way() -> None:
    talk = assistant(BANK)
    talk.heard("What is my balance?")
    told = f"{NEEDS_WHO.format(name='balance', by='verify_account')} Then use send_code."
    talk.answered("balance", {"status": "refused", "message": told})
    assert used(talk.heard("My account is 305719 and my zip code is 10014.")) == [
        ("verify_account", {"account_number": "305719", "postcode": "10014"})
    ]
    assert used(talk.answered("verify_account", {"status": "ok", "message": "Thank you."})) == [("balance", {})]
    again = {
        "status": "refused",
        "message": "Before balance, read back a one-time code: use send_code, then check_code.",
    }
    assert used(talk.answered("balance", again)) == [("send_code", {})]
    sent = talk.answered("send_code", {"status": "ok", "message": "I have sent a code. Please read it to me."})
    assert sent == [Speak("I have sent a code. Please read it to me.", "en")]
    assert used(talk.told('The caller pressed keys on the phone: "481516".')) == [("check_code", {"code": "481516"})]
    assert used(talk.answered("check_code", {"status": "ok", "message": "Thank you."})) == [("balance", {})]
    assert "20 dollars" in spoken(talk.answered("balance", {"status": "ok", "message": "It is 20 dollars."}))


def test_who_is_not_identified_is_asked_once_more_for_all_of_it() -> None:
    talk = assistant(BANK)
    talk.heard("Block my card 8812.")
    talk.answered(
        "block_card", {"status": "refused", "message": NEEDS_WHO.format(name="block_card", by="verify_account")}
    )
    talk.heard("My account is 305719 and my zip code is 10014.")
    wrong = {"status": "not_identified", "message": "That doesn't match. Could you say it once more?"}
    assert spoken(talk.answered("verify_account", wrong)) == "That doesn't match. Could you say it once more?"
    assert "postcode" in spoken(talk.heard("305718"))
    assert used(talk.heard("10 0 15")) == [("verify_account", {"account_number": "305718", "postcode": "10015"})]
    assert used(talk.answered("verify_account", {"status": "ok", "message": "Thank you."})) == [
        ("block_card", {"card_last_four": "8812"})
    ]


def test_a_refusal_without_a_way_on_is_only_said() -> None:
    talk = assistant(BANK)
    talk.heard("What is my balance?")
    locked = {"status": "refused", "message": "For your safety I can't check who you are any more on this call."}
    assert spoken(talk.answered("balance", {**locked, "retryable": False})).startswith("For your safety")


def test_a_chain_of_tools_that_name_each_other_ends() -> None:
    ring = (tool("turn_left", "Turns the robot left."), tool("turn_right", "Turns the robot right."))
    talk = assistant(ring)
    actions = talk.heard("Turn left, please.")
    calls = 0
    while uses := used(actions):
        calls += 1
        name = uses[0][0]
        other = "turn_right" if name == "turn_left" else "turn_left"
        actions = talk.answered(name, {"status": "ok", "message": f"Now use `{other}`."})
    assert 1 < calls < 10


def test_what_failed_on_the_way_is_tried_again_when_asked_and_leads_on() -> None:
    talk = assistant(BANK)
    talk.heard("Block my card 8812.")
    talk.answered(
        "block_card", {"status": "refused", "message": NEEDS_WHO.format(name="block_card", by="verify_account")}
    )
    talk.heard("My account is 305719 and my zip code is 10014.")
    assert spoken(talk.answered("verify_account", {"status": "error", "message": "I can't get to that now."}))
    again = used(talk.heard("Yes, please try again."))
    assert again == [("verify_account", {"account_number": "305719", "postcode": "10014"})]
    assert [name for name, _ in used(talk.answered("verify_account", {"status": "ok", "message": "Thanks."}))] == [
        "block_card"
    ]


# ---- words


def test_what_is_meant_for_the_model_is_not_said() -> None:
    assert speakable("Your code is sent. Ask the caller for it, then call `check_code`.") == "Your code is sent."
    assert speakable('The caller is connected now. Say: "Please hold the line."') == "Please hold the line."


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Could you tell me the full name of the patient?"), ("es", "nombre"), ("fr", "nom"), ("de", "Name")],
)
def test_questions_are_asked_in_the_language_of_the_call(language: str, words: str) -> None:
    assert words in question(CLINIC[2], "name", language)


# ---- house tools


def test_a_text_message_is_sent_when_it_is_asked_for_with_the_link_that_was_named() -> None:
    talk = assistant(DEVICE)
    talk.answered("find_device", {"status": "ok", "message": "It is a bike."})
    assert used(talk.heard("Could you text me the link to the manual?")) == [
        ("send_text", {"text": "It is a bike.", "link": "manual"})
    ]


@pytest.mark.parametrize(
    ("words", "language"),
    [("Can we speak Spanish, please?", "es"), ("En français, s'il vous plaît.", "fr"), ("Auf Deutsch, bitte.", "de")],
)
def test_another_language_is_switched_to_by_its_tool(words: str, language: str) -> None:
    talk = assistant(TUTOR)
    assert used(talk.heard(words)) == [("switch_language", {"language": language})]
    talk.answered("switch_language", {"status": "ok", "message": "From now on speak another language."})
    assert talk.language == language


ASKED = "Thanks for calling. May we record this call? Say yes or no, or press 1 for yes and 2 for no."
ALLOWS = tool("allow_recording", "Note whether the caller lets this call be recorded.", {"allowed": "true or false."})


@pytest.mark.parametrize(
    ("words", "allowed"),
    [("Yes, that's fine.", True), ("Sure.", True), ("No, thank you.", False), ("Please don't record me.", False)],
)
@pytest.mark.parametrize("cached", [False, True])
def test_what_the_caller_says_to_being_recorded_is_noted_once(words: str, allowed: bool, cached: bool) -> None:
    talk = assistant((*TUTOR, ALLOWS), f'The caller has heard this greeting: "{ASKED}"' if cached else "")
    if not cached:
        talk.told(f'Greet the caller now. Say exactly: "{ASKED}"')
    assert used(talk.heard(words)) == [("allow_recording", {"allowed": allowed})]
    assert "What can I do for you?" in spoken(talk.answered("allow_recording", {"status": "ok", "message": "Go on."}))
    assert used(talk.heard("Yes.")) == []


def test_who_was_not_asked_says_nothing_of_recording_unless_they_refuse_it() -> None:
    talk = assistant((*TUTOR, ALLOWS))
    assert used(talk.heard("Yes.")) == []
    assert used(talk.heard("I do not want to be recorded.")) == [("allow_recording", {"allowed": False})]
    assert used(assistant(TUTOR).heard("I do not want to be recorded.")) == []


def test_a_language_that_is_not_spoken_is_not_switched_to() -> None:
    assert used(assistant(TUTOR).heard("I do not speak Spanish.")) == []


def test_a_texted_order_number_is_used_like_a_spoken_one() -> None:
    order = Tool("look_up_order", "Find out where an order is.", ("order_number",), frozenset({"order_number"}))
    talk = assistant((order,))
    talk.heard("Where is my order?")
    assert used(talk.told('The caller sent a text message: "1047".')) == [("look_up_order", {"order_number": "1047"})]
