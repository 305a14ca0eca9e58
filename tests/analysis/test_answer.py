"""The model's answer is data: taken when it is what was asked for, cleaned and cut, else refused by its place."""

from collections.abc import Mapping

import pytest

from app.analysis.answer import NotAnAnswer, checked, score
from app.prompts.scorecard import Scorecard
from app.store.analyses import Criterion

SCORECARD = Scorecard({"polite": "Polite?", "grounded": "Grounded?"}, {"polite": 1.0, "grounded": 3.0}, ("order",))
ANSWER: Mapping[str, object] = {
    "summary": "They asked for an order.",
    "reason": "Where an order is",
    "resolution": "solved",
    "sentiment": "positive",
    "criteria": {"polite": {"verdict": "met", "why": "Yes."}, "grounded": {"verdict": "partly", "why": "Mostly."}},
    "follow_ups": ["Send the parcel.", "  "],
    "tags": ["order"],
}


def test_an_answer_is_taken_as_it_is_and_scored_by_us() -> None:
    analysis = checked(ANSWER, SCORECARD)
    assert (analysis.resolution, analysis.sentiment, analysis.tags) == ("solved", "positive", ("order",))
    assert analysis.score == round(100 * (1 + 1.5) / 4)
    assert analysis.criteria[1] == Criterion("grounded", "Grounded?", "partly", "Mostly.")
    assert analysis.follow_ups == ("Send the parcel.",)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"resolution": "maybe"}, "resolution breaks enum"),
        ({"criteria": {"polite": {"verdict": "met", "why": ""}}}, "criteria breaks required"),
        ({"tags": ["<script>"]}, "tags/0 breaks enum"),
        ({"summary": 7}, "summary breaks type"),
        ({"score": 100}, "the document breaks additionalProperties"),
        ({"follow_ups": ["x"] * 6}, "follow_ups breaks maxItems"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_what_was_not_asked_for_is_refused_without_its_words(change: Mapping[str, object], place: str) -> None:
    with pytest.raises(NotAnAnswer, match=f"^{place}$"):
        checked({**ANSWER, **change}, SCORECARD)


@pytest.mark.parametrize("document", [None, [], "words", {}], ids=str)
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(NotAnAnswer):
        checked(document, SCORECARD)


def test_words_are_cut_and_freed_of_what_no_screen_should_get() -> None:
    said = {"summary": "a\x00\x1b[31m\u202eb " * 400, "reason": "r" * 500}
    analysis = checked({**ANSWER, **said}, SCORECARD)
    assert analysis.summary.startswith("a [31m b a")
    assert (len(analysis.summary) <= 800, len(analysis.reason)) == (True, 120)


def test_tags_of_the_model_s_own_are_made_tags() -> None:
    free = {**ANSWER, "criteria": {}, "tags": ["Late Parcel!", "late parcel", "###"]}
    analysis = checked({key: value for key, value in free.items() if key != "criteria"}, Scorecard())
    assert analysis.tags == ("late-parcel",)
    assert analysis.score is None


def test_what_does_not_apply_counts_for_nothing() -> None:
    verdicts = (Criterion("polite", "", "missed", ""), Criterion("grounded", "", "not_applicable", ""))
    assert score(verdicts, SCORECARD) == 0
    assert score(verdicts[1:], SCORECARD) is None
