"""More of a call: its streams and sessions, moments, notes, tags, holds; its words found; what was deleted proven."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# Letters that are found without their accents. SQLite's tokenizer does it by itself.
_ACCENTED = [chr(code) for code in range(0xC0, 0x180)]
_BARE = {letter: unicodedata.normalize("NFD", letter)[0] for letter in _ACCENTED}
_FOLDED = {letter: bare for letter, bare in _BARE.items() if bare != letter}


def upgrade() -> None:
    _parts()
    _by_people()
    _deletions()
    op.add_column("calls", sa.Column("words_deleted_at", sa.DateTime(timezone=True)))
    for name, table, columns in (
        ("calls_by_line", "calls", ["line", "started_at"]),
        ("calls_by_caller", "calls", ["caller"]),
        ("flags_by_name", "flags", ["name", "call_sid"]),
        ("tool_uses_by_name", "tool_uses", ["name", "call_sid"]),
        ("tool_uses_by_status", "tool_uses", ["status", "call_sid"]),
        ("messages_by_caller", "messages", ["caller"]),
    ):
        op.create_index(name, table, columns)
    if op.get_context().dialect.name == "sqlite":
        _words_here()
    else:
        _words_there()


def _of_a_call(table: str) -> list[sa.schema.SchemaItem]:
    key = sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name=f"{table}_call_sid_fkey", ondelete="CASCADE")
    return [sa.Column("call_sid", sa.String(64), nullable=False), key]


def _parts() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.Uuid, nullable=False),
        *_of_a_call("segments"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("started_s", sa.Float, nullable=False),
        sa.Column("ended_s", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "route", "model")),
        sa.Column("code", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("opened_ms", sa.Integer),
        sa.Column("resumed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="segments_pkey"),
    )
    op.create_index("segments_by_call", "segments", ["call_sid", "started_s"])
    op.create_table(
        "marks",
        sa.Column("id", sa.Uuid, nullable=False),
        *_of_a_call("marks"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at_s", sa.Float, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="marks_pkey"),
    )
    op.create_index("marks_by_call", "marks", ["call_sid", "at_s"])


def _by_people() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Uuid, nullable=False),
        *_of_a_call("notes"),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="notes_pkey"),
    )
    op.create_index("notes_by_call", "notes", ["call_sid", "at"])
    op.create_table(
        "tags",
        *_of_a_call("tags"),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "tag", name="tags_pkey"),
    )
    op.create_index("tags_by_tag", "tags", ["tag", "call_sid"])
    op.create_table(
        "holds",
        *_of_a_call("holds"),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("call_sid", name="holds_pkey"),
    )


def _deletions() -> None:
    op.create_table(
        "deletions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("why", "kind", "line", "subject")),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("through", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="deletions_pkey"),
    )
    op.create_index("deletions_by_time", "deletions", ["at"])


def _words_here() -> None:
    """The words of turns, numbered in the order they came; what SQLite itself keeps in step with the turns."""
    op.execute(
        "CREATE TABLE turn_docs (number INTEGER PRIMARY KEY, turn_id CHAR(32) NOT NULL UNIQUE, call_sid VARCHAR(64) "
        "NOT NULL)"
    )
    op.execute("CREATE INDEX turn_docs_by_call ON turn_docs (call_sid)")
    op.execute(
        "CREATE VIRTUAL TABLE turn_words USING fts5(words, content='', tokenize='unicode61 remove_diacritics 2')"
    )
    add = (
        "INSERT INTO turn_docs (turn_id, call_sid) VALUES (new.id, new.call_sid); "
        "INSERT INTO turn_words (rowid, words) SELECT number, new.heard || ' ' || new.unheard FROM turn_docs "
        "WHERE turn_id = new.id;"
    )
    # https://www.sqlite.org/fts5.html#the_delete_command: it wants the words that were put in.
    drop = (
        "INSERT INTO turn_words (turn_words, rowid, words) SELECT 'delete', number, old.heard || ' ' || old.unheard "
        "FROM turn_docs WHERE turn_id = old.id; DELETE FROM turn_docs WHERE turn_id = old.id;"
    )
    op.execute(f"CREATE TRIGGER turn_words_added AFTER INSERT ON turns BEGIN {add} END")
    op.execute(f"CREATE TRIGGER turn_words_dropped AFTER DELETE ON turns BEGIN {drop} END")
    op.execute(f"CREATE TRIGGER turn_words_changed AFTER UPDATE OF heard, unheard ON turns BEGIN {drop} {add} END")
    op.execute("INSERT INTO turn_docs (turn_id, call_sid) SELECT id, call_sid FROM turns")
    op.execute(
        "INSERT INTO turn_words (rowid, words) SELECT turn_docs.number, heard || ' ' || unheard FROM turn_docs "
        "JOIN turns ON turns.id = turn_id"
    )


def _words_there() -> None:
    """The same in PostgreSQL: words as SQLite's tokenizer cuts them, not as a parser that looks for addresses would."""
    accented, bare = "".join(_FOLDED), "".join(_FOLDED.values())
    words = f"translate(heard || ' ' || unheard, '{accented}', '{bare}')"
    op.execute(
        "ALTER TABLE turns ADD COLUMN turn_words tsvector GENERATED ALWAYS AS "
        f"(to_tsvector('simple', regexp_replace({words}, '[^[:alnum:]]+', ' ', 'g'))) STORED"
    )
    op.execute("CREATE INDEX turn_words ON turns USING gin (turn_words)")
