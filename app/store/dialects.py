"""What SQLite and PostgreSQL do each in its own way, in one place."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Dialect, Table, and_
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert
LAST = "\U0010ffff"  # no text goes on with it


def insert_into(table: Table, dialect: Dialect) -> Insert:
    """An insert that can say what is to be done with rows that are there already; engine and connection know theirs."""
    return sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)


def begins(column: ColumnElement[str], text: str, dialect: Dialect) -> ColumnElement[bool]:
    """Whether a column's text begins so, in the way that an index of it can answer."""
    if dialect.name == "sqlite":  # its LIKE takes no notice of capitals, and so no index
        return and_(column >= text, column < text + LAST)
    return column.startswith(text, autoescape=True)


def utc(at: datetime) -> datetime:
    """A time as it was written, with its zone: SQLite keeps none, and what we write is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
