"""What is carried out of a step's commands: the same sound in fewer pieces, everything else as it was."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.audio.pcm import Audio
from app.call.commands import ClearPlayout, Command, Listen, Play, Say
from app.call.joined import joined

PCM = st.binary(max_size=6).map(lambda pcm: pcm[: len(pcm) // 2 * 2])
PLAYS = st.builds(Play, st.builds(Audio, PCM, st.sampled_from([24_000, 8_000])), st.none() | st.just("g1:1"))
OTHERS = st.sampled_from([ClearPlayout(), Say("one moment"), Listen(Audio(b"", 8_000))])


def play(pcm: bytes, mark: str | None = None, *, last: bool = False) -> Play:
    return Play(Audio(pcm, 24_000), mark, last)


def test_pieces_in_a_row_are_one_up_to_a_mark() -> None:
    pieces: list[Command] = [play(b"ab"), play(b"cd"), play(b"ef", "g1:1"), play(b"gh"), play(b"", "g1:2", last=True)]
    assert list(joined(pieces)) == [play(b"abcdef", "g1:1"), play(b"gh", "g1:2", last=True)]


def test_nothing_is_moved_past_another_command() -> None:
    commands: list[Command] = [play(b"ab"), play(b"cd"), ClearPlayout(), play(b"ef"), Say("go on"), play(b"gh")]
    assert list(joined(commands)) == [play(b"abcd"), ClearPlayout(), play(b"ef"), Say("go on"), play(b"gh")]


def test_a_single_piece_is_handed_on_itself() -> None:
    piece = play(b"ab")
    assert next(joined([Say("go on"), piece, Say("and on")])) == Say("go on")
    assert list(joined([piece])) == [piece]


@given(st.lists(PLAYS | OTHERS, max_size=12))
def test_the_same_sound_is_heard_with_the_same_marks_in_the_same_places(commands: list[Command]) -> None:
    assert heard(list(joined(commands))) == heard(commands)


def heard(commands: Sequence[Command]) -> list[object]:
    """Sound sample by sample, and what stands between."""
    found: list[object] = []
    for command in commands:
        if isinstance(command, Play):
            pcm, rate = command.audio.pcm, command.audio.rate
            found += [(rate, pcm[at : at + 2]) for at in range(0, len(pcm), 2)]
            found += [mark for mark in (command.mark, command.last) if mark]
        else:
            found.append(command)
    return found
