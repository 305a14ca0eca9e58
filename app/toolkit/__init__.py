"""What tools are made of: all that a file in ``tools/`` may import of the app."""

from app.edits import EditError
from app.toolkit.databases import Database, close_databases, database
from app.toolkit.declare import Caller, ToolError, answer, not_found, tool
from app.toolkit.spoken import heard_digits, spoken_day, spoken_digits

__all__ = [
    "Caller",
    "Database",
    "EditError",
    "ToolError",
    "answer",
    "close_databases",
    "database",
    "heard_digits",
    "not_found",
    "spoken_day",
    "spoken_digits",
    "tool",
]
