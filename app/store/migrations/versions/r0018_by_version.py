"""The newest calls of a version are read from an index, also where only the beginning of its id is known."""

from alembic import op

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    columns = ["version", "started_at", "call_sid"]
    # PostgreSQL sorts texts as people do: only this order of them helps to find how one begins.
    # https://www.postgresql.org/docs/18/indexes-opclass.html
    op.create_index("calls_by_version", "calls", columns, postgresql_ops={"version": "text_pattern_ops"})
