"""What the pages say, in both languages."""

import re
import string
from pathlib import Path

import pytest

from app.console.navigation import NAVIGATION
from app.console.permissions import ROLES
from app.console.words import LANGUAGES, TEXTS, Words, catalogue, duration, wished

CONSOLE = Path("app/console")
NAMED = re.compile(r"""(?:\bt|\bwords|\btext)\(\s*["']([a-z_]+\.[a-z_.]+)["']\s*[,)]""")
ONLY_NAMED = re.compile(r"""["']([a-z_]+\.(?:told|problem|next|too|not|no|code|old)_[a-z_]+)["']""")


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_languages_have_the_same_texts_with_the_same_places_in_them() -> None:
    first = catalogue("en")
    for language in LANGUAGES:
        texts = catalogue(language)
        assert set(texts) == set(first), language
        assert {name for name in first if holes(texts[name]) != holes(first[name])} == set(), language
        assert [name for name, text in texts.items() if not text.strip()] == []
    assert {folder.name for folder in TEXTS.iterdir()} == set(LANGUAGES)


def test_every_text_that_a_page_names_is_there() -> None:
    texts = catalogue("en")
    files = [*CONSOLE.rglob("*.html"), *CONSOLE.rglob("*.py")]
    named = {name for file in files for name in NAMED.findall(file.read_text(encoding="utf-8"))}
    named |= {name for file in CONSOLE.rglob("pages/*.py") for name in ONLY_NAMED.findall(file.read_text("utf-8"))}
    named |= {f"frame.nav_{place.name}" for place in NAVIGATION} | {f"frame.role_{role}" for role in ROLES}
    assert {name for name in named if name not in texts and f"{name}.other" not in texts} == set()


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("es-MX,es;q=0.9", "es"), ("de-DE,de", "en"), ("", "en"), ("*", "en"), ("'; DROP", "en"), ("en-GB", "en")],
)
def test_the_language_is_the_browsers_where_there_is_such(accepted: str, language: str) -> None:
    assert wished(accepted) == language


def test_sums_and_times_have_the_languages_form() -> None:
    assert Words("en").money(1234.5) == "$1,234.50"
    assert Words("en").money(0.0123) == "$0.0123"
    assert Words("es").percent(0.25) in ("25 %", "25\xa0%")
    assert Words("en").number(1234567) == "1,234,567"
    assert [Words("en").seconds(s) for s in (1, 0.96, 1234.56)] == ["1.0 s", "1.0 s", "1,234.6 s"]
    assert [Words("es").millis(ms) for ms in (None, 640.4, 999.6, 1_300)] == ["–", "640 ms", "1,0 s", "1,3 s"]
    assert [duration(s) for s in (None, 7, 187, 3723)] == ["–", "0:07", "3:07", "1:02:03"]


def test_a_count_has_its_singular() -> None:
    assert "1 entry" in Words("en")("audit.whole", n=1)
    assert "2 entradas" in Words("es")("audit.whole", n=2)
