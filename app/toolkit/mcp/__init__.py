"""MCP servers as a source of tools: ``tools/<server>.mcp.toml``, each tool allowed by a person and pinned."""

from app.toolkit.mcp.links import close_mcp
from app.toolkit.mcp.reading import read_mcp_server

__all__ = ["close_mcp", "read_mcp_server"]
