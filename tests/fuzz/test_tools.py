"""Whatever a tool returns or raises, and whatever the model asks of it: a small answer in JSON, and a frame of it."""

import asyncio
import datetime
import decimal
import json
from collections.abc import Mapping
from pathlib import Path

import orjson
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.call.commands import RunTool
from app.gemini.messages import tool_frame
from app.toolkit import Caller, ToolError
from app.toolkit.answers import ANSWER_BYTES
from app.toolkit.declare import Options
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from app.toolkit.spec import ToolSpec
from tests.fuzz import Json, cases

WHO = Caller("+12025550143", "CA1", "store", "en-US")
SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["order"],
}
Atoms = (
    st.none()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, categories=None), max_size=40)
    | st.binary(max_size=10)
    | st.decimals()
    | st.dates()
    | st.just(object())
    | st.just("x" * 300_000)
)
Results = st.recursive(
    Atoms,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=8) | st.integers() | st.none(), inner, max_size=3)
        | st.frozensets(st.integers() | st.text(max_size=3), max_size=3)
    ),
    max_leaves=8,
)
Raised = st.sampled_from(
    [
        ToolError("no"),
        ToolError("a\x00b" * 99),
        RuntimeError("x"),
        TimeoutError(),
        KeyError("k"),
        RecursionError(),
        decimal.InvalidOperation(),
        MemoryError(),
        datetime.datetime.min,
    ]
)


def tool(ends: object) -> LoadedTool:
    """A tool that ends so."""

    async def function(**_: object) -> object:
        if isinstance(ends, Exception):
            raise ends
        return ends

    return LoadedTool(ToolSpec("look", "Look.", SCHEMA), function, Options(), None, {}, Path("look.py"), 1)


def deep(depth: int) -> object:
    """A list in a list in a list."""
    value: object = "bottom"
    for _ in range(depth):
        value = [value]
    return value


@cases(800)
@given(
    Results | Raised | st.integers(0, 3_000).map(deep),
    st.dictionaries(st.text(max_size=8), Json) | st.just({"order": "1"}),
)
def test_every_end_is_an_answer_that_fits(ends: object, args: Mapping[str, object]) -> None:
    runner = ToolRunner({"look": tool(ends)}, WHO)
    with capture_logs():
        end = asyncio.run(runner.run(RunTool("t1", "look", args)))
    assert end.status in ("ok", "error", "timeout", "not_found", "refused")
    assert {"status", "message"} <= end.response.keys()
    assert len(orjson.dumps(dict(end.response))) <= ANSWER_BYTES
    frame = json.loads(tool_frame("t1", "look", end.response, None))
    assert frame["tool_response"]["functionResponses"][0]["name"] == "look"
    assert all(character.isprintable() or ord(character) > 159 for character in str(end.response["message"]))
