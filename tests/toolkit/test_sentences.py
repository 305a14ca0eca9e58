"""What the toolkit has the caller hear is there in every shipped language."""

import string

import pytest

from app.toolkit import sentences

LANGUAGES = {"en", "es", "fr", "de", "pt", "hi", "ja", "ar", "zh", "pl"}
TABLES = {name: table for name, table in vars(sentences).items() if isinstance(table, dict) and name.isupper()}


@pytest.mark.parametrize("name", TABLES)
def test_every_sentence_is_there_in_every_language(name: str) -> None:
    assert set(TABLES[name]) == LANGUAGES
    assert all(TABLES[name].values())
    assert len(set(TABLES[name].values())) == len(LANGUAGES)


@pytest.mark.parametrize("name", TABLES)
def test_every_language_leaves_the_same_gaps(name: str) -> None:
    gaps = {frozenset(part[1] for part in string.Formatter().parse(said) if part[1]) for said in TABLES[name].values()}
    assert len(gaps) == 1


def test_the_text_with_the_code_fits_into_two_segments() -> None:
    # Other letters than the plain ones make segments of 67: https://www.twilio.com/docs/glossary/what-is-ucs-2-character-encoding
    assert all(len(said.format(code="123456")) <= 134 for said in sentences.CODE_TEXT.values())
