"""Figures and stories in the language of the page: nothing is without its words, and they are written by the locale."""

import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.call import flags
from app.call.dispositions import ALL as DISPOSITIONS
from app.call.tool_end import STATUSES
from app.console.pages import entrance, reports_compared
from app.console.pages.reports import Cell, _told
from app.console.told import TOLD, figure, moment, told_of
from app.console.words import FIRST, LANGUAGES, TEXTS, Words, catalogue
from app.meaning.call import CallFigures
from app.meaning.definitions import METRICS
from app.meaning.sentences import FLAG, SENTENCES, said
from app.meaning.why import Moment
from app.store import parts
from app.store.database import Database
from tests.console.site import site
from tests.console.test_calls import RECORDS, START, written

OTHERS = [language for language in LANGUAGES if language != FIRST]
SPANISH = Words("es")


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_figure_has_its_name_and_what_it_says_in_every_language(language: str) -> None:
    told = {name: text for name, text in catalogue(language, TOLD).items() if name.startswith("figures.")}
    assert set(told) == {f"figures.{metric.name}.{part}" for metric in METRICS for part in ("name", "says")}
    assert len({figure(Words(language), metric).name for metric in METRICS}) == len(METRICS)
    assert all(figure(Words(language), metric).says != metric.says for metric in METRICS)


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_a_story_is_there_in_every_language_with_the_same_places(language: str) -> None:
    told = {name.removeprefix("why."): text for name, text in catalogue(language, TOLD).items() if "why." in name}
    assert {name: holes(text) for name, text in told.items()} == {name: holes(text) for name, text in SENTENCES.items()}


def test_what_another_language_tells_is_told_in_the_first_by_the_code_alone() -> None:
    assert [folder.name for folder in sorted(TEXTS.glob(f"*/{TOLD}"))] == [TOLD] * len(OTHERS)
    assert catalogue(FIRST, TOLD) == {}


def test_flags_outcomes_moments_and_ends_of_tools_have_their_words() -> None:
    assert {f"{FLAG}{name}" for name in flags.ALL} == {name for name in SENTENCES if name.startswith(FLAG)}
    named = {f"calls.flag_{name}" for name in flags.ALL} | {f"calls.outcome_{name}" for name in DISPOSITIONS}
    named |= {f"call.status_{name}" for name in STATUSES} | {f"call.mark_{name}" for name in parts.ALL}
    assert named - set(catalogue(FIRST)) == set()


def test_a_moment_is_told_with_its_parts_and_figures_in_the_languages_form() -> None:
    shares = said("shares", model_s=1.2345, house_s=0.1)
    slow = Moment(1.0, "wait", said("answer", waited_s=2.5), (shares, said("tool_ran", tool="track", took_s=1.0)))
    assert moment(SPANISH, slow).endswith(
        "2,5 s una respuesta: 1,2 s por el modelo, 0,1 s por nosotros; track tardó 1,0 s"
    )
    assert moment(Words("en"), slow) == slow.text
    assert moment(SPANISH, Moment(0.0, "cost", said("cost", total_usd=0.0123))) == "costó US$0,0123"


def test_how_it_ended_is_called_as_the_page_calls_it() -> None:
    ended = Moment(9.0, "end", said("ended_house", disposition="worker_lost", lasted_s=9.0))
    assert moment(SPANISH, ended).endswith(SPANISH("calls.outcome_worker_lost"))
    failed = Moment(2.0, "tool", said("tool", tool="track", status="timeout"))
    assert moment(SPANISH, failed) == "track acabó así: Tardó demasiado"


def test_what_a_call_that_was_brought_along_does_not_tell_is_a_dash() -> None:
    assert moment(SPANISH, Moment(0.0, "wait", said("greeting"))) == "el llamante esperó – a oír el saludo"
    odd = Moment(0.0, "flag", said("flag_{x.__class__}"), detail="odd")
    assert moment(SPANISH, odd) == odd.text == "{x.  class  } (odd)"


async def test_the_page_of_a_call_is_in_spanish_to_its_end(database: Database, tmp_path: Path) -> None:
    entrance._guesses.storage.reset()
    await written(database, *RECORDS)
    async with site(database, tmp_path) as here:
        await here.sign_in()
        here.browser.headers["Accept-Language"] = "es"
        page = (await here.open(f"/console/calls/{START.call_sid}")).text
        assert "el llamante esperó 2,1 s una respuesta: 1,3 s por el modelo" in page
        assert "la terminó el llamante a los 8,5 s: Colgó el llamante" in page
        assert "Falló: look_up_order" in page and "the caller" not in page


def test_reports_have_their_figures_in_spanish() -> None:
    call = CallFigures("CA1", "shop", "+1", datetime(2026, 11, 30, tzinfo=UTC), 30.0, "completed", first_sound_ms=1_300)
    rows = {figure.name: cell for _, found in _told(SPANISH, [call]) for figure, cell in found}
    assert rows["Llamadas recibidas"].value == "1"
    assert rows["Primer sonido"] == Cell("1,3 s", "p95 1,3 s · 1 valor")
    compared = {row.name for _, found in reports_compared.told(SPANISH, [call], [call]).groups for row in found}
    assert compared <= set(rows) and "Muy cortas" in compared


def test_news_have_the_words_of_the_page() -> None:
    flag = {"kind": "flag", "at_s": 3.0, "name": "disclosed", "detail": "nudged"}
    assert told_of(SPANISH, flag) == {**flag, "name": SPANISH("calls.flag_disclosed"), "detail": "se insistió"}
    tool = {"kind": "tool", "name": "disclosed", "status": "timeout", "took_ms": 9}
    assert told_of(SPANISH, tool) == {**tool, "ended": "Tardó demasiado"}
    for same in ({"kind": "flag", "name": "of tomorrow", "detail": ""}, {"kind": "turn", "heard": "Hello."}, {}):
        assert told_of(SPANISH, same) == same
