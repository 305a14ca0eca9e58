"""Signed words that go to a browser: what is opened, what is not, and what is used once."""

import pytest

from app.softphone.seals import LONGEST, Seals
from tests.fakes import Clock

FIELDS = {"line": "store", "by": "ana"}


def seals(kind: str = "pass", *secrets: str, clock: Clock | None = None) -> Seals:
    return Seals(kind, secrets or ("a secret",), clock or Clock())


def test_what_was_sealed_is_opened() -> None:
    word = seals().seal(FIELDS, 60)
    assert seals().open(word) == FIELDS
    assert word.replace("-", "").replace("_", "").isalnum()  # it must do as a subprotocol


def test_what_was_sealed_for_something_else_is_not_opened() -> None:
    assert seals("link").open(seals("pass").seal(FIELDS, 60)) is None


def test_a_secret_that_was_rotated_out_still_opens() -> None:
    word = seals("pass", "old").seal(FIELDS, 60)
    assert seals("pass", "new", "old").open(word) == FIELDS
    assert seals("pass", "new").open(word) is None


def test_a_seal_runs_out() -> None:
    clock = Clock()
    made = seals(clock=clock)
    word = made.seal(FIELDS, 60)
    clock.now += 59
    assert made.open(word) == FIELDS
    clock.now += 2
    assert made.open(word) is None


@pytest.mark.parametrize("word", ["", "a", "not base64!", "é", "A" * 100, "A" * (LONGEST + 1)])
def test_what_we_did_not_seal_is_not_opened(word: str) -> None:
    assert seals().open(word) is None


def test_a_changed_letter_opens_nothing() -> None:
    word = seals().seal(FIELDS, 60)
    for place in range(0, len(word), 7):
        other = "A" if word[place] != "A" else "B"
        assert seals().open(word[:place] + other + word[place + 1 :]) is None


def test_a_word_is_used_once() -> None:
    clock = Clock()
    made = seals(clock=clock)
    word = made.seal(FIELDS, 60)
    assert made.use(word) == FIELDS
    assert made.use(word) is None
    clock.now += 61
    made.use(made.seal(FIELDS, 60))
    assert made.use(word) is None  # forgotten, and run out
