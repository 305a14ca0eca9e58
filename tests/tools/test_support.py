"""Tickets, and answers from the help articles."""

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.call.commands import RunTool
from app.toolkit import Caller
from app.toolkit.loader import load_tools
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool

TOOLS = Path(__file__).parents[2] / "tools"
CALLER = Caller(number="+12125550147", call_sid="CA1", line="store", language="en-US")
STOVE = {"subject": "stove arrived damaged", "details": "Order 1044, the burner is bent."}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, LoadedTool]:
    monkeypatch.setenv("FRONTLINE_DATA", str(tmp_path))
    return load_tools(TOOLS)[0]


@pytest.fixture
def runner(tools: Mapping[str, LoadedTool]) -> ToolRunner:
    return ToolRunner(tools, CALLER)


async def used(runner: ToolRunner, name: str, args: Mapping[str, object]) -> tuple[Mapping[str, object], str]:
    end = await runner.run(RunTool("1", name, args))
    return end.response, end.status


async def test_a_ticket_is_opened_and_found_again(runner: ToolRunner) -> None:
    opened, _ = await used(runner, "open_ticket", STOVE)
    number = str(opened["ticket_number"])
    assert f"ticket {' '.join(number)}." in str(opened["message"])
    found, _ = await used(runner, "ticket_state", {"ticket_number": " ".join(number)})
    assert found["state"] == "open"


async def test_asked_twenty_times_at_once_a_ticket_is_opened_once(runner: ToolRunner, tmp_path: Path) -> None:
    answers = await asyncio.gather(*(used(runner, "open_ticket", STOVE) for _ in range(20)))
    assert {status for _, status in answers} == {"ok"}
    assert len({response["ticket_number"] for response, _ in answers}) == 1
    database = sqlite3.connect(tmp_path / "support.db")
    rows = database.execute("SELECT call_sid, caller, subject, details FROM tickets").fetchall()
    database.close()
    assert rows == [("CA1", "+12125550147", STOVE["subject"], STOVE["details"])]


async def test_another_call_and_another_subject_get_tickets_of_their_own(tools: Mapping[str, LoadedTool]) -> None:
    first, _ = await used(ToolRunner(tools, CALLER), "open_ticket", STOVE)
    other, _ = await used(ToolRunner(tools, CALLER), "open_ticket", {**STOVE, "subject": "wrong charge"})
    later, _ = await used(ToolRunner(tools, Caller(call_sid="CA2")), "open_ticket", STOVE)
    assert len({first["ticket_number"], other["ticket_number"], later["ticket_number"]}) == 3


async def test_a_ticket_about_nothing_is_asked_about(runner: ToolRunner) -> None:
    response, status = await used(runner, "open_ticket", {"subject": "  ", "details": ""})
    assert (status, response["retryable"]) == ("error", True)


@pytest.mark.parametrize("number", ["123456", "none", ""])
async def test_a_ticket_that_is_not_there_is_a_polite_answer(runner: ToolRunner, number: str) -> None:
    response, status = await used(runner, "ticket_state", {"ticket_number": number})
    assert (status, response["status"]) == ("ok", "not_found")


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("I'd like a refund", "Refunds"),
        ("how do I send it back", "Returning an item"),
        ("what are your opening hours?", "Opening hours"),
        ("I was charged twice", "A charge I do not recognise"),
        ("my tent arrived damaged", "Warranty and repairs"),
        ("how much is shipping", "Delivery times and cost"),
        ("cancel my order please", "Cancelling an order"),
        ("I forgot my password", "Forgotten password"),
        ("do the boots fit small", "Sizes and fit"),
        ("can I pay with a credit card", "Ways to pay"),
    ],
)
async def test_a_question_finds_its_article(runner: ToolRunner, question: str, article: str) -> None:
    response, _ = await used(runner, "search_help", {"question": question})
    assert response["article"] == article


async def test_a_spanish_caller_is_answered_from_the_spanish_articles(tools: Mapping[str, LoadedTool]) -> None:
    runner = ToolRunner(tools, Caller(language="es-US"))
    response, _ = await used(runner, "search_help", {"question": "¿Cuánto tarda el envio?"})
    assert response["article"] == "Plazos y gastos de envío"


@pytest.mark.parametrize("question", ["purple elephants", "", "?!", 'the "', "AND OR NOT NEAR(", "* - ^ : title:x"])
async def test_a_question_without_an_article_is_no_error(runner: ToolRunner, question: str) -> None:
    response, status = await used(runner, "search_help", {"question": question})
    assert (status, response["status"]) == ("ok", "not_found")


async def test_changed_articles_are_read_at_the_next_start(runner: ToolRunner, tmp_path: Path) -> None:
    await used(runner, "search_help", {"question": "refund"})
    folder = tmp_path / "changed"
    (folder / "help").mkdir(parents=True)
    (folder / "support.py").write_text((TOOLS / "support.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "help" / "en.md").write_text("# Refunds\n\nNever.\n", encoding="utf-8")
    tools, _ = load_tools(folder)
    response, _ = await used(ToolRunner(tools, CALLER), "search_help", {"question": "refund"})
    assert response["message"] == "Never."
