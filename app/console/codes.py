"""One-time codes of an account: their secret is kept sealed, and sealed anew when it is used."""

import asyncio
from typing import Final
from uuid import UUID

import structlog

from app.console import passwords
from app.console.asked import Asked
from app.store import accounts
from app.store.accounts import Account
from app.store.sealed_texts import is_fresh, opened, sealed

NO_KEYS: Final = "set FRONTLINE_ENCRYPTION_KEYS, the same for all processes; each secret is sealed when it is next used"

log = structlog.get_logger(__name__)


async def switch_on(asked: Asked, account: Account, secret: str, step: int) -> None:
    """From now on the account asks for codes of this secret; ``step`` is used up."""
    keys = await asyncio.to_thread(asked.parts.keys)
    if keys is None:
        log.warning("secret of one-time codes not sealed", next=NO_KEYS)
    kept = secret if keys is None else sealed(keys, _name(account.id), secret)
    await accounts.change_account(asked.parts.database, account.id, totp=kept, totp_step=step)


async def is_right(asked: Asked, account: Account, code: str) -> bool:
    """Whether this is a code of the account's, which was not used yet. Raises NotReadable, OSError, ValueError."""
    keys = await asyncio.to_thread(asked.parts.keys)
    secret = opened(keys, _name(account.id), account.totp)
    step = passwords.step_of(secret, code)
    if step is None or not await accounts.use_step(asked.parts.database, account.id, step):
        return False
    if keys is not None and not is_fresh(keys, account.totp):
        kept = sealed(keys, _name(account.id), secret)
        await accounts.change_account(asked.parts.database, account.id, totp=kept)
    return True


def _name(id: UUID) -> str:
    return f"one-time codes of {id}"
