"""Recordings from the stream to the store: whole, sealed, silenced, recovered after a crash, and never in the way."""

import asyncio
import io
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from obstore.store import MemoryStore

from app.audio.mulaw import encode
from app.recording import recorder as recorder_module
from app.recording import wav
from app.recording.call import MOST_WAITING, CallRecording
from app.recording.reading import sounds_of
from app.recording.recorder import Format, Recorder
from app.recording.spool import Note, Room, Spool
from app.recording.tape import Block, Tape
from app.store.envelope import Keys
from app.store.objects import Objects
from app.store.recordings import CUT, ERASED, STORED, KeptRecording, RecordingBook, forget

Codes = NDArray[np.uint8]
PATIENCE_S = 20.0
AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
LOUD = encode((np.ones(160) * 8_000).astype("<i2").tobytes())  # 20 ms


class Book(RecordingBook):
    """The rows, without a database, and a word on each that was saved."""

    def __init__(self) -> None:
        self.rows: dict[str, KeptRecording] = {}
        self.saved: asyncio.Queue[str] = asyncio.Queue()

    async def save(self, recording: KeptRecording) -> None:
        self.rows.setdefault(recording.id, recording)
        self.saved.put_nowait(recording.id)

    async def of_call(self, call_sid: str) -> list[KeptRecording]:
        return sorted((row for row in self.rows.values() if row.call_sid == call_sid), key=lambda row: row.began_s)

    async def erased(self, call_sid: str, *, rows_too: bool = False) -> int:
        rows = [row for row in await self.of_call(call_sid) if rows_too or row.state != ERASED]
        for row in rows:
            del self.rows[row.id]
        self.rows |= {} if rows_too else {row.id: replace(row, state=ERASED) for row in rows}
        return len(rows)


@dataclass
class House:
    """A recorder, its store and its rows."""

    folder: Path
    objects: Objects = field(default_factory=lambda: Objects(MemoryStore(), Keys(b"k" * 32)))
    format: Format = "wav"
    least_free_bytes: int = 0

    def __post_init__(self) -> None:
        self.book = Book()
        self.spools = self.folder / "recordings"
        self.start()

    def start(self) -> None:
        self.recorder = Recorder(
            self.spools, self.objects, self.book, format=self.format, least_free_bytes=self.least_free_bytes
        )

    async def stored(self, count: int = 1, call_sid: str = "CA1") -> list[KeptRecording]:
        """The rows of a call, as soon as there are so many."""
        task = asyncio.ensure_future(self.recorder.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                for _ in range(count):
                    await self.book.saved.get()
                assert await self.recorder.drain(PATIENCE_S)
            assert not list(self.spools.glob("*"))
            return await self.book.of_call(call_sid)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def sides(self, row: KeptRecording) -> tuple[Codes, Codes]:
        """The codes of both sides as they are stored."""
        data = await self.objects.read(row.key)
        codes = np.frombuffer(data[wav.HEADER :], np.uint8)
        return codes[0::2], codes[1::2]


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(recorder_module, "AT_REST_S", 0.0)
    return House(tmp_path)


class Talking:
    """A call in which both sides speak all the time, on a clock of its own."""

    def __init__(self, house: House, *, consented: bool = True, call_sid: str = "CA1") -> None:
        self.house = house
        self.now = 100.0
        self.at_ms = 171
        self.call: CallRecording = house.recorder.of_call(call_sid, "store", AT, consented=consented)
        self.call._clock = lambda: self.now
        self.call._wall = lambda: datetime.fromtimestamp(AT.timestamp() + self.now - 100.0, UTC)
        self.tape: Tape = self.call.tape()

    def goes_on(self, seconds: float, *, keeps_up: bool = True) -> "Talking":
        for _ in range(round(seconds * 50)):
            self.tape.sent(bytes([1]) * 160, self.now)
            self.now += 0.02
            self.tape.heard(LOUD, self.at_ms, self.now)
            self.at_ms += 20
            if keeps_up and self.at_ms // 20 % 50 == 0:
                self.written()
        return self

    def written(self) -> None:
        """The disk keeps up."""
        self.house.recorder._writing.submit(lambda: None).result(PATIENCE_S)

    def on_a_new_stream(self, after_s: float) -> "Talking":
        self.now += after_s
        self.tape = self.call.tape()
        return self


def silent_s(codes: Codes) -> float:
    return float((codes == 0xFF).sum()) / 8_000


async def test_a_call_is_stored_as_a_wav_of_both_sides_with_its_row(house: House) -> None:
    talking = Talking(house).goes_on(30.5)
    talking.call.end()
    (row,) = await house.stored()
    assert (row.call_sid, row.line, row.format, row.state) == ("CA1", "store", "wav", STORED)
    assert row.duration_s == pytest.approx(30.5, abs=0.02)
    sound, rate = soundfile.read(io.BytesIO(await house.objects.read(row.key)), dtype="int16")
    assert (rate, sound.shape) == (8_000, (round(row.duration_s * 8_000), 2))
    assert row.size == await house.objects.size(row.key)
    assert np.all(sound[8_000:-8_000, 0] == sound[8_000, 0])
    assert not list(house.spools.glob("*"))


async def test_its_peaks_are_stored_beside_it_four_bytes_a_tenth_of_a_second(house: House) -> None:
    talking = Talking(house).goes_on(10)
    talking.call.end()
    (row,) = await house.stored()
    peaks = np.frombuffer(await house.objects.read(row.peaks_key), np.int8).reshape(-1, 4)
    assert len(peaks) == 100
    assert set(peaks[10:90, 1]) == {30}  # about 8,000 of 32,768, in 128ths
    assert peaks[:, 2].min() < -100


async def test_nothing_is_stored_of_a_call_without_consent(house: House) -> None:
    talking = Talking(house, consented=False).goes_on(60)
    talking.call.end()
    await house.recorder.drain(0.0)
    assert not list(house.spools.glob("*"))


async def test_a_no_takes_back_what_was_written(house: House) -> None:
    talking = Talking(house).goes_on(60)
    talking.call.consent(False)
    talking.goes_on(30)
    talking.call.end()
    second = house.recorder.of_call("CA2", "store", AT, consented=True)
    tape = second.tape()
    tape.heard(LOUD, 171, 1.0)
    second.end()
    await house.stored(1, "CA2")
    assert await house.book.of_call("CA1") == []
    assert [found async for found in house.objects.list("recordings/CA1")] == []


async def test_a_no_takes_back_what_was_stored_of_earlier_streams(house: House) -> None:
    talking = Talking(house).goes_on(5).on_a_new_stream(1.0)
    await house.stored()
    talking.goes_on(5).on_a_new_stream(1.0).goes_on(30)
    talking.call.consent(False)
    talking.goes_on(5)
    talking.call.end()
    task = asyncio.ensure_future(house.recorder.run())
    assert await house.recorder.drain(PATIENCE_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await house.book.of_call("CA1") == []
    assert [found async for found in house.objects.list("recordings/CA1")] == []
    assert not list(house.spools.glob("*"))


async def test_each_stream_of_a_call_has_its_own_in_order(house: House) -> None:
    talking = Talking(house).goes_on(5).on_a_new_stream(10.0).goes_on(7)
    talking.call.end()
    first, second = await house.stored(2)
    assert [first.began_s, second.began_s] == pytest.approx([0.0, 15.0])
    assert [first.duration_s, second.duration_s] == pytest.approx([5, 7], abs=0.02)
    assert first.key < second.key


async def test_a_pause_is_silence_and_on_record(house: House) -> None:
    talking = Talking(house).goes_on(5)
    talking.call.pause(True)
    talking.goes_on(3)
    talking.call.pause(False)
    talking.goes_on(30)
    talking.call.end()
    (row,) = await house.stored()
    assert [list(span) for span in row.paused] == [[5.0, 8.0]]
    caller, assistant = await house.sides(row)
    assert silent_s(caller) == pytest.approx(3.0, abs=0.03)
    assert silent_s(assistant) == pytest.approx(3.0, abs=0.03)


async def test_a_pause_goes_on_in_the_next_stream(house: House) -> None:
    talking = Talking(house).goes_on(5)
    talking.call.pause(True)
    talking.on_a_new_stream(1.0).goes_on(4)
    talking.call.end()
    _, second = await house.stored(2)
    assert silent_s((await house.sides(second))[0]) == pytest.approx(4.0, abs=0.03)


async def test_a_span_is_silenced_in_memory_and_on_the_disk(house: House) -> None:
    talking = Talking(house).goes_on(90)
    talking.call.silence("caller", 3.0, 11.0)  # on the disk long since
    talking.call.silence("assistant", 69.0, 71.0)  # in part
    talking.call.silence("caller", 85.0, 86.0)  # held
    talking.goes_on(5)
    talking.call.end()
    (row,) = await house.stored()
    caller, assistant = await house.sides(row)
    assert set(caller[int(3.03 * 8_000) : int(10.97 * 8_000)]) == {0xFF}
    assert set(assistant[int(69.03 * 8_000) : int(70.97 * 8_000)]) == {0xFF}
    assert silent_s(caller) == pytest.approx(9.0, abs=0.05)
    assert silent_s(assistant) == pytest.approx(2.0, abs=0.05)


async def test_what_is_stored_is_played_in_any_part_and_drawn(house: House) -> None:
    talking = Talking(house).goes_on(30)
    talking.call.pause(True)
    talking.goes_on(3)
    talking.call.pause(False)
    talking.on_a_new_stream(2.0).goes_on(4)
    talking.call.end()
    await house.stored(2)
    sound, second = await sounds_of(house.book, house.objects, "CA1")
    whole = await house.objects.read(sound.kept.key)
    assert (sound.type, sound.size) == ("audio/wav", len(whole))
    assert b"".join([part async for part in sound.stream(70_000, 200_001)]) == whole[70_000:200_001]
    drawn = memoryview(await sound.peaks()).cast("b").tolist()
    assert [list(span) for span in sound.kept.paused] == [[30.0, 33.0]]
    assert len(drawn) == 4 * 330
    assert drawn[40:42] == [30, 30]  # of the caller, about 8,000 of 32,768, in 128ths
    assert drawn[1_204:1_316] == [0] * 112
    assert second.kept.began_s == pytest.approx(35.0)


async def test_a_call_that_is_forgotten_has_no_object_left_and_its_rows_say_that_there_was_one(house: House) -> None:
    for call_sid in ("CA1", "CA12"):
        talking = Talking(house, call_sid=call_sid).goes_on(5).on_a_new_stream(1.0).goes_on(5)
        talking.call.end()
        await house.stored(2, call_sid)
    await house.objects.put("recordings/CA1/half", b"without a row")
    assert await forget(house.book, house.objects, "CA1") == 2
    assert await forget(house.book, house.objects, "CA1") == 0
    assert [stored.name async for stored in house.objects.list("recordings/CA1")] == []
    assert len([stored.name async for stored in house.objects.list("recordings/CA12")]) == 4
    assert [row.state for row in await house.book.of_call("CA1")] == [ERASED, ERASED]
    assert await sounds_of(house.book, house.objects, "CA1") == []
    assert await forget(house.book, house.objects, "CA12", rows_too=True) == 2
    assert await house.book.of_call("CA12") == []


async def test_opus_is_made_after_the_call_and_can_be_read(tmp_path: Path) -> None:
    house = House(tmp_path, format="opus")
    talking = Talking(house).goes_on(12)
    talking.call.end()
    (row,) = await house.stored()
    assert (row.format, row.key[-4:]) == ("opus", ".ogg")
    sound, _ = soundfile.read(io.BytesIO(await house.objects.read(row.key)))
    assert len(sound) / 8_000 == pytest.approx(12, abs=0.1)
    assert row.size == await house.objects.size(row.key) < 12 * wav.PER_S


# ---- when something goes wrong


def dying(house: House, seconds: int) -> Spool:
    """A process that writes a recording and dies: its lock is gone, and what was in memory."""
    note = Note("0" * 32, "CA1", "store", AT.isoformat(), 0.0)
    written = Spool(house.spools, note, house.objects.keys, Room(house.spools, 0))
    written.write([Block(second * 8_000, bytes([5]) * 8_000, bytes([6]) * 8_000) for second in range(seconds)])
    assert written._file is not None
    written._file.close()
    return written


async def test_what_a_dead_process_left_is_stored_as_far_as_it_was_written(house: House) -> None:
    dying(house, 60)
    (row,) = await house.stored()
    assert 60 - 4.1 <= row.duration_s <= 60
    caller, assistant = await house.sides(row)
    assert (set(caller), set(assistant)) == ({5}, {6})


@pytest.mark.parametrize("left", [0, 10, 100, 40_000])
async def test_a_file_without_sound_is_let_go(house: House, left: int) -> None:
    dying(house, 3)
    (path,) = house.spools.glob("*.part")
    path.write_bytes(path.read_bytes()[:left])
    assert house.recorder._left_behind() == []
    assert {file.suffix for file in house.spools.iterdir()} <= {".json", ".unreadable"}


@pytest.mark.parametrize("left", [65_660, 131_300, 200_000])
async def test_a_file_cut_anywhere_is_recovered(house: House, left: int) -> None:
    dying(house, 30)
    (path,) = house.spools.glob("*.part")
    path.write_bytes(path.read_bytes()[:left])
    (row,) = await house.stored()
    assert row.duration_s == pytest.approx(max(0, (left - 76) // 65_564 * 65_536 - wav.HEADER) / wav.PER_S, abs=0.001)


async def test_a_recording_that_is_being_written_is_left_alone(house: House) -> None:
    talking = Talking(house).goes_on(60)
    other = Recorder(house.spools, house.objects, house.book)
    assert other._left_behind() == []
    talking.call.end()
    await house.stored()


async def test_a_file_that_cannot_be_read_is_set_aside(house: House) -> None:
    dying(house, 30)
    (path,) = house.spools.glob("*.part")
    path.write_bytes(b"x" * 100_000)
    assert house.recorder._left_behind() == []
    assert [file.suffix for file in sorted(house.spools.iterdir())] == [".json", ".unreadable"]


async def test_what_could_not_be_stored_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "AGAIN_S", 0.01)
    failing = [OSError("no network"), OSError("no network")]
    put = house.objects.put_sealed

    async def sometimes(name: str, source: Path) -> None:
        if failing:
            raise failing.pop()
        await put(name, source)

    monkeypatch.setattr(house.objects, "put_sealed", sometimes)
    talking = Talking(house).goes_on(3)
    talking.call.end()
    (row,) = await house.stored()
    assert row.state == STORED


async def test_without_room_a_recording_ends_and_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    short = [False]
    monkeypatch.setattr(Room, "short", property(lambda _: short[0]))
    talking = Talking(house).goes_on(40)
    await asyncio.wrap_future(house.recorder._writing.submit(lambda: None))
    short[0] = True
    talking.goes_on(40)
    talking.call.end()
    (row,) = await house.stored()
    assert row.state == CUT
    assert 15 <= row.duration_s <= 24


def test_room_is_what_the_disk_has_beyond_what_is_kept_for_the_journals(tmp_path: Path) -> None:
    assert not Room(tmp_path, 0).short
    assert Room(tmp_path, 1 << 60).short


async def test_a_disk_that_does_not_keep_up_ends_the_recording_and_bounds_what_waits(house: House) -> None:
    moves = threading.Event()
    house.recorder._writing.submit(moves.wait, PATIENCE_S)
    talking = Talking(house).goes_on(200, keeps_up=False)
    assert len(talking.call._segments[0].writing._waiting) <= MOST_WAITING
    moves.set()
    talking.call.end()
    (row,) = await house.stored()
    assert row.state == CUT
    assert row.duration_s < 40


async def test_the_end_of_the_house_waits_for_what_is_over(house: House) -> None:
    talking = Talking(house).goes_on(3)
    talking.call.end()
    task = asyncio.ensure_future(house.recorder.run())
    assert await house.recorder.drain(PATIENCE_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(await house.book.of_call("CA1")) == 1
