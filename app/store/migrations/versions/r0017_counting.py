"""What is counted over a week is read from indexes alone: how calls of a line ended, by version, and uses of tools."""

from alembic import op

revision = "0017"
down_revision = "0014"


def upgrade() -> None:
    for name, table, columns in (
        ("calls_by_line", "calls", ["line", "started_at", "disposition", "version"]),
        ("tool_uses_by_call", "tool_uses", ["call_sid", "at_s", "name", "status", "took_ms"]),
    ):
        op.drop_index(name, table)
        op.create_index(name, table, columns)
