"""Drafts of HTTP tools, and the texts that their files were given."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "tool_drafts",
        sa.Column("tool", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("base", sa.String(16), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("tool", name="tool_drafts_pkey"),
    )
    op.create_table(
        "tool_history",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("tool", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="tool_history_pkey"),
    )
    op.create_index("tool_history_by_tool", "tool_history", ["tool", "number"])
