"""What the rehearsed assistant says and which tools it uses."""

import re

import pytest

from app.rehearsal.assistant import Action, Assistant, Speak, Tool, UseTool
from app.rehearsal.intents import intent_of, order_number_in, ticket_number_in
from app.rehearsal.sayings import SAYINGS
from app.rehearsal.wording import language_of

TOOLS = (
    Tool("look_up_order", "Look up the status of one order.", ("order_number",), frozenset({"order_number"})),
    Tool("orders_of_caller", "The latest orders of whoever is calling, by their phone number."),
    Tool("open_ticket", "Open a support ticket.", ("subject", "details"), frozenset({"subject", "details"})),
    Tool("ticket_state", "The state of a support ticket.", ("ticket_number",), frozenset({"ticket_number"})),
    Tool("search_help", "Answer a question from the help articles.", ("question",), frozenset({"question"})),
    Tool("end_call", "End the call.", ("reason",)),
    Tool("hand_off", "Hand the caller to a representative.", ("reason",)),
    Tool("press_keys", "Press keys on the telephone.", ("keys",), frozenset({"keys"})),
)


def assistant(*tools: Tool) -> Assistant:
    return Assistant("You answer the phone of a shop.", tools or TOOLS)


def spoken(actions: list[Action]) -> str:
    return " ".join(action.text for action in actions if isinstance(action, Speak))


def used(actions: list[Action]) -> list[UseTool]:
    return [action for action in actions if isinstance(action, UseTool)]


def test_it_says_exactly_what_it_is_told_to_say() -> None:
    told = assistant().told('Greet the caller. Say exactly: "Thanks for calling. How can I help?"')
    assert told == [Speak("Thanks for calling. How can I help?", "en")]


def test_a_spanish_sentence_is_spoken_in_spanish() -> None:
    told = assistant().told('Say exactly: "Gracias por llamar. ¿En qué puedo ayudarle?"')
    assert told == [Speak("Gracias por llamar. ¿En qué puedo ayudarle?", "es")]


def test_an_order_is_looked_up_by_the_number_that_was_heard() -> None:
    actions = assistant().heard("Where is my order 1-0-4-7?")
    assert spoken(actions) == "One moment, let me look at order 1047."
    assert used(actions) == [UseTool("look_up_order", {"order_number": "1047"})]


def test_where_the_model_waits_for_a_tool_it_says_nothing_before() -> None:
    waiting = Tool("find_order_status", "Finds an order.", ("id",), frozenset({"id"}), blocking=True)
    assert assistant(waiting).heard("where is order 1047") == [UseTool("find_order_status", {"id": "1047"}, True)]


def test_a_missing_number_is_asked_for_and_then_used() -> None:
    talk = assistant()
    assert spoken(talk.heard("Where is my order?")) == "Of course. What is your order number?"
    assert used(talk.heard("It's one zero four seven.")) == [UseTool("look_up_order", {"order_number": "1047"})]


def test_without_the_number_the_orders_of_the_caller_are_asked_for() -> None:
    talk = assistant()
    talk.heard("When will my package arrive?")
    assert used(talk.heard("I don't have the number.")) == [UseTool("orders_of_caller", {})]


def test_the_answer_of_a_tool_is_said_and_a_no_after_it_ends_the_call() -> None:
    talk = assistant()
    talk.heard("where is order 1047")
    answer = talk.answered("look_up_order", {"status": "ok", "retryable": False, "message": "It was shipped."})
    assert spoken(answer) == "It was shipped. Is there anything else?"
    bye = talk.heard("No, thank you.")
    assert isinstance(bye[0], Speak)
    assert "Goodbye" in bye[0].text
    assert isinstance(bye[-1], UseTool)
    assert bye[-1].name == "end_call"


def test_an_answer_without_a_message_is_made_of_its_fields() -> None:
    answer = assistant().answered("look_up_order", {"status": "ok", "order_number": "1047", "carrier": "UPS"})
    assert "order number 1047, carrier UPS" in spoken(answer)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        ({"status": "error", "retryable": True}, "Shall I try again?"),
        ({"status": "error", "retryable": False}, "did not work."),
        ({"status": "not_found"}, "could not find"),
    ],
)
def test_a_failed_tool_is_admitted(response: dict[str, object], words: str) -> None:
    talk = assistant()
    talk.heard("where is order 1047")
    assert words in spoken(talk.answered("look_up_order", response))


def test_a_retry_that_is_wanted_is_made() -> None:
    talk = assistant()
    talk.heard("where is order 1047")
    talk.answered("look_up_order", {"status": "error", "retryable": True})
    assert used(talk.heard("Yes, please.")) == [UseTool("look_up_order", {"order_number": "1047"})]


def test_another_number_may_follow_one_that_was_not_found() -> None:
    talk = assistant()
    talk.heard("where is order 1074")
    talk.answered("look_up_order", {"status": "not_found", "message": "There is no order 1074."})
    assert used(talk.heard("Sorry, it is 1 0 4 7")) == [UseTool("look_up_order", {"order_number": "1047"})]


@pytest.mark.parametrize("words", ["I want to talk to a person", "this is ridiculous", "Quiero hablar con una persona"])
def test_whoever_wants_a_person_or_is_angry_is_handed_off(words: str) -> None:
    actions = assistant().heard(words, "es" if "Quiero" in words else "en")
    assert used(actions) == [UseTool("hand_off", {"reason": words})]
    assert spoken(actions)


def test_without_a_hand_off_tool_it_says_that_it_cannot() -> None:
    assert "cannot put you through" in spoken(assistant(TOOLS[0]).heard("representative, please"))


def test_goodbye_is_said_before_the_call_is_ended() -> None:
    actions = assistant().heard("that's all, goodbye")
    assert isinstance(actions[0], Speak)
    assert used(actions)[0].name == "end_call"


def test_trouble_becomes_a_ticket_with_the_callers_words() -> None:
    actions = assistant().heard("The package arrived damaged.")
    assert used(actions) == [UseTool("open_ticket", {"subject": "damaged", "details": "The package arrived damaged."})]


def test_who_asks_for_a_ticket_is_asked_what_happened() -> None:
    talk = assistant()
    assert "what happened" in spoken(talk.heard("Please open a ticket."))
    assert used(talk.heard("My lamp does not switch on."))[0].args["details"] == "My lamp does not switch on."


def test_the_state_of_a_ticket_is_asked_by_its_number() -> None:
    actions = assistant().heard("What is the status of ticket T-204?")
    assert used(actions) == [UseTool("ticket_state", {"ticket_number": "T-204"})]


@pytest.mark.parametrize(
    "words", ["What are your opening hours?", "How do I return an item?", "Do you sell gift cards?"]
)
def test_questions_go_to_the_help_articles(words: str) -> None:
    assert used(assistant().heard(words)) == [UseTool("search_help", {"question": words})]


def test_hello_gets_a_short_sign_of_life() -> None:
    assert assistant().heard("Hello?") == [Speak("Yes, I am here. How can I help?", "en")]


def test_mumbling_is_not_understood_and_said_so_differently_the_second_time() -> None:
    talk = assistant()
    first, second = spoken(talk.heard("mm hm")), spoken(talk.heard(""))
    assert first == "Sorry, I did not catch that. Could you say it again?"
    assert second != first


def test_it_admits_to_be_an_ai() -> None:
    assert "I am an AI assistant" in spoken(assistant().heard("Are you a robot?"))


def test_it_repeats_what_was_sent_before_it_was_cut() -> None:
    talk = assistant()
    talk.answered("search_help", {"status": "ok", "message": "We open at nine and close at five."})
    talk.cut("We open at nine")
    assert spoken(talk.heard("Could you repeat that please?")) == "We open at nine"


def test_told_that_it_owes_an_answer_it_says_that_it_did_not_understand() -> None:
    nudge = "The caller has spoken and waits. Answer now; if you did not understand, ask them to say it again."
    assert assistant().told(nudge) == assistant().heard("")


def test_a_nudge_is_not_answered() -> None:
    assert assistant().told(" ") == []
    assert assistant().told(".") == []


def test_the_language_follows_the_prompt_and_then_the_caller() -> None:
    talk = Assistant("RESPOND IN SPANISH. YOU MUST RESPOND UNMISTAKABLY IN SPANISH.", TOOLS)
    assert talk.heard("¿Hola?", "es") == [Speak("Sí, estoy aquí. ¿En qué puedo ayudarle?", "es")]
    assert talk.heard("Where is my order 1047?", "en")[0] == Speak("One moment, let me look at order 1047.", "en")


def test_a_spanish_caller_gets_an_order_looked_up_in_spanish() -> None:
    actions = assistant().heard("Hola, ¿dónde está mi pedido 1047?", "es")
    assert actions[0] == Speak("Un momento, déjeme mirar el pedido 1047.", "es")
    assert used(actions) == [UseTool("look_up_order", {"order_number": "1047"})]


def test_a_tools_sentence_is_spoken_in_the_voice_of_its_own_language() -> None:
    talk = assistant()
    talk.heard("¿Dónde está mi pedido 1047?", "es")
    assert talk.answered("look_up_order", {"status": "ok", "message": "The order was sent with UPS."}) == [
        Speak("The order was sent with UPS.", "en"),
        Speak("¿Puedo ayudarle en algo más?", "es"),
    ]


def test_a_caller_without_orders_and_without_a_number_is_not_sent_in_circles() -> None:
    talk = assistant()
    talk.heard("Where is my order?")
    talk.heard("I don't have the number.")
    talk.answered("orders_of_caller", {"status": "not_found", "message": "I can't find one. Do you have the number?"})
    assert "ask me for a person" in spoken(talk.heard("No."))


def test_keys_are_pressed_when_asked() -> None:
    assert used(assistant().heard("press 1 2 star")) == [UseTool("press_keys", {"keys": "12*"})]


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("Ola.", "hello"),
        ("I'd like a refund", "refund"),
        ("Cancel my order, please.", "cancel_order"),
        ("My zip code is 94107.", "digits"),
        ("I was charged twice on my credit card.", "billing"),
        ("I have a question.", "begins"),
        ("No, gracias, eso es todo.", "goodbye"),
        ("Yes, that's right.", "yes"),
    ],
)
def test_intents_are_told_from_words(words: str, intent: str) -> None:
    assert intent_of(words) == intent


def test_numbers_are_found_in_words() -> None:
    assert order_number_in("order one zero four seven") == "1047"
    assert order_number_in("I have 2 of them") == ""
    assert ticket_number_in("ticket t 204") == "T-204"
    assert ticket_number_in("the number is 2041") == "2041"


# ---- what the house writes


@pytest.mark.parametrize(
    "note",
    [
        'The caller has just heard the greeting: "Thanks for calling." Do not greet again.',
        '[The caller interrupted. Of your last turn they heard only: "Your order"]',
        "[The caller spoke before hearing any of your last turn.]",
        "The caller has already heard the greeting.",
    ],
)
def test_notes_are_taken_in_without_an_answer(note: str) -> None:
    talk = assistant()
    assert talk.told(note) == []
    assert talk.notes == [note]


def test_a_greeting_that_was_cut_is_finished_with_a_question() -> None:
    told = "The caller has heard the beginning of your greeting, then you were cut off. Do not greet again: finish now."
    assert spoken(assistant().told(told)).endswith("How can I help?")


def test_words_of_a_text_message_are_the_callers() -> None:
    actions = assistant().told('The caller sent a text message: "Where is my order 1047?"')
    assert used(actions) == [UseTool("look_up_order", {"order_number": "1047"})]


def test_typed_words_are_answered_like_spoken_ones() -> None:
    assert assistant().told("¿Dónde está mi pedido 1047?") == assistant().heard("¿Dónde está mi pedido 1047?", "es")


def test_a_photo_that_never_came_is_not_made_up() -> None:
    assert "not got a photo" in spoken(assistant(TOOLS[0]).heard("What do you see?"))


def test_the_last_words_are_said_again_in_the_language_they_were_wanted_in() -> None:
    talk = assistant()
    talk.heard("Hola, ¿hay alguien?", "es")
    told = "Your last words were not in French. Say them again in French, and speak nothing else."
    assert talk.told(told) == [Speak("Bien sûr. Que puis-je faire pour vous ?", "fr")]


# ---- other languages


@pytest.mark.parametrize(
    ("named", "language"), [("SPANISH", "es"), ("FRENCH", "fr"), ("GERMAN", "de"), ("ITALIAN", "it"), ("HINDI", "hi")]
)
def test_the_language_an_instruction_demands_is_spoken(named: str, language: str) -> None:
    talk = Assistant(f"RESPOND IN {named}. YOU MUST RESPOND UNMISTAKABLY IN {named}.", TOOLS)
    assert [action.language for action in talk.heard("?") if isinstance(action, Speak)] == [language]


@pytest.mark.parametrize(
    ("language", "where", "none", "person", "thanks", "bye"),
    [
        (
            "fr",
            "Où est ma commande 1047 ?",
            "Non, c'est tout.",
            "Je voudrais parler à quelqu'un.",
            "Merci.",
            "Au revoir.",
        ),
        (
            "de",
            "Wo ist meine Bestellung 1047?",
            "Nein, das war's.",
            "Ich möchte mit einem Mitarbeiter sprechen.",
            "Danke schön.",
            "Auf Wiederhören.",
        ),
        (
            "it",
            "Dove è il mio ordine 1047?",
            "No, è tutto.",
            "Voglio parlare con una persona.",
            "Grazie.",
            "Arrivederci.",
        ),
    ],
)
def test_the_same_is_understood_in_other_languages(
    language: str, where: str, none: str, person: str, thanks: str, bye: str
) -> None:
    def names(words: str) -> list[str]:
        talk = assistant()
        talk.heard("Where is order 1047?")
        talk.answered("look_up_order", {"status": "ok", "message": "It was shipped."})
        return [use.name for use in used(talk.heard(words, language))]

    assert names(where) == ["look_up_order"]
    assert names(person) == ["hand_off"]
    assert names(bye) == names(none) == ["end_call"]
    assert spoken(assistant().heard(thanks, language))


def test_a_language_that_is_not_the_lines_is_not_gone_over_to() -> None:
    talk = assistant()
    talk.languages = ("en", "es")
    talk.heard("Où est ma commande ?", "fr")
    assert talk.language == "en"
    talk.heard("¿Dónde está mi pedido?", "es")
    assert talk.language == "es"


def test_where_the_language_changes_only_on_request_it_stays_until_then() -> None:
    talk = Assistant("Stay in English, but change only when the caller asks for it.", TOOLS)
    assert talk.heard("¿Hola, hay alguien?", "es")[0] == Speak("Yes, I am here. How can I help?", "en")
    assert talk.heard("Can we speak Spanish, please?", "en") == [Speak("Claro. ¿Qué puedo hacer por usted?", "es")]


@pytest.mark.parametrize("language", ["es", "fr", "de", "it"])
def test_every_saying_is_there_in_every_language(language: str) -> None:
    english, other = SAYINGS["en"], SAYINGS[language]
    assert set(english) <= set(other)
    assert {name: re.findall(r"\{\w+\}", text) for name, text in english.items()} == {
        name: re.findall(r"\{\w+\}", other[name]) for name in english
    }
    assert all(language_of(text) == language for text in other.values() if len(text.split()) > 7)


def test_what_a_tool_answered_that_an_earlier_session_had_called_is_told_to_the_caller() -> None:
    told = "The tool start_return, called before you were interrupted, answered: It is started. Tell the caller."
    assistant = Assistant("", ())
    assert assistant.told(told) == [Speak("It is started.", "en")]


def test_an_answer_that_was_cut_off_goes_on_where_it_was_heard_to_end() -> None:
    assistant = assistant_that_said("It was shipped on Monday and it arrives on Friday.")
    told = 'You were cut off in the middle of your answer. The caller has heard: "It was shipped on Monday" Go on.'
    assert assistant.told(told) == [Speak("and it arrives on Friday.", "en")]
    assert spoken(Assistant("", ()).told(told)) == "OK."


def test_words_told_in_writing_are_answered_as_if_heard() -> None:
    told = 'The caller said, and has not been answered yet: "Where is my order 1047?"'
    assert assistant().told(told) == assistant().heard("Where is my order 1047?", "en")


def assistant_that_said(sentence: str) -> Assistant:
    talk = Assistant("", ())
    talk.told(f'Say exactly: "{sentence}"')
    return talk
