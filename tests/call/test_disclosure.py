"""Was the disclosure said? Recognised words against those that were meant."""

import pytest

from app.call.disclosure import said_in

GREETING = "Thanks for calling Northwind Outfitters. I'm an AI assistant. How can I help you today?"


@pytest.mark.parametrize(
    "words",
    [
        GREETING,
        "thanks for calling northwind outfitters im an ai assistant how can i help you today",
        "Thanks for calling North Wind Outfitters. I am an AI assistant. How can I help you today?",
        f"One moment. {GREETING} Hello?",
    ],
)
def test_a_sentence_was_said_however_it_is_spelled(words: str) -> None:
    assert said_in(GREETING, words)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Thanks for calling Northwind Outfitters.",
        "I'm an assistant. How can I help you today?",
        "We have shoes and tents and stoves and many other things for hikers. " * 30,
    ],
)
def test_part_of_it_or_a_long_talk_was_not_it(words: str) -> None:
    assert not said_in(GREETING, words)


def test_letters_of_scripts_without_spaces_count_in_pairs() -> None:
    assert said_in("私はAIアシスタントです。", "はい、私はAIアシスタントです")
    assert not said_in("私はAIアシスタントです。", "今日はいい天気ですね" * 20)


def test_nothing_is_never_said() -> None:
    assert not said_in("...", "anything")
