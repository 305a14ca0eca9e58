"""The tables of recordings: the sound that is kept, and what callers said to its being kept."""

from sqlalchemy import JSON, Column, DateTime, Float, ForeignKey, Index, Integer, String, Table, Text, Uuid

from app.store.schema import metadata

# The sound of calls, an object a stream; ``peaks_key`` names what it is drawn from. Not bound to ``calls``: a recording
# may be stored before the row of its call is, and outlasts nothing that retention takes.
recordings = Table(
    "recordings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call_sid", String(64), nullable=False),
    Column("line", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("began_s", Float, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("format", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("peaks_key", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("paused", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Index("recordings_by_call", "call_sid", "began_s"),
    Index("recordings_by_time", "at"),
)

# What callers said to being recorded; ``wording`` is the hash of the sentence they were told or asked.
consents = Table(
    "consents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("call_sid", String(64), ForeignKey("calls.call_sid", ondelete="CASCADE"), nullable=False),
    Column("at_s", Float, nullable=False),
    Column("answer", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("wording", String(64), nullable=False),
    Index("consents_by_call", "call_sid", "at_s"),
)
