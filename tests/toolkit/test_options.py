"""A wrong option of a tool is told with its line and what to write instead."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.edits import EditError
from app.toolkit.declare import Options
from app.toolkit.loader import load_tools
from app.toolkit.options import option_problem
from app.toolkit.schema import LoadedTool

MANUAL = (Path(__file__).parents[2] / "tools" / "README.md").read_text(encoding="utf-8")
CODE = """from app.toolkit import Caller, tool


@tool(
    timeout_s=5.0,
    {options}
)
async def change(day: str, {argument}: str = "", *, caller: Caller) -> str:
    '''Change it.

    Args:
        day: The day.
        {argument}: It.
    '''
"""


def load(folder: Path, options: str, argument: str = "note") -> tuple[dict[str, LoadedTool], list[EditError]]:
    (folder / "one.py").write_text(CODE.format(options=options, argument=argument), encoding="utf-8")
    return load_tools(folder)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("level='pin'", 'level=\'pin\' is no level. Write "none", "details" or "code".'),
        ("identifies='code'", "Write identifies='details'"),
        ("identifies='details', level='details'", "Take level out, or identifies."),
        ("identifies='details', write=True", "Take write out, or identifies."),
        ("identifies='details', retries=1", "is not begun again. Take retries out."),
        ("write='yes'", "Write write=True or write=False."),
        ("idempotent=1", "Write idempotent=True or idempotent=False."),
        ("retries=1, write=True", "or write idempotent=True"),
        ("retries=4", "Write a whole number from 0 to 3."),
        ("retries=True", "Write a whole number from 0 to 3."),
        ("retries=-1", "Write a whole number from 0 to 3."),
        ("confirm={'en': 'Shall I?'}", "Write write=True with it, or take confirm out."),
        ("write=True, confirm='Shall I?'", 'Write confirm={"en":'),
        ("write=True, confirm={}", 'Write confirm={"en":'),
        ("write=True, confirm={'english!': 'Shall I?'}", 'Write confirm={"en":'),
        ("write=True, confirm={'en': 3}", 'Write confirm={"en":'),
        ("write=True, confirm={'en': ' '}", "confirm, en: There is no sentence."),
        ("write=True, confirm={'en': 'On {date}?'}", '{date} is no argument. Write "{day}" or "{note}".'),
        ("write=True, confirm={'en': 'On {day.year}?'}", "{day.year} is no argument."),
        ("write=True, confirm={'en': 'On {day!r}?'}", "{day} is no argument."),
        ("write=True, confirm={'en': 'On {day:>99}?'}", "{day} is no argument."),
        ("write=True, confirm={'en': 'On {caller}?'}", "{caller} is no argument."),
        ("write=True, confirm={'en': 'On {day}', 'es': 'El {day'}", "confirm, es: The braces do not match"),
        ("waiting='One moment.'", 'Write waiting={"en": ("One moment'),
        ("waiting={'en': 'One moment.'}", "waiting, en: one sentence or several are wanted, in brackets."),
        ("waiting={'en': ()}", "waiting, en: one sentence or several are wanted"),
        ("waiting={'en': ('One moment.',)}, filler=False", "Take filler=False out, or waiting."),
        ("fields='state'", 'Write fields=("state", "day"), or fields=("state",).'),
        ("fields=('state', 3)", 'Write fields=("state", "day")'),
        ("scheduling='later'", 'Write "silent", "when_idle" or "interrupt".'),
        ("timeout_s=True", "is no time limit"),
    ],
)
def test_a_wrong_option_is_told_on_its_own_line(tmp_path: Path, options: str, said: str) -> None:
    code = CODE.format(options=options, argument="note")
    if options.startswith("timeout_s"):
        code = code.replace("    timeout_s=5.0,\n", "\n")
    (tmp_path / "one.py").write_text(code, encoding="utf-8")
    tools, (error,) = load_tools(tmp_path)
    assert tools == {}
    assert error.line == 6
    assert said in error.problem


@pytest.mark.parametrize(
    "argument", ["customer", "customer_id", "account_holder", "user_id", "patient_name", "verified", "Customer_ID"]
)
def test_an_argument_that_claims_who_is_calling_is_a_mistake_where_a_level_is_wanted(
    tmp_path: Path, argument: str
) -> None:
    _, (error,) = load(tmp_path, "level='details'", argument)
    assert error.line == 8
    assert "Use caller.customer" in error.problem


@pytest.mark.parametrize(
    ("options", "argument"), [("level='none'", "customer_id"), ("level='code'", "account"), ("level='code'", "name")]
)
def test_an_argument_that_claims_nothing_may_stand(tmp_path: Path, options: str, argument: str) -> None:
    tools, errors = load(tmp_path, options, argument)
    assert (list(tools), errors) == (["change"], [])


def test_every_option_is_kept(tmp_path: Path) -> None:
    options = (
        "level='code', write=True, confirm={'en': 'On {day}?'}, idempotent=True, retries=2, "
        "waiting={'en': ('One moment.', 'Still looking.')}, fields=('state',), scheduling='when_idle'"
    )
    tools, errors = load(tmp_path, options)
    assert errors == []
    assert tools["change"].options == Options(
        level="code",
        write=True,
        confirm={"en": "On {day}?"},
        idempotent=True,
        retries=2,
        waiting={"en": ("One moment.", "Still looking.")},
        fields=("state",),
        scheduling="when_idle",
    )


def test_options_from_elsewhere_are_checked_alike() -> None:
    problem = option_problem(Options(write=True, confirm={"en": "{when}?"}), ["day"])
    assert problem == ("confirm", 'confirm, en: {when} is no argument. Write "{day}".')


def test_the_manual_explains_every_option() -> None:
    rows = set(re.findall(r"^\| `(\w+)=", MANUAL, re.MULTILINE))
    assert rows == {option.name for option in fields(Options)} - {"again"}


def test_the_manuals_options_are_taken_as_they_stand_there(tmp_path: Path) -> None:
    for written in re.findall(r"^\| `([^`]+)` \|", MANUAL, re.MULTILINE):
        needed = {"confirm": ", write=True", "idempotent": ", write=True", "identifies": ""}
        options = written.replace("order_number", "day") + needed.get(written.partition("=")[0], "")
        code = CODE.format(options=options, argument="note").replace("    timeout_s=5.0,\n", "")
        (tmp_path / "one.py").write_text(code, encoding="utf-8")
        tools, errors = load_tools(tmp_path)
        assert (written, list(tools), errors) == (written, ["change"], [])


def test_the_manuals_tools_that_know_the_caller_load(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(MANUAL.split("```python\n")[2].split("```")[0], encoding="utf-8")
    tools, errors = load_tools(tmp_path)
    assert (list(tools), errors) == (["verify_order", "cancel_order"], [])
