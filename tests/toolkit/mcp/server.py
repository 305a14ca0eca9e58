"""A warehouse's MCP server: over HTTPS in a test, over stdio as ``python server.py [--note FILE]``.

Its process id goes into FILE.
"""

import asyncio
import copy
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ToolsListChanged

STOCK_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "description": "The item, such as tent.", "pattern": "^[a-z]+$"},
        "colour": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "Colour"},
    },
    "required": ["item"],
}
RESERVE_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "description": "The item."},
        "customer": {"type": "string", "description": "Whose it is."},
        "phone": {"type": "string"},
    },
    "required": ["item", "customer"],
}


def stock_tool(description: str = "How many of an item are in stock.") -> types.Tool:
    hint = types.ToolAnnotations(read_only_hint=True)
    return types.Tool(name="stock_of", description=description, input_schema=dict(STOCK_SCHEMA), annotations=hint)


def reserve_tool() -> types.Tool:
    return types.Tool(name="reserve", description="Put an item aside.", input_schema=dict(RESERVE_SCHEMA))


@dataclass(slots=True)
class Warehouse:
    """What the server offers and was asked. ``pages``: one tool a page; ``endless``: the last page leads on."""

    tools: list[types.Tool] = field(default_factory=lambda: [stock_tool(), reserve_tool()])
    calls: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    lists: int = 0
    pages: bool = False
    endless: bool = False
    slow_lists: asyncio.Event | None = None
    together: asyncio.Barrier | None = None
    bus: InMemorySubscriptionBus = field(default_factory=InMemorySubscriptionBus)

    async def change(self, tools: list[types.Tool], *, told: bool = True) -> None:
        self.tools = tools
        if told:
            await self.bus.publish(ToolsListChanged())

    async def listed(
        self, context: ServerRequestContext, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        self.lists += 1
        if self.slow_lists is not None:
            await self.slow_lists.wait()
        tools = copy.deepcopy(self.tools)
        if not self.pages and not self.endless:
            return types.ListToolsResult(tools=tools)
        at = int(params.cursor) if params and params.cursor else 0
        more = self.endless or at + 1 < len(tools)
        return types.ListToolsResult(tools=tools[at : at + 1], next_cursor=str(at + 1) if more else None)

    async def called(self, context: ServerRequestContext, params: types.CallToolRequestParams) -> types.CallToolResult:
        args = dict(params.arguments or {})
        self.calls.append((params.name, args))
        if params.name == "reserve":
            return _text(f"Put aside for {args['customer']}.")
        return await self._stock(str(args.get("item")))

    async def _stock(self, item: str) -> types.CallToolResult:
        if self.together is not None:
            await self.together.wait()
        if item == "sleep":
            await asyncio.Event().wait()
        if item == "wrong":
            return types.CallToolResult(content=[types.TextContent(text="There is no such\nitem.")], is_error=True)
        if item == "refused":
            raise MCPError(types.INVALID_PARAMS, "secret words of a server")
        if item == "picture":
            image = types.ImageContent(data="aGk=", mime_type="image/png")
            return types.CallToolResult(content=[types.TextContent(text="See."), image])
        if item == "json":
            return _text(json.dumps({"left": 4, "status": "open", "env": os.environ.get("WAREHOUSE_KEY", "")}))
        if item == "environment":
            return _text(json.dumps({"names": sorted(os.environ)}))
        if item == "nothing":
            return types.CallToolResult(content=[])
        data = {"left": 4, "status": "low"}
        return types.CallToolResult(content=[types.TextContent(text=json.dumps(data))], structured_content=data)


def _text(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)])


def server_of(warehouse: Warehouse) -> Server:
    return Server(
        "warehouse",
        on_list_tools=warehouse.listed,
        on_call_tool=warehouse.called,
        on_subscriptions_listen=ListenHandler(warehouse.bus),
    )


async def _stdio() -> None:
    server = server_of(Warehouse())
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options(NotificationOptions(tools_changed=True)))


def main() -> None:
    if "--note" in sys.argv:
        Path(sys.argv[sys.argv.index("--note") + 1]).write_text(str(os.getpid()), encoding="utf-8")
    asyncio.run(_stdio())


if __name__ == "__main__":
    main()
