"""What a tool is made as, told by the file that it is in."""

from typing import Literal

from app.toolkit.schema import LoadedTool

Kind = Literal["python", "http", "mcp"]


def kind_of(loaded: LoadedTool) -> Kind:
    """``python``, ``http`` or ``mcp``, by the file that the tool is in."""
    if loaded.file.name.endswith(".mcp.toml"):
        return "mcp"
    return "http" if loaded.file.suffix == ".toml" else "python"
