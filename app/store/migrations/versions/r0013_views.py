"""The lists of calls that people keep, and long waits found without reading every turn."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "call_views",
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("who", "name", name="call_views_pkey"),
    )
    op.create_index("turns_by_gap", "turns", ["gap_ms", "call_sid"])
