"""The rules: read with their mistakes, each with what to write instead."""

from pathlib import Path

import pytest

from app.alerts.channels import Channel, channels_in, mail_server
from app.alerts.rules import read_rules

GOOD = """\
[quiet]
of = "flags"
flags = ["tone", "no_answer"]
above = 5
clear = 3
window_min = 30
fewest = 10
line = "store"
severity = "critical"
says = "Calls with silence"

[slow]
of = "turn_gap"
above = 2000
"""


def read(folder: Path, text: str) -> list[str]:
    file = folder / "rules.toml"
    file.write_text(text, encoding="utf-8")
    return [f"{error.line}: {error.problem}" for error in read_rules(file)[1]]


def test_the_shipped_rules_have_no_mistake() -> None:
    rules, errors = read_rules()
    assert errors == []
    assert {rule.of for rule in rules} == {"flags", "dispositions", "turn_gap", "tool_errors", "cost"}


def test_a_rule_is_read_whole_and_is_well_again_below_its_limit(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD) == []
    quiet, slow = read_rules(tmp_path / "rules.toml")[0]
    assert (quiet.names, quiet.clear, quiet.window_min, quiet.line) == (("tone", "no_answer"), 3.0, 30, "store")
    assert (slow.clear, slow.fewest, slow.severity, slow.says) == (1600.0, 20, "warning", "slow")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('"turn_gap"', '"gap"', '13: of = "gap" cannot be.'),
        ("above = 2000", "", "12: slow has no limit."),
        ('"no_answer"', '"no_anser"', '3: "no_anser" is none of the flags. Did you mean "no_answer"?'),
        ('flags = ["tone", "no_answer"]', "", "1: quiet names no flags."),
        ("clear = 3", "clear = 9", "5: clear = 9 cannot be. Write a number from 0 to 5"),
        ("fewest", "least", '7: There is no setting "least".'),
        ("[slow]", "slow", ""),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, before: str, after: str, problem: str) -> None:
    assert read(tmp_path, GOOD.replace(before, after, 1))[0].startswith(problem)


def test_a_file_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    assert len(read_rules(tmp_path / "none.toml")[1]) == 1


def test_channels_are_mailboxes_and_slack_s() -> None:
    text = "mailto:ops@example.com; slack:https://hooks.slack.com/services/T/B/x"
    assert channels_in(text) == (
        Channel("mail", "ops@example.com"),
        Channel("slack", "https://hooks.slack.com/services/T/B/x"),
    )
    assert "hooks" not in repr(channels_in(text))
    for wrong in ("ops@example.com", "mailto:ops", "slack:hooks.slack.com/x", "https://a.example"):
        with pytest.raises(ValueError, match="not mailto"):
            channels_in(wrong)


def test_a_mail_server_is_read_with_its_sender() -> None:
    server = mail_server("smtps://me%40x:p%2Fw@mail.example?from=frontline@example.com")
    assert (server.host, server.port, server.tls, server.user, server.password) == (
        "mail.example",
        465,
        True,
        "me@x",
        "p/w",
    )
    assert mail_server("smtp://mail.example?from=a@b.example").port == 587
    for wrong in ("mail.example", "smtps://mail.example", "http://mail.example?from=a@b.example"):
        with pytest.raises(ValueError, match="not the address of a mail server"):
            mail_server(wrong)


def test_the_runbook_s_example_is_read_without_a_mistake(tmp_path: Path) -> None:
    runbook = (Path(__file__).parents[2] / "infra" / "README.md").read_text(encoding="utf-8")
    assert read(tmp_path, runbook[runbook.index("**Alerts.**") :].split("```toml\n")[1].split("```")[0]) == []
