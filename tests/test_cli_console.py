"""`frontline console`, as ops use it."""

import json

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.cli.console import Role
from app.cli.ends import OK, WRONG_USE
from app.console.permissions import ROLES

pytestmark = pytest.mark.usefixtures("in_a_data_folder")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["console", *arguments])


def test_the_command_knows_the_roles_of_the_table() -> None:
    assert {role.value for role in Role} == set(ROLES)


def test_an_invitation_is_a_link_and_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no account yet" in run("accounts").output
    shown = run("invite", "--role", "ops")
    assert shown.exit_code == OK
    assert shown.output.startswith("http://127.0.0.1:8000/console/join/")
    proof = run("prove")
    assert (proof.exit_code, "The chain holds: 1 entries" in proof.output) == (OK, True)
    assert json.loads(run("accounts", "--json").output) == []


def test_nobody_gets_no_new_password() -> None:
    assert run("invite", "--account", "Bo").exit_code == WRONG_USE
