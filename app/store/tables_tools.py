"""The tables of HTTP tools: what is being written on them, and the texts that their files were given."""

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text

from app.store.schema import metadata

# What is being written on a tool; ``base`` is the revision that its file had when it was begun.
tool_drafts = Table(
    "tool_drafts",
    metadata,
    Column("tool", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("base", String(16), nullable=False),
    Column("author", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
)

# What a tool's file was given, and what was found in it before. Only ever added to; ``number`` is their order.
tool_history = Table(
    "tool_history",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("tool", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("tool_history_by_tool", "tool", "number"),
)
