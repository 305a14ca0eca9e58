"""What the model is told of a line's languages, and what they are called."""

import pytest

from app.prompts.tongues import POLICIES, LanguagePolicy, english_name, language_rule, menu_entry, own_name

THREE = ("en-US", "es-US", "zh-Hans")


@pytest.mark.parametrize(
    ("tag", "english", "own"),
    [
        ("en-US", "English", "English"),
        ("es-419", "Spanish", "español"),
        ("pt-BR", "Brazilian Portuguese", "português"),
        ("zh-Hans", "Mandarin Chinese", "中文"),
        ("hi-IN", "Hindi", "हिन्दी"),
        ("ceb", "Cebuano", "Cebuano"),
        ("qaa", "qaa", "qaa"),
    ],
)
def test_a_language_has_a_name_in_english_and_in_itself(tag: str, english: str, own: str) -> None:
    assert (english_name(tag), own_name(tag)) == (english, own)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_rule_names_the_language_of_the_call_first(policy: LanguagePolicy) -> None:
    told = language_rule(policy, "es-US", THREE)
    assert told.index("Spanish") < 40


@pytest.mark.parametrize(
    ("policy", "part"),
    [
        ("follow", "You speak English and Mandarin Chinese, too: when the caller goes over to one of these"),
        ("on_request", "only when the caller asks for it: then call `switch_language`"),
        ("ask", "only when the caller asks for it: then call `switch_language`"),
        ("fixed", "Speak Spanish only, whatever the caller speaks"),
    ],
)
def test_each_policy_has_its_rule(policy: LanguagePolicy, part: str) -> None:
    assert part in language_rule(policy, "es-US", THREE)


def test_a_line_of_one_language_speaks_of_no_others() -> None:
    assert language_rule("follow", "de-DE", ("de-DE",)).startswith("This line speaks German only.")
    assert language_rule("follow", "en-US", ("en-US", "en-GB")).startswith("This line speaks English only.")


def test_a_menu_says_the_key_in_the_phrase_or_the_languages_own_name() -> None:
    assert menu_entry("es-US", "2", "Para español, oprima {key}.", "es") == "Para español, oprima 2."
    assert menu_entry("it-IT", "3", "For English, press {key}.", "en") == "Italiano: 3."
