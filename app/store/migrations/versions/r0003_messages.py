"""What callers left when nobody could take their call."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("call_sid", sa.String(64), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "line", "caller", "called")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("language", "recording_sid", "recording_url")),
        sa.Column("duration_s", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("words", "transcript", "state")),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("call_sid", "kind", name="messages_pkey"),
    )
    op.create_index("messages_by_time", "messages", ["at"])
