"""Files beside the media path while the disk is full: nothing is lost within bounds, and it is said once."""

import errno
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from app.store.disk import LOOK_EVERY_S, RESERVE, RETRY_S, Disk
from tests.fakes import Clock

A, B = Path("a.jsonl"), Path("b.jsonl")


@dataclass
class Room:
    """A disk with room for so many bytes; ``fault`` is what it says without."""

    bytes: int = 1_000_000
    fault: int = errno.ENOSPC
    files: dict[str, bytearray] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)

    def opened(self, path: Path) -> "Opened":
        self.files.setdefault(path.name, bytearray())
        return Opened(self, path.name)


@dataclass
class Opened:
    """A file that takes what there is room for."""

    room: Room
    name: str

    def write(self, data: bytes) -> int:
        if not self.room.bytes:
            raise OSError(self.room.fault, "No room")
        taken = min(len(data), self.room.bytes)
        self.room.bytes -= taken
        self.room.files[self.name] += data[:taken]
        return taken

    def close(self) -> None:
        self.room.closed.append(self.name)


@dataclass
class House:
    """A disk, its clock and its room."""

    folder: Path
    reserve_bytes: int = 0
    room: Room = field(default_factory=Room)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.disk = Disk(
            self.folder,
            self.reserve_bytes,
            opened=self.room.opened,
            clock=self.clock,
            most_of_one=1_000,
            most_kept=1_500,
        )

    def later(self, seconds: float = LOOK_EVERY_S) -> None:
        self.clock.now += seconds
        self.disk.look_after()


def cut() -> float:
    return REGISTRY.get_sample_value("frontline_journals_cut_total") or 0.0


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_what_has_room_is_written_and_a_file_is_closed_after_its_last(house: House) -> None:
    house.disk.append(A, b"1\n", last=False)
    house.disk.append(A, b"2\n", last=True)
    assert house.room.files == {"a.jsonl": b"1\n2\n"}
    assert house.room.closed == ["a.jsonl"]


def test_what_was_written_in_part_is_gone_on_with_where_it_stopped(house: House) -> None:
    house.room.bytes = 3
    house.disk.append(A, b"one\ntwo\n", last=False)
    assert house.room.files["a.jsonl"] == b"one"
    assert house.disk.full
    house.room.bytes = 100
    house.later()
    assert house.room.files["a.jsonl"] == b"one\ntwo\n"


def test_while_the_disk_is_full_everything_is_kept_and_then_written_in_order(house: House) -> None:
    house.room.bytes = 0
    for number in range(5):
        house.disk.append(A, b"%d\n" % number, last=False)
        house.disk.append(B, b"%d\n" % number, last=number == 4)
    assert house.disk.full
    house.room.bytes = 100
    house.later(RETRY_S)
    house.later()
    assert house.room.files == {"a.jsonl": b"0\n1\n2\n3\n4\n", "b.jsonl": b"0\n1\n2\n3\n4\n"}
    assert house.room.closed == ["b.jsonl"]
    assert not house.disk.full


def test_a_full_disk_is_said_once_and_once_when_it_is_over(house: House) -> None:
    house.room.bytes = 0
    with capture_logs() as logs:
        for _ in range(10):
            house.disk.append(A, b"1\n", last=False)
            house.later(RETRY_S)
        house.room.bytes = 100
        house.later()
        house.later()
    assert [line["event"] for line in logs] == ["journals not written", "the disk has room again"]
    assert "FRONTLINE_DATA" in logs[0]["next"]


@pytest.mark.parametrize(("of_a", "of_b"), [(1_200, 0), (900, 700)])
def test_what_is_kept_is_bounded_for_one_file_and_for_all(house: House, of_a: int, of_b: int) -> None:
    before = cut()
    house.room.bytes = 0
    for path, size in ((A, of_a), (B, of_b)):
        for _ in range(size // 100):
            house.disk.append(path, b"x" * 99 + b"\n", last=False)
    assert cut() == before + 1
    house.room.bytes = 10_000
    house.later()
    house.disk.append(A, b"last\n", last=True)
    house.disk.append(B, b"last\n", last=True)
    whole = {name: bytes(data).endswith(b"last\n") for name, data in house.room.files.items()}
    assert sorted(whole.values()) == [False, True], "what is cut ends there, the other is whole"
    assert house.disk._kept == {}


def test_one_file_that_cannot_be_written_is_not_a_full_disk(house: House) -> None:
    house.room.bytes, house.room.fault = 0, errno.EISDIR
    with capture_logs() as logs:
        house.disk.append(A, b"1\n", last=False)
        house.disk.append(A, b"2\n", last=False)
        house.later()
    assert [(line["event"], line["file"]) for line in logs] == [("journal not written", "a.jsonl")]
    assert not house.disk.full


def test_the_reserve_is_taken_given_up_when_the_disk_is_full_and_taken_again(tmp_path: Path) -> None:
    house = House(tmp_path, reserve_bytes=100_000)
    reserve = tmp_path / RESERVE
    house.disk.look_after()
    assert reserve.stat().st_size == 100_000
    house.room.bytes = 0
    house.disk.append(A, b"1\n", last=False)
    assert not reserve.exists()
    house.room.bytes = 100
    house.later(RETRY_S)
    assert house.room.files["a.jsonl"] == b"1\n"
    assert house.disk.full, "until the reserve is there again"
    house.later()
    assert (reserve.stat().st_size, house.disk.full) == (100_000, False)


def test_without_room_for_the_reserve_no_calls_begin(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    house = House(tmp_path / "data", reserve_bytes=100_000)
    with capture_logs() as logs:
        house.disk.look_after()
        house.later()
    assert house.disk.full
    assert [line["event"] for line in logs] == ["no room for the reserve"]


def test_at_the_end_what_can_be_written_is_and_what_cannot_is_told(house: House) -> None:
    house.room.bytes = 0
    house.disk.append(A, b"1\n", last=False)
    with capture_logs() as logs:
        house.disk.close()
    assert [line["journals"] for line in logs] == [1]
    assert house.room.closed == ["a.jsonl"]
