"""Fakes: tools that answer as they are told, for tries of a line that are to change nothing."""

from collections.abc import Mapping
from dataclasses import replace

from app.toolkit.declare import Identified, NotIdentified
from app.toolkit.schema import LoadedTool

_OF_THE_HOUSE = frozenset({"customer", "phone", "status", "message"})


def faked(loaded: LoadedTool, fake: Mapping[str, object] | None) -> LoadedTool:
    """The tool, answering as it is told instead of running; one that identifies finds ``customer`` and ``phone``."""
    if fake is None:
        return loaded

    async def function(**_: object) -> object:
        if not loaded.options.identifies:
            return dict(fake)
        if fake.get("status", "ok") != "ok":
            return NotIdentified()
        data = {name: value for name, value in fake.items() if name not in _OF_THE_HOUSE}
        phone = fake.get("phone")
        customer = str(fake.get("customer", "sample"))
        return Identified(customer, str(fake.get("message", "")), None if phone is None else str(phone), data)

    return replace(loaded, function=function, caller_parameter=None)
