"""What lists and retention ask of calls: the longest wait of each, and which were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("calls", sa.Column("longest_gap_ms", sa.Integer))
    longest = "SELECT max(gap_ms) FROM turns WHERE turns.call_sid = calls.call_sid"
    op.execute(f"UPDATE calls SET longest_gap_ms = ({longest})")
    op.create_table(
        "erased_calls",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", name="erased_calls_pkey"),
    )
