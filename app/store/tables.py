"""The tables of the calls' records, in SQL that SQLite and PostgreSQL both speak."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()


def _of_a_call() -> Column[str]:
    return Column("call_sid", String(64), ForeignKey("calls.call_sid", ondelete="CASCADE"), nullable=False)


# A call has its row from its first record on; ``disposition`` is null until its end is recorded.
calls = Table(
    "calls",
    metadata,
    Column("call_sid", String(64), primary_key=True),
    Column("line", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("duration_s", Float),
    Column("disposition", Text),
    Column("ended_by", Text),
    Column("first_sound_ms", Integer),
    Column("barge_ins", Integer),
    Column("sessions", Integer),
    Column("tokens", JSON),
    Column("problem", Text),
    Index("calls_by_start", "started_at"),
)

# The ids of turns and tool uses are made before they are written, so that a write that is tried again writes them once.
turns = Table(
    "turns",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("number", Integer, nullable=False),
    Column("side", Text, nullable=False),
    Column("heard", Text, nullable=False),
    Column("unheard", Text, nullable=False),
    Column("started_s", Float, nullable=False),
    Column("ended_s", Float, nullable=False),
    Column("language", Text),
    Column("gap_ms", Integer),
    Column("interrupted", Boolean, nullable=False),
    Index("turns_by_call", "call_sid", "number"),
)

tool_uses = Table(
    "tool_uses",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("model_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("args", JSON, nullable=False),
    Column("response", JSON, nullable=False),
    Column("status", Text, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("at_s", Float, nullable=False),
    Index("tool_uses_by_call", "call_sid", "at_s"),
)
