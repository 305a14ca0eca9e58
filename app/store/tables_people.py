"""The tables of the console: who may use it, who is signed in, what they did."""

from sqlalchemy import JSON, Boolean, Column, DateTime, ForeignKey, Index, Integer, String, Table, Text, Uuid

from app.store.schema import metadata

# Who may use the console. ``password`` is an argon2 hash, empty where only an identity provider signs in (``subject``
# is its name for them); ``totp`` is the secret of one-time codes, sealed, ``totp_step`` the last step that was used.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("password", Text, nullable=False),
    Column("totp", Text, nullable=False),
    Column("totp_step", Integer, nullable=False),
    Column("subject", String(200), unique=True),
    Column("closed", Boolean, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

# One-time links by which accounts are made or get a new password; ``id`` is the hash of what the link holds.
invitations = Table(
    "invitations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("account", Uuid, ForeignKey("accounts.id", ondelete="CASCADE")),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
)

# Who is signed in to the console; ``id`` is the hash of what their cookie holds. ``pending``: the password was right,
# the one-time code is still to come.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account", Uuid, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Index("sign_ins_by_account", "account"),
)

# Who did what in the console. Only ever added to: ``hash`` is made of the row and of the hash before it.
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_by_time", "at"),
    Index("audit_by_object", "object"),
)
