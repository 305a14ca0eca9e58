"""What SQLite and PostgreSQL do each in its own way, in one place."""

from datetime import UTC, datetime

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert_into(table: Table, dialect: Dialect) -> Insert:
    """An insert that can say what is to be done with rows that are there already; engine and connection know theirs."""
    return sqlite.insert(table) if dialect.name == "sqlite" else postgresql.insert(table)


def utc(at: datetime) -> datetime:
    """A time as it was written, with its zone: SQLite keeps none, and what we write is UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
