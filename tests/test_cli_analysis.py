"""`frontline analysis`, as managers and programs use it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.ends import OK, WRONG_USE
from app.store.analyses import Analysis, Criterion, Made, write
from app.store.database import Database
from app.store.tables import calls

AT = datetime.now(UTC)
CRITERION = Criterion("polite", "Was it polite?", "met", "It was.")
ONE = Analysis("They asked.", "Where an order is", "solved", "neutral", 90, (CRITERION,), ("Call.",), ("order",))


pytestmark = pytest.mark.usefixtures("in_a_data_folder")


@pytest.fixture
def _analysed(tmp_path: Path) -> None:
    async def keep() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'frontline.db'}")
        await database.open()
        about = {"line": "store", "language": "en", "caller": "", "called": "", "started_at": AT}
        async with database.engine.begin() as connection:
            rows = [{"call_sid": name, **about} for name in ("CA1a", "CA1b", "CB")]
            await connection.execute(calls.insert(), rows)
            await write(connection, Made("CA1a", ONE, AT, "gemini-3.5-flash-lite", {"prompt": 1}, 0.0016))
        await database.close()

    asyncio.run(keep())


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["analysis", *words])


def test_before_the_first_it_says_so() -> None:
    assert run().output == "No call has been analysed yet.\n"
    assert run("--agreement").output.startswith("Nobody has looked at an analysis in 30 days.")


@pytest.mark.usefixtures("_analysed")
def test_a_call_s_analysis_is_shown_with_its_cost() -> None:
    shown = run("CA1a")
    assert shown.exit_code == OK
    assert shown.output.startswith("They asked.\n")
    assert "  met            polite: It was.\n" in shown.output
    assert "cost $0.0016" in shown.output
    assert run().output.rstrip().endswith("solved   neutral    90  Where an order is")


@pytest.mark.usefixtures("_analysed")
def test_a_call_that_is_not_meant_clearly_or_not_analysed_is_refused() -> None:
    for words, said in (("CA1",), "Several calls"), (("CX",), "There is no call CX"), (("CB",), "is not analysed"):
        shown = run(*words)
        assert (shown.exit_code, said in shown.output) == (WRONG_USE, True)


@pytest.mark.usefixtures("_analysed")
def test_a_person_corrects_and_the_agreement_tells(tmp_path: Path) -> None:
    assert run("CA1a", "--set", "resolution=no", "--agree").exit_code == WRONG_USE
    kept = run(
        "CA1a", "--set", "resolution=no", "--set", "tags=order, refund", "--agree", "--by", "Maria", "--note", "x"
    )
    assert kept.output == "Kept: 6 of the call's fields, by Maria.\n"
    assert "Maria says  tags = order, refund (x)\n" in run("CA1a").output
    told = json.loads(run("--agreement", "--json").output)
    assert {one["field"]: one["agreed"] for one in told} == {
        **dict.fromkeys(("sentiment", "score", "reason", "summary"), 1),
        **dict.fromkeys(("resolution", "tags"), 0),
    }
    assert "resolution    0%  of 1 calls that people looked at" in run("--agreement").output
    document = json.loads(run("CA1a", "--json").output)
    assert (document["analysis"]["resolution"], len(document["corrections"])) == ("solved", 6)


@pytest.mark.usefixtures("_analysed")
@pytest.mark.parametrize("said", ["mood=good", "resolution=maybe", "sentiment=", "score=101", "score=good"])
def test_what_a_field_cannot_be_is_refused(said: str) -> None:
    assert run("CA1a", "--set", said, "--by", "Maria").exit_code == WRONG_USE
    assert json.loads(run("CA1a", "--json").output)["corrections"] == []
