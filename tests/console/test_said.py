"""What the house says of its problems is there in every language, whatever is said of late, and stays whole."""

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.alerts.measures import Measured
from app.alerts.rules import SEVERITIES, read_rules
from app.alerts.watch import sentence
from app.console.said import SAID, said
from app.console.words import FIRST, LANGUAGES, Words, catalogue
from app.gemini import closes

OTHERS = [language for language in LANGUAGES if language != FIRST]
SPANISH = Words("es")
APP = Path("app")
WORD = re.compile(r"[a-z]{2,}")


def known(language: str, kind: str) -> set[str]:
    return {name.removeprefix(f"{kind}.") for name in catalogue(language, SAID) if name.startswith(f"{kind}.")}


def english(node: ast.expr, of: ast.AST) -> Iterator[str]:
    """What an expression of a function may say, with a number for each place."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            number, text = 0, ""
            for part in parts:
                number += isinstance(part, ast.FormattedValue)
                text += str(part.value) if isinstance(part, ast.Constant) else f"{{{number}}}"
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from [*english(one, of), *english(other, of)]
        case ast.Name(id=name):
            assigned = [each for each in ast.walk(of) if isinstance(each, ast.Assign)]
            for each in assigned:
                if any(isinstance(to, ast.Name) and to.id == name for to in each.targets):
                    yield from english(each.value, of)


def said_in(path: Path, functions: set[str], first: int) -> set[str]:
    """What calls of these functions say, in their arguments from the ``first`` on, that has words of its own."""
    texts: set[str] = set()
    for of in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(of, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = [each for each in ast.walk(of) if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]
            wanted = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id in functions]
            texts |= {text for call in wanted for node in call.args[first:] for text in english(node, of)}
    return {text for text in texts if WORD.search(re.sub(r"\{\d\}", "", text))}


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_doctor_finds_is_said_in_every_language(language: str) -> None:
    found = said_in(APP / "doctor.py", {"Finding"}, 2)
    assert len(found) > 30
    assert found - known(language, "doctor") == {"{1}/healthz: {2}"}  # an address
    assert set(closes._NEXT_STEPS.values()) - known(language, "doctor") == set()


@pytest.mark.parametrize("language", OTHERS)
def test_what_twilio_does_not_do_is_said_in_every_language(language: str) -> None:
    found = said_in(APP / "twilio" / "rest.py", {"TwilioUnavailable"}, 0)
    assert found and found - known(language, "twilio") == set()


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_phone_and_a_bundle_do_not_grant_is_said_in_every_language(language: str) -> None:
    files = [*(APP / "softphone").glob("*.py"), APP / "console/pages/phone.py"]
    unwanted = {text for path in files for text in said_in(path, {"Unwanted", "SpeechUnavailable"}, 0)}
    refused = said_in(APP / "store/bundle.py", {"NotABundle"}, 0)
    assert unwanted and unwanted - known(language, "phone") == set()
    assert refused and refused - known(language, "bundle") == set()


@pytest.mark.parametrize("language", OTHERS)
def test_what_a_flag_has_beside_it_is_said_in_every_language(language: str) -> None:
    flagging = {"RecordFlag", "flag", "_flag", "_break", "_replace"}
    found = {text for path in (APP / "call").glob("*.py") for text in said_in(path, flagging, 2)}
    assert found - known(language, "detail") - {"{1} s", "{1} USD"} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_the_shipped_rules_are_said_in_every_language(language: str) -> None:
    rules, _ = read_rules()
    assert {*(rule.says for rule in rules), *SEVERITIES} - known(language, "alert") == set()


@pytest.mark.parametrize("language", OTHERS)
def test_the_same_places_are_in_both(language: str) -> None:
    for name, text in catalogue(language, SAID).items():
        places = [{place for _, place, _, _ in string.Formatter().parse(each) if place} for each in (name, text)]
        assert places[0] == places[1], name


def test_what_fills_a_place_is_said_too_and_what_is_not_known_stays() -> None:
    keys = said(SPANISH, "doctor", "a Gemini key; 2 Twilio auth token(s)")
    assert keys == "una clave de Gemini; auth tokens de Twilio: 2"
    assert said(SPANISH, "detail", "4.2 s, given up") == "4.2 s, se dio por perdido"
    assert said(SPANISH, "twilio", "ConnectError: {0} refused") == "ConnectError: {0} refused"
    assert said(Words(FIRST), "detail", "given up") == "given up"
    assert said(SPANISH, "detail", "x" * 10_000) == "x" * 10_000


def test_an_alert_is_said_with_its_line() -> None:
    rules, _ = read_rules()
    told = said(SPANISH, "alert", sentence(replace(rules[1], line="shop"), Measured(12.0, 30, ())))
    assert told == "Llamadas que terminaron por un fallo en shop: 12 % de 30 llamadas en 15 min (límite 2 %)"
