"""The processes that answer calls, which of them has a call, and how a call left its last stream."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beats", sa.Integer, nullable=False),
        sa.Column("draining", sa.Boolean, nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="processes_pkey"),
    )
    op.add_column("calls", sa.Column("process", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("calls", sa.Column("leaving", sa.JSON))
    op.create_index("calls_of_process", "calls", ["process"])
