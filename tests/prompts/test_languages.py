"""Language tags, and greetings that say that an AI speaks."""

import pytest

from app.prompts.languages import AI_EXAMPLES, ai_example, says_it_is_ai, tag_problem


@pytest.mark.parametrize("tag", ["en", "en-US", "es-419", "zh-Hans", "pt-BR", "fil"])
def test_a_right_tag_has_no_problem(tag: str) -> None:
    assert tag_problem(tag) == ""


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("english", '"en-US"'),
        ("Spansh", '"es-US"'),
        ("Ukrainian", '"uk"'),
        ("vietnamese", '"vi"'),
        ("en_US", '"en-US"'),
        ("EN-us", '"en-US"'),
        ("xx", '"en-US"'),
        ("en-AB", '"en-US"'),
        ("", '"en-US"'),
    ],
)
def test_a_wrong_tag_is_told_what_to_write(tag: str, written: str) -> None:
    assert f"Write {written}" in tag_problem(tag).replace("Write a tag such as", "Write")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-US", "I'm an AI assistant."),
        ("en", "This is Artificial Intelligence speaking."),
        ("es-MX", "Soy un asistente de inteligencia artificial."),
        ("fr-FR", "Je suis un assistant IA."),
        ("de-DE", "Hier spricht ein KI-Assistent."),
        ("ja-JP", "AIアシスタントです。"),
        ("zh-Hans", "我是人工智能助手。"),
        ("ar-EG", "أنا مساعد يعمل بالذكاء الاصطناعي"),
        ("pl-PL", "Jestem asystentem AI."),
        ("hi-IN", "मैं एक एआई सहायक हूँ।"),
        ("sw", "Mimi ni msaidizi wa AI."),
        ("pt-PT", "Sou um assistente de inteligência artificial."),
        ("vi-VN", "Tôi là trợ lý trí tuệ nhân tạo."),
        ("fi-FI", "Olen tekoälyavustaja."),
        ("th-TH", "ผมเป็นผู้ช่วยเอไอ"),
        ("tr-TR", "Ben bir yapay zekâ asistanıyım."),
    ],
)
def test_a_greeting_that_says_ai_is_taken(language: str, text: str) -> None:
    assert says_it_is_ai(text, language)


@pytest.mark.parametrize("language", [*AI_EXAMPLES, "sw"])
def test_what_a_manager_is_told_to_write_is_taken(language: str) -> None:
    assert says_it_is_ai(f"… {ai_example(language)} …", language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-US", "Hello, this is Aida. I said hi."),
        ("en-US", "Hello, I'm your virtual assistant."),
        ("fr-FR", "Bonjour, j'ai le plaisir de vous aider."),
        ("es-US", "Hola, le atiende María."),
        ("sw", "Habari, j'ai."),
    ],
)
def test_a_greeting_that_hides_it_is_not(language: str, text: str) -> None:
    assert not says_it_is_ai(text, language)
