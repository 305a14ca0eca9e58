"""Two real servers on one folder and database: the one that has the calls is killed, the other goes on with them."""

from pathlib import Path

from app.drill.kills import Kept, kill_drill


def told(kept: list[Kept]) -> str:
    return "\n".join(str(one) for one in kept)


async def test_calls_whose_process_is_killed_are_answered_again_and_their_records_are_whole(tmp_path: Path) -> None:
    kept = await kill_drill(tmp_path, 2, "kill", print)
    assert any(one.streams == 2 for one in kept), told(kept)
    assert [one.problems for one in kept] == [()] * 2, told(kept)
    assert [one.differences for one in kept] == [0] * 2, told(kept)
    assert all(one.disposition in ("completed", "caller_hung_up") for one in kept), told(kept)
