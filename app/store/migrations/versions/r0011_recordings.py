"""The sound of calls, and what callers said to its being kept."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("began_s", "duration_s")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("format", "key", "peaks_key")),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("paused", sa.JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="recordings_pkey"),
    )
    op.create_index("recordings_by_call", "recordings", ["call_sid", "began_s"])
    op.create_index("recordings_by_time", "recordings", ["at"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("at_s", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("answer", "how", "language")),
        sa.Column("wording", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="consents_pkey"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name="consents_call_sid_fkey", ondelete="CASCADE"),
    )
    op.create_index("consents_by_call", "consents", ["call_sid", "at_s"])
