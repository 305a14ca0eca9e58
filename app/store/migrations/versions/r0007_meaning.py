"""What a caller's wait for an answer is made of, and what a call costs, item by item."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"

PARTS = ("told_ms", "model_ms", "played_ms", "over_ms", "stopped_ms", "tools")


def upgrade() -> None:
    for name in PARTS:
        op.add_column("turns", sa.Column(name, sa.Integer))
    op.create_table(
        "costs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("quantity", sa.Float, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("usd", sa.Float),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="costs_pkey"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name="costs_call_sid_fkey", ondelete="CASCADE"),
    )
    op.create_index("costs_by_call", "costs", ["call_sid"])
