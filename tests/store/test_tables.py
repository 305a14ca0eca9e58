"""The tables, in the SQL of both databases."""

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.schema import CreateTable

from app.store.tables import calls, metadata, tool_uses, turns

HERE: Dialect = make_url("sqlite://").get_dialect()()
THERE: Dialect = make_url("postgresql://").get_dialect()()


@pytest.mark.parametrize("dialect", [HERE, THERE], ids=["sqlite", "postgresql"])
def test_every_table_can_be_made(dialect: Dialect) -> None:
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    assert [sql.split()[2] for sql in made] == ["calls", "tool_uses", "turns"]
    assert all("REFERENCES calls (call_sid)" in sql for sql in made[1:])


def test_postgresql_gets_its_own_types() -> None:
    assert "started_at TIMESTAMP WITH TIME ZONE NOT NULL" in str(CreateTable(calls).compile(dialect=THERE))
    assert "id UUID NOT NULL" in str(CreateTable(turns).compile(dialect=THERE))
    assert "args JSON NOT NULL" in str(CreateTable(tool_uses).compile(dialect=THERE))


def test_a_row_is_written_once_in_both() -> None:
    here = str(sqlite.insert(turns).on_conflict_do_nothing().compile(dialect=HERE))
    there = str(postgresql.insert(turns).on_conflict_do_nothing().compile(dialect=THERE))
    assert here.endswith("ON CONFLICT DO NOTHING")
    assert there.endswith("ON CONFLICT DO NOTHING")
