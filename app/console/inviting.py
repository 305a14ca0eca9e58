"""Makes one-time links: for a new account, or a new password of one."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from app.store import accounts, audit
from app.store.accounts import Account, Invitation, hashed
from app.store.database import Database

HOLDS: Final = timedelta(days=1)


async def link_to(database: Database, base: str, role: str, who: str, account: Account | None = None) -> str:
    """The link, under the house's address ``base``; on record as made by ``who``."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    id = account.id if account else None
    await accounts.invite(database, Invitation(hashed(token), role, who, now, now + HOLDS, id))
    await audit.add(database, who, "account.invited", account.name if account else "", {"role": role})
    return f"{base}/console/join/{token}"
