"""What a phone's stream sends when it is not as it should be."""

import json
from collections.abc import Iterable

from app.rehearsal.phone_faults import Faults, Unruly
from app.rehearsal.phone_messages import Writer
from app.rehearsal.phone_sound import SILENCE

SECOND = 50  # frames


def sent(faults: Faults, frames: Iterable[int]) -> list[list[str | bytes]]:
    unruly = Unruly(faults, Writer("AC1", "CA1", "MZ1"))
    return [unruly.sent(number, SILENCE, number * 20) for number in frames]


def chunks(messages: Iterable[str | bytes]) -> list[int]:
    return [int(json.loads(one)["media"]["chunk"]) for one in messages if b"chunk" in _bytes(one)]


def _bytes(message: str | bytes) -> bytes:
    return message.encode() if isinstance(message, str) else message


def flat(frames: Iterable[list[str | bytes]]) -> list[str | bytes]:
    return [message for messages in frames for message in messages]


def test_without_a_fault_a_frame_is_one_message() -> None:
    assert chunks(flat(sent(Faults(), range(1, 6)))) == [1, 2, 3, 4, 5]


def test_two_frames_change_places() -> None:
    assert chunks(flat(sent(Faults(reorder_every_s=0.06), range(1, 8)))) == [1, 2, 4, 3, 5, 7, 6]


def test_a_frame_comes_twice() -> None:
    assert chunks(flat(sent(Faults(duplicate_every_s=0.06), range(1, 5)))) == [1, 2, 3, 3, 4]


def test_a_flood_is_new_sound_for_a_while() -> None:
    flood = sent(Faults(flood_after_s=0.02, flood_s=0.02, flood_times=10), range(1, 4))
    assert [len(messages) for messages in flood] == [10, 1, 1]
    times = [int(json.loads(message)["media"]["timestamp"]) for message in flat(flood)]
    assert times == list(range(20, 20 * 13, 20))


def test_a_storm_is_a_hundred_malformed_messages_a_second() -> None:
    storm = sent(Faults(storm_after_s=0.02), range(1, SECOND + 1))
    assert len(flat(storm)) == SECOND + 100


def test_strange_messages_are_also_binary_and_of_another_stream() -> None:
    messages = flat(sent(Faults(malformed_every_s=0.02, strange=True), range(1, 13)))
    assert any(isinstance(message, bytes) for message in messages)
    assert any("MZffff" in str(message) for message in messages)


def test_one_message_is_too_large() -> None:
    messages = flat(sent(Faults(oversized_after_s=0.04, oversized_bytes=70_000), range(1, 5)))
    assert sum(len(message) > 70_000 for message in messages) == 1


def test_keys_are_pressed_within_a_second() -> None:
    messages = flat(sent(Faults(keys="0123456789" * 7, keys_after_s=0.02), range(1, SECOND + 1)))
    keys = [json.loads(message)["dtmf"]["digit"] for message in messages if "dtmf" in str(message)]
    assert "".join(keys) == "0123456789" * 7


def test_a_stalled_stream_sends_nothing() -> None:
    assert flat(sent(Faults(stall_after_s=0.0), range(1, 10))) == []


def test_start_comes_twice_after_sound_that_was_too_early() -> None:
    unruly = Unruly(Faults(two_starts=True), Writer("AC1", "CA1", "MZ1"))
    events = [json.loads(message)["event"] for message in unruly.greeting({"token": "x"})]
    assert events == ["media", "start", "start"]
