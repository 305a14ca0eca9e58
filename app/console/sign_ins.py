"""Who is signed in: a cookie that says nothing by itself, and what the database knows of it."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.console.asked import Person
from app.console.origins import Origins
from app.store import accounts
from app.store.accounts import Account, SignIn, hashed
from app.store.database import Database

LASTS: Final = timedelta(hours=12)
IDLE: Final = timedelta(hours=1)
PENDING: Final = timedelta(minutes=5)  # from the password to the one-time code
NOTED_EVERY: Final = timedelta(minutes=1)
LONGEST_TOLD: Final = 300  # letters of what a browser says it is


class SignIns:
    """Begins, finds and ends them."""

    def __init__(self, database: Database, origins: Origins) -> None:
        self.database, self.origins = database, origins

    def cookie(self, connection: HTTPConnection) -> str:
        return connection.cookies.get(self._name(connection), "")

    async def person(self, connection: HTTPConnection, *, pending: bool = False, used: bool = True) -> Person | None:
        """Who asks; with ``pending``, who has said their password and is to say their code.

        What a page does by itself is no use of the sign-in: not ``used``, it goes on being idle.
        """
        token = self.cookie(connection)
        found = await accounts.signed_in(self.database, hashed(token)) if token else None
        if found is None:
            return None
        person, now = Person(found[1], found[0]), datetime.now(UTC)
        if person.account.closed or person.sign_in.pending is not pending or not holds(person.sign_in, now):
            return None
        if used and now - person.sign_in.seen_at > NOTED_EVERY:
            await accounts.seen(self.database, person.sign_in.id, now)
        return person

    async def begin(
        self, connection: HTTPConnection, response: Response, account: Account, *, pending: bool = False
    ) -> Person:
        """Sign somebody in, under an id that nobody has seen before."""
        await self.end(connection, response)
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        address = connection.client.host if connection.client else ""
        browser = connection.headers.get("user-agent", "")[:LONGEST_TOLD]
        until = now + (PENDING if pending else LASTS)
        made = SignIn(hashed(token), account.id, now, now, until, address, browser, pending)
        await accounts.sign_in(self.database, made)
        scheme, host = connection.url.scheme, connection.headers.get("host", "")
        response.set_cookie(
            self._name(connection),
            token,
            max_age=int(LASTS.total_seconds()),
            path="/",
            secure=not self.origins.plain(scheme, host),
            httponly=True,
            samesite="lax",
        )
        return Person(replace(account), made)

    async def end(self, connection: HTTPConnection, response: Response) -> None:
        token = self.cookie(connection)
        if token:
            await accounts.sign_out(self.database, hashed(token))
            secure = not self.origins.plain(connection.url.scheme, connection.headers.get("host", ""))
            response.delete_cookie(self._name(connection), path="/", secure=secure, httponly=True, samesite="lax")

    def _name(self, connection: HTTPConnection) -> str:
        return self.origins.cookie(connection.url.scheme, connection.headers.get("host", ""))


def holds(sign_in: SignIn, now: datetime) -> bool:
    """Whether a sign-in is neither too old nor too long unused."""
    return now < sign_in.until and now - sign_in.seen_at < IDLE
