"""Uses of tools as a call makes them, and somebody who sends texts."""

from collections.abc import Mapping

from app.call.commands import RunTool
from app.toolkit.runner import ToolRunner
from app.toolkit.texts import TextNotSent


def use(
    name: str, args: Mapping[str, object] | None = None, *, language: str = "", turn: int = 0, said: str = ""
) -> RunTool:
    """One use of a tool; its id does not matter to the runner."""
    return RunTool("t1", name, args or {}, language, turn, said)


async def run(
    runner: ToolRunner, name: str, args: Mapping[str, object] | None = None, *, language: str = ""
) -> tuple[Mapping[str, object], str]:
    """The answer for the model, and the status."""
    end = await runner.run(use(name, args, language=language))
    return end.response, end.status


class Texted:
    """Keeps the texts that would have gone out; ``broken``: none goes."""

    def __init__(self, *, broken: bool = False) -> None:
        self.sent: list[tuple[str, str]] = []
        self._broken = broken

    async def send(self, to: str, body: str) -> None:
        if self._broken:
            raise TextNotSent(f"21610 {to}: {body}")
        self.sent.append((to, body))
