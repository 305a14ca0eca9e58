"""What tools are made of: all that a file in ``tools/`` may import of the app."""

from app.edits import EditError
from app.toolkit.databases import Database, close_databases, database
from app.toolkit.declare import (
    Caller,
    Identified,
    NotIdentified,
    ToolError,
    answer,
    identified,
    not_found,
    not_identified,
    tool,
)
from app.toolkit.heard import heard_digits
from app.toolkit.spoken import spoken_day, spoken_digits, spoken_money, spoken_number, spoken_time

__all__ = [
    "Caller",
    "Database",
    "EditError",
    "Identified",
    "NotIdentified",
    "ToolError",
    "answer",
    "close_databases",
    "database",
    "heard_digits",
    "identified",
    "not_found",
    "not_identified",
    "spoken_day",
    "spoken_digits",
    "spoken_money",
    "spoken_number",
    "spoken_time",
    "tool",
]
