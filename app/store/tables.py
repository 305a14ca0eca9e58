"""The tables of the calls' records and of the lines' versions, in SQL that SQLite and PostgreSQL both speak."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    false,
    text,
)

import app.store.tables_people
import app.store.tables_recordings
import app.store.tables_tools  # noqa: F401  - they are of the same metadata
from app.store.schema import metadata


def _of_a_call() -> Column[str]:
    return Column("call_sid", String(64), ForeignKey("calls.call_sid", ondelete="CASCADE"), nullable=False)


def _word(name: str) -> Column[str]:
    """A short text that rows written before this column have empty."""
    return Column(name, Text, nullable=False, server_default=text("''"))


# A call has its row from its first record on; ``disposition`` is null until its end is recorded. ``process`` has the
# call and writes its end; ``leaving`` is what Twilio is to do next where the call left its last stream by itself. What
# was said in it is deleted before the rest is: at ``words_deleted_at``. ``longest_gap_ms`` comes with the end.
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
    _word("version"),
    _word("prompt_hash"),
    _word("model"),
    Column("cost_usd", Float),
    _word("process"),
    Column("leaving", JSON(none_as_null=True)),
    Column("longest_gap_ms", Integer),
    Column("words_deleted_at", DateTime(timezone=True)),
    Index("calls_by_start", "started_at"),
    Index("calls_by_line", "line", "started_at", "disposition", "version"),
    Index("calls_by_version", "version", "started_at", "call_sid", postgresql_ops={"version": "text_pattern_ops"}),
    Index("calls_by_caller", "caller"),
    Index("calls_of_process", "process"),
)

# Who answers calls. ``beats`` grows while it lives: others judge by that and by their own clock, never by this one's.
processes = Table(
    "processes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("beat_at", DateTime(timezone=True), nullable=False),
    Column("beats", Integer, nullable=False),
    Column("draining", Boolean, nullable=False),
    Column("ended", Boolean, nullable=False),
    _word("address"),  # where the others reach it
)

# The ids of turns, tool uses and flags are made of what they are, so that a write that is tried again, be it by
# another process from the journal, writes them once.
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
    Column("sources", JSON),
    Column("told_ms", Integer),
    Column("model_ms", Integer),
    Column("played_ms", Integer),
    Column("over_ms", Integer),
    Column("stopped_ms", Integer),
    Column("tools", Integer),
    Index("turns_by_call", "call_sid", "number"),
    Index("turns_by_gap", "gap_ms", "call_sid"),
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
    Column("level", Text, nullable=False, server_default="none"),
    Column("effect", Boolean, nullable=False, server_default=false()),
    _word("key"),
    Index("tool_uses_by_call", "call_sid", "at_s", "name", "status", "took_ms"),
    Index("tool_uses_by_name", "name", "call_sid"),
    Index("tool_uses_by_status", "status", "call_sid"),
)

flags = Table(
    "flags",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("name", Text, nullable=False),
    Column("at_s", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Index("flags_by_call", "call_sid", "at_s"),
    Index("flags_by_name", "name", "call_sid"),
)

# A stream or a Live session of a call, written when it is over. ``name`` is the stream's id, ``code`` and ``reason``
# how it ended, ``opened_ms`` how long a session took to open: null where it never did.
segments = Table(
    "segments",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("kind", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_s", Float, nullable=False),
    Column("ended_s", Float, nullable=False),
    Column("name", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("code", Integer),
    Column("reason", Text, nullable=False),
    Column("opened_ms", Integer),
    Column("resumed", Boolean, nullable=False),
    Index("segments_by_call", "call_sid", "started_s"),
)

# Moments of a call that explain it: a barge-in, a renewal, dead air. Flags are for what a person should look at.
marks = Table(
    "marks",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("name", Text, nullable=False),
    Column("at_s", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Index("marks_by_call", "call_sid", "at_s"),
)

# What people add to a call. A call on hold is kept whatever its age, and whoever asks for it to be erased.
notes = Table(
    "notes",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("who", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
    Index("notes_by_call", "call_sid", "at"),
)

tags = Table(
    "tags",
    metadata,
    Column("call_sid", String(64), ForeignKey("calls.call_sid", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(64), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("tags_by_tag", "tag", "call_sid"),
)

holds = Table(
    "holds",
    metadata,
    Column("call_sid", String(64), ForeignKey("calls.call_sid", ondelete="CASCADE"), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("why", Text, nullable=False),
)

# The lists of calls that people keep, each their own.
call_views = Table(
    "call_views",
    metadata,
    Column("who", String(200), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("query", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# The proof of what was deleted. ``why`` is retention or erasure; ``subject`` stands for the number that was erased and
# is of no use without the house's key; ``through`` is the age that went.
deletions = Table(
    "deletions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("why", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("through", DateTime(timezone=True)),
    Index("deletions_by_time", "at"),
)

# Calls of which nothing is kept because somebody asked for that: what is left of them elsewhere goes, too.
erased_calls = Table(
    "erased_calls",
    metadata,
    Column("call_sid", String(64), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)

# What a call cost, a row an item; ``usd`` is null where no price is known.
costs = Table(
    "costs",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("item", Text, nullable=False),
    Column("quantity", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("usd", Float),
    Column("estimated", Boolean, nullable=False),
    Index("costs_by_call", "call_sid"),
)

# A published state of a line. Its id is the hash of its content: a row is never changed, nor taken out.
line_versions = Table(
    "line_versions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("line", Text, nullable=False),
    Column("content", JSON, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("parent", String(64)),
    Index("line_versions_by_line", "line", "at"),
)

# What callers of a line get now. ``version`` is ``files`` where it follows the folders; ``revision`` grows with every
# change.
line_live = Table(
    "line_live",
    metadata,
    Column("line", Text, primary_key=True),
    Column("version", String(64), nullable=False),
    Column("canary_version", String(64)),
    Column("canary_percent", Float, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)

# What is being written on a line; ``base`` is the version that was live when it was begun.
line_drafts = Table(
    "line_drafts",
    metadata,
    Column("line", Text, primary_key=True),
    Column("content", JSON, nullable=False),
    Column("base", String(64), nullable=False),
    Column("author", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
)

# Who changed what is live. Only ever added to; ``number`` is their order.
line_history = Table(
    "line_history",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("line", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("from_version", String(64), nullable=False),
    Column("to_version", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("line_history_by_line", "line", "number"),
)

# What callers left when nobody could take their call. Not bound to ``calls``: a call that was not taken may leave one.
messages = Table(
    "messages",
    metadata,
    Column("call_sid", String(64), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("called", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("language", Text, nullable=False),
    Column("recording_sid", Text, nullable=False),
    Column("recording_url", Text, nullable=False),
    Column("duration_s", Integer, nullable=False),
    Column("words", Text, nullable=False),
    Column("transcript", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("try_at", DateTime(timezone=True)),
    Index("messages_by_time", "at"),
    Index("messages_by_caller", "caller"),
)

# What is to be done because of a row, written with it. Due at ``run_at``, which a worker moves on by its lease.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("call_sid", String(64), ForeignKey("calls.call_sid", ondelete="CASCADE")),
    Column("payload", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("run_at", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("worker", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("jobs_due", "state", "kind", "run_at"),
    Index("jobs_by_call", "call_sid"),
)

# What a model made of a call after its end, and what people say of that: never changed, one beside the other.
analyses = Table(
    "analyses",
    metadata,
    Column("call_sid", String(64), ForeignKey("calls.call_sid", ondelete="CASCADE"), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("model", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("resolution", Text, nullable=False),
    Column("sentiment", Text, nullable=False),
    Column("score", Integer),
    Column("criteria", JSON, nullable=False),
    Column("follow_ups", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("tokens", JSON, nullable=False),
    Column("cost_usd", Float),
    Index("analyses_by_time", "at"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Uuid, primary_key=True),
    _of_a_call(),
    Column("field", String(64), nullable=False),
    Column("value", JSON, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False),
    Index("corrections_by_call", "call_sid", "at"),
)

# What rules on many calls found. One row from an alert's opening to its end; of a rule one at most is open.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("rule", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("told", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("calls", JSON, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    Column("acked_at", DateTime(timezone=True)),
    Column("acked_by", Text, nullable=False),
    Index(
        "alerts_open", "rule", unique=True, sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")
    ),
    Index("alerts_by_time", "opened_at"),
)

alert_mutes = Table(
    "alert_mutes",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False),
)
