"""Commands as they are carried out: pieces of sound that go out together go out as one.

A resampler, a frame and a system call cost as much for 40 ms as for 200, and the playout often has five pieces due at
once: whenever a mark has come back. The journal keeps the commands as they were decided.
"""

from collections.abc import Iterator, Sequence

from app.audio.pcm import Audio
from app.call.commands import Command, Play


def joined(commands: Sequence[Command]) -> Iterator[Command]:
    """The commands in their order, sound that follows on sound as one ``Play`` up to the next mark or the last."""
    return _joined(commands) if len(commands) > 1 else iter(commands)


def _joined(commands: Sequence[Command]) -> Iterator[Command]:
    held: list[Play] = []
    for command in commands:
        if held and not _follows(held[-1], command):
            yield _one(held)
            held = []
        if isinstance(command, Play):
            held.append(command)
        else:
            yield command
    if held:
        yield _one(held)


def _follows(play: Play, command: Command) -> bool:
    """Whether nothing stands between a piece and the next."""
    open_ended = play.mark is None and not play.last
    return open_ended and isinstance(command, Play) and command.audio.rate == play.audio.rate


def _one(plays: Sequence[Play]) -> Play:
    first, last = plays[0], plays[-1]
    if first is last:
        return first
    pcm = b"".join([play.audio.pcm for play in plays])
    return Play(Audio(pcm, first.audio.rate), last.mark, last.last)
