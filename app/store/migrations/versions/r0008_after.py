"""What happens after a call and because of it: jobs, analyses and their corrections, alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("call_sid", sa.String(64)),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _of_a_call("jobs"),
        sa.PrimaryKeyConstraint("id", name="jobs_pkey"),
    )
    op.create_index("jobs_due", "jobs", ["state", "kind", "run_at"])
    op.create_index("jobs_by_call", "jobs", ["call_sid"])
    _analyses()
    _alerts()


def _of_a_call(table: str) -> sa.ForeignKeyConstraint:
    name = f"{table}_call_sid_fkey"
    return sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name=name, ondelete="CASCADE")


def _analyses() -> None:
    op.create_table(
        "analyses",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("resolution", sa.Text, nullable=False),
        sa.Column("sentiment", sa.Text, nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("criteria", sa.JSON, nullable=False),
        sa.Column("follow_ups", sa.JSON, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("tokens", sa.JSON, nullable=False),
        sa.Column("cost_usd", sa.Float),
        _of_a_call("analyses"),
        sa.PrimaryKeyConstraint("call_sid", name="analyses_pkey"),
    )
    op.create_index("analyses_by_time", "analyses", ["at"])
    op.create_table(
        "corrections",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("field", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _of_a_call("corrections"),
        sa.PrimaryKeyConstraint("id", name="corrections_pkey"),
    )
    op.create_index("corrections_by_call", "corrections", ["call_sid", "at"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("calls", sa.JSON, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("acked_at", sa.DateTime(timezone=True)),
        sa.Column("acked_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="alerts_pkey"),
    )
    op.create_index("alerts_open", "alerts", ["rule"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("alerts_by_time", "alerts", ["opened_at"])
    op.create_table(
        "alert_mutes",
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("rule", name="alert_mutes_pkey"),
    )
