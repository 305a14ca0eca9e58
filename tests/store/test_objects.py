"""Objects: what is put is read, in whole and in part; what was changed, cut, renamed or sealed by others is not."""

import os
import stat
from base64 import b64encode
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore, ObjectStore, S3Store

from app.store.envelope import CHUNK, HEAD, SEALED, Keys, NotReadable, keys_in, keys_of_file
from app.store.objects import NotStored, Objects, Unreachable, store_at

NAME = "recordings/CA1/1.wav"
KEY, NEXT = b"k" * 32, b"n" * 32
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 9 * CHUNK + 17]


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return store_at("memory:" if request.param == "memory" else str(tmp_path / "objects"))


async def stored(store: ObjectStore, data: bytes = b"words" * 40_000, name: str = NAME) -> Objects:
    objects = Objects(store, Keys(KEY))
    await objects.put(name, data)
    return objects


async def raw(store: ObjectStore, name: str = NAME) -> bytes:
    return bytes(await (await obstore.get_async(store, name)).bytes_async())


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_put_and_read_whatever_its_size(store: ObjectStore, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    objects = Objects(store, Keys(KEY))
    assert await objects.put(NAME, tmp_path / "file") == size
    assert await objects.size(NAME) == size
    assert await objects.read(NAME) == data
    assert await objects.put("bytes", data) == size
    assert await objects.read("bytes") == data


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 10),
        (CHUNK - 5, CHUNK + 5),
        (3 * CHUNK, 8 * CHUNK),
        (70_000, None),
        (9 * CHUNK, 10**9),
        (10**9, None),
        (5, 5),
    ],
)
async def test_a_range_is_read_without_the_rest(store: ObjectStore, start: int, end: int | None) -> None:
    data = os.urandom(9 * CHUNK + 17)
    objects = await stored(store, data)
    assert await objects.read(NAME, start, end) == data[start:end]


async def test_what_is_put_again_takes_the_place_of_what_was_there(store: ObjectStore) -> None:
    objects = await stored(store)
    await objects.put(NAME, b"silence")
    assert await objects.read(NAME) == b"silence"


async def test_nothing_is_stored_in_the_clear(store: ObjectStore) -> None:
    await stored(store, b"four one one one" * 10_000)
    assert b"four" not in await raw(store)


async def test_objects_are_listed_by_their_path_and_deleted(store: ObjectStore) -> None:
    objects = await stored(store, b"12345")
    await objects.put("recordings/CA2/1.wav", b"")
    assert [(found.name, found.size) async for found in objects.list("recordings/CA1")] == [(NAME, 5)]
    assert len([found async for found in objects.list("recordings")]) == 2
    assert [found async for found in objects.list("nothing")] == []
    await objects.delete(NAME, "recordings/never")
    with pytest.raises(NotStored, match=f"There is no object {NAME}"):
        await objects.read(NAME)
    with pytest.raises(NotStored):
        await objects.size(NAME)


@pytest.mark.parametrize("at", [HEAD, HEAD + 20, HEAD + SEALED + 5, HEAD + 2 * SEALED + 40])
async def test_a_byte_that_was_changed_is_told(store: ObjectStore, at: int) -> None:
    objects = await stored(store)
    sealed = bytearray(await raw(store))
    sealed[at] ^= 1
    await obstore.put_async(store, NAME, bytes(sealed))
    with pytest.raises(NotReadable, match=f"{NAME} was changed or cut after it was stored"):
        await objects.read(NAME)


async def test_chunks_that_were_swapped_are_told(store: ObjectStore) -> None:
    objects = await stored(store)
    sealed = await raw(store)
    first, second = sealed[HEAD : HEAD + SEALED], sealed[HEAD + SEALED : HEAD + 2 * SEALED]
    await obstore.put_async(store, NAME, sealed[:HEAD] + second + first + sealed[HEAD + 2 * SEALED :])
    with pytest.raises(NotReadable, match="changed or cut"):
        await objects.read(NAME)


@pytest.mark.parametrize("left", [HEAD + 2 * SEALED, HEAD + 2 * SEALED + 100, HEAD + 2 * SEALED + 5, HEAD, 20, 0])
async def test_an_object_that_was_cut_is_told_also_where_a_chunk_ends(store: ObjectStore, left: int) -> None:
    objects = await stored(store)
    await obstore.put_async(store, NAME, (await raw(store))[:left])
    with pytest.raises(NotReadable):
        await objects.read(NAME)


async def test_an_object_under_another_name_is_told(store: ObjectStore) -> None:
    objects = await stored(store)
    await obstore.put_async(store, "recordings/CA2/1.wav", await raw(store))
    with pytest.raises(NotReadable, match="renamed"):
        await objects.read("recordings/CA2/1.wav")


async def test_what_is_none_of_ours_is_told(store: ObjectStore) -> None:
    await obstore.put_async(store, NAME, b"RIFF" + bytes(500))
    with pytest.raises(NotReadable, match="not sealed"):
        await Objects(store, Keys(KEY)).read(NAME)


async def test_keys_are_rotated_the_first_writes_and_all_read(store: ObjectStore) -> None:
    await stored(store, b"old")
    both = Objects(store, Keys(NEXT, KEY))
    assert await both.read(NAME) == b"old"
    await both.put(NAME, b"new")
    assert await Objects(store, Keys(NEXT)).read(NAME) == b"new"
    with pytest.raises(NotReadable, match=r"sealed with key [0-9a-f]{16}, which is not in FRONTLINE_ENC"):
        await Objects(store, Keys(KEY)).read(NAME)


async def test_a_store_that_fails_is_told_of_without_its_address(tmp_path: Path) -> None:
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "recordings").write_text("a file where a folder belongs")
    with pytest.raises(Unreachable, match=f"The object store fails at {NAME}") as caught:
        await Objects(store_at(str(tmp_path / "objects")), Keys(KEY)).put(NAME, b"")
    assert str(tmp_path) not in str(caught.value)


async def test_a_file_sealed_as_it_came_is_stored_as_it_is(store: ObjectStore, tmp_path: Path) -> None:
    objects = Objects(store, Keys(KEY))
    envelope = objects.keys.envelope(NAME)
    chunks = [envelope.seal(0, bytes(CHUNK), last=False), envelope.seal(1, b"end", last=True)]
    (tmp_path / "file").write_bytes(b"".join((envelope.head, *chunks)))
    await objects.put_sealed(NAME, tmp_path / "file")
    assert await objects.read(NAME) == bytes(CHUNK) + b"end"


def test_a_key_is_made_once_for_this_user_alone_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data" / "encryption.key"
    made = keys_of_file(path).envelope("a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys_of_file(path).envelope_of("a", made.head).open(0, made.seal(0, b"x", last=True), last=True) == b"x"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("text", ["", "no key", b64encode(b"short").decode(), "k" * 32])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"key|base64|bytes"):
        keys_in(text)


def test_a_bucket_is_told_from_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert isinstance(store_at("s3://bucket/some/path"), S3Store)
    assert isinstance(store_at("memory:"), MemoryStore)


def test_secrets_for_other_things_are_made_of_the_first_key_and_not_the_key() -> None:
    first, other = b"1" * 32, b"2" * 32
    keys = Keys(first, other)
    assert keys.secret("arguments") == Keys(first).secret("arguments")
    assert len({keys.secret("arguments"), keys.secret("others"), Keys(other).secret("arguments"), first}) == 4
