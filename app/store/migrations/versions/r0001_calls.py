"""The records of calls, as they began: calls, their turns, the tools they used."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _calls()
    _turns()
    _tool_uses()


def _of_a_call(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name=f"{table}_call_sid_fkey", ondelete="CASCADE")
    return sa.Column("call_sid", sa.String(64), nullable=False), key


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("called", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_s", sa.Float),
        sa.Column("disposition", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("first_sound_ms", sa.Integer),
        sa.Column("barge_ins", sa.Integer),
        sa.Column("sessions", sa.Integer),
        sa.Column("tokens", sa.JSON),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("call_sid", name="calls_pkey"),
    )
    op.create_index("calls_by_start", "calls", ["started_at"])


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("id", sa.Uuid, nullable=False),
        *_of_a_call("turns"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("heard", sa.Text, nullable=False),
        sa.Column("unheard", sa.Text, nullable=False),
        sa.Column("started_s", sa.Float, nullable=False),
        sa.Column("ended_s", sa.Float, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("gap_ms", sa.Integer),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="turns_pkey"),
    )
    op.create_index("turns_by_call", "turns", ["call_sid", "number"])


def _tool_uses() -> None:
    op.create_table(
        "tool_uses",
        sa.Column("id", sa.Uuid, nullable=False),
        *_of_a_call("tool_uses"),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("response", sa.JSON, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("at_s", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="tool_uses_pkey"),
    )
    op.create_index("tool_uses_by_call", "tool_uses", ["call_sid", "at_s"])
