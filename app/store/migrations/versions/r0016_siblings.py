"""Where the other processes reach each one."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("processes", sa.Column("address", sa.Text, nullable=False, server_default=sa.text("''")))
