"""What `frontline call` hands the server it starts, and what it reads in the journals meanwhile."""

import json
from pathlib import Path

import pytest

from app.calling import JournalFollower, _server_environment
from app.fittings import REHEARSAL_ACCOUNT, REHEARSAL_URL
from app.settings import load

API = "http://127.0.0.1:9"


def test_a_rehearsed_call_takes_nothing_of_a_real_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "token"
    secret.write_text("the real token")
    env_file = tmp_path / ".env"
    env_file.write_text(
        f"TWILIO_ACCOUNT_SID=AC{'1' * 32}\nTWILIO_AUTH_TOKEN_FILE={secret}\nPUBLIC_URL=https://real.example\n"
        f"TWILIO_API_KEY=SK{'1' * 32}\nTWILIO_API_SECRET=s\nTWILIO_REGION=ie1\nTWILIO_EDGE=dublin\n"
    )
    monkeypatch.setenv("TWILIO_REGION", "au1")
    given = load({"FRONTLINE_DATA": str(tmp_path)}, env_file)
    settings = load(_server_environment(given, "for-this-call", API), env_file)
    assert (settings.twilio_account_sid, settings.twilio_tokens) == (REHEARSAL_ACCOUNT, ("for-this-call",))
    assert (settings.public_url, settings.twilio_api_url) == (REHEARSAL_URL, API)
    assert settings.data == tmp_path
    assert (settings.twilio_api_key, settings.twilio_api_secret) == (None, None)
    assert (settings.twilio_region, settings.twilio_edge) == (None, None)


def _tool(id: str, status: str) -> str:
    called = {"t": 1.0, "e": "ToolCalled", "id": id, "name": f"tool_{id}", "args": {}}
    ended = {"t": 1.5, "c": "RecordTool", "id": id, "name": f"tool_{id}", "status": status, "took_ms": 500}
    return f"{json.dumps(called)}\n{json.dumps(ended)}\n"


def test_tools_that_did_not_end_well_are_told_and_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    shown: list[str] = []
    follower = JournalFollower(tmp_path, shown.append)
    (tmp_path / "CA1.jsonl").write_text(
        _tool("a", "ok") + '{"t": 1.0, "e": "Trans\n' + "7\n" + _tool("b", "timeout") + '{"t": 2'
    )
    assert follower.tools_of("CA1") == ["tool_a", "tool_b"]
    assert follower.failures_of("CA1") == ["tool_b ended with timeout"]
    assert follower.failures_of("CA2") == []
    assert len(shown) == 4


def test_words_that_a_journal_tells_later_are_shown_when_it_does_in_their_order(tmp_path: Path) -> None:
    shown: list[str] = []
    follower = JournalFollower(tmp_path, shown.append)
    journal = tmp_path / "CA1.jsonl"

    def write(*lines: dict[str, object]) -> None:
        with journal.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        follower._catch_up()

    write(
        {"t": 10.0, "e": "CallStarted"},
        {"t": 11.0, "e": "Transcribed", "side": "caller", "text": "ʘʘʘʘʘ "},
        {"t": 11.2, "e": "Transcribed", "side": "caller", "text": "ʘʘ ʘʘ?"},
        {"t": 12.0, "e": "ToolCalled", "name": "look_up", "args": {}},
    )
    assert shown == []
    write({"t": 13.0, "words": {"0": "Where "}})
    assert shown == []
    write({"t": 13.3, "words": {"1": "is ʘʘ?"}})
    assert shown == ["   1.0 s     caller  Where is ʘʘ?", "   2.0 s       tool  look_up({})"]
