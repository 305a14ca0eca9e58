"""What a call ran with, what raised a flag in it, and the versions of lines."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Tables whose rows are never changed nor taken out, by whatever program.
_FOR_GOOD = ("line_versions", "line_history")


def upgrade() -> None:
    _on_calls()
    _flags()
    _versions()
    _pointers()
    _history()
    for table in _FOR_GOOD:
        _keep(table)


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''"))


def _on_calls() -> None:
    for name in ("version", "prompt_hash", "model"):
        op.add_column("calls", _word(name))
    op.add_column("calls", sa.Column("cost_usd", sa.Float))
    op.add_column("turns", sa.Column("sources", sa.JSON))
    op.add_column("tool_uses", sa.Column("level", sa.Text, nullable=False, server_default="none"))
    op.add_column("tool_uses", sa.Column("effect", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("tool_uses", _word("key"))


def _flags() -> None:
    op.create_table(
        "flags",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at_s", sa.Float, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="flags_pkey"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name="flags_call_sid_fkey", ondelete="CASCADE"),
    )
    op.create_index("flags_by_call", "flags", ["call_sid", "at_s"])


def _versions() -> None:
    op.create_table(
        "line_versions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parent", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="line_versions_pkey"),
    )
    op.create_index("line_versions_by_line", "line_versions", ["line", "at"])


def _pointers() -> None:
    op.create_table(
        "line_live",
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("canary_version", sa.String(64)),
        sa.Column("canary_percent", sa.Float, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("line", name="line_live_pkey"),
    )
    op.create_table(
        "line_drafts",
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("base", sa.String(64), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("line", name="line_drafts_pkey"),
    )


def _history() -> None:
    op.create_table(
        "line_history",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("from_version", sa.String(64), nullable=False),
        sa.Column("to_version", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="line_history_pkey"),
    )
    op.create_index("line_history_by_line", "line_history", ["line", "number"])


def _keep(table: str) -> None:
    """Have the database itself refuse to change a row or to take one out."""
    if op.get_context().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            refuse = f"SELECT RAISE(ABORT, '{table} is only added to')"
            op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} BEGIN {refuse}; END")
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is only added to'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
