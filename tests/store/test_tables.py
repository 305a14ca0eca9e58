"""The tables, in the SQL of both databases."""

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.schema import CreateTable

from app.store.schema import metadata
from app.store.tables import calls, tool_uses, turns

HERE: Dialect = make_url("sqlite://").get_dialect()()
THERE: Dialect = make_url("postgresql://").get_dialect()()


@pytest.mark.parametrize("dialect", [HERE, THERE], ids=["sqlite", "postgresql"])
def test_every_table_can_be_made(dialect: Dialect) -> None:
    made = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    of_a_call = {sql.split()[2] for sql in made if "REFERENCES calls (call_sid)" in sql}
    assert {sql.split()[2] for sql in made} - of_a_call == {
        *("calls", "messages", "processes"),
        *("line_drafts", "line_history", "line_live", "line_versions", "tool_drafts", "tool_history"),
        *("alerts", "alert_mutes", "deletions", "erased_calls", "recordings"),
        *("accounts", "audit", "call_views", "invitations", "sign_ins"),
    }
    by_people = {"holds", "notes", "tags"}
    assert of_a_call - by_people == {
        *("consents", "costs", "flags", "marks", "segments", "tool_uses", "turns", "jobs", "analyses", "corrections"),
    }


def test_constraints_have_the_names_that_postgresql_would_have_given_them() -> None:
    named = {str(constraint.name) for table in metadata.sorted_tables for constraint in table.constraints}
    assert named >= {"calls_pkey", "turns_pkey", "turns_call_sid_fkey", "flags_call_sid_fkey"}


def test_postgresql_gets_its_own_types() -> None:
    assert "started_at TIMESTAMP WITH TIME ZONE NOT NULL" in str(CreateTable(calls).compile(dialect=THERE))
    assert "id UUID NOT NULL" in str(CreateTable(turns).compile(dialect=THERE))
    assert "args JSON NOT NULL" in str(CreateTable(tool_uses).compile(dialect=THERE))


def test_a_row_is_written_once_in_both() -> None:
    here = str(sqlite.insert(turns).on_conflict_do_nothing().compile(dialect=HERE))
    there = str(postgresql.insert(turns).on_conflict_do_nothing().compile(dialect=THERE))
    assert here.endswith("ON CONFLICT DO NOTHING")
    assert there.endswith("ON CONFLICT DO NOTHING")
