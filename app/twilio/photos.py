"""Fetches the pictures of a text message from Twilio, and from nowhere else."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal
from urllib.parse import urljoin, urlsplit

import httpx2

from app.call.image import Image
from app.twilio.jpeg import NotAPicture, PictureTooLarge, as_jpeg, taken
from app.twilio.media import AS_IT_IS, Refused, TooLong, TryAgain, body_of, patiently, place_of

WITHIN_S: Final = 8.0  # from the wish to the decoded picture; the webhook it belongs to has ten
LARGEST: Final = 6_000_000  # bytes; of a message Twilio takes 5 MB
MOST_AT_ONCE: Final = 8
MOST_REDIRECTS: Final = 2  # api.twilio.com, media.twiliocdn.com, S3

_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Messages/[MS]M[0-9a-fA-F]{32}/Media/ME[0-9a-fA-F]{32}")
# Where Twilio's redirects lead:
# https://help.twilio.com/articles/223183748-Protect-Media-Access-with-HTTP-Basic-Authentication-for-Programmable-Messaging
_STORES = re.compile(
    r"https://([a-z0-9-]+\.twiliocdn\.com/|s3-external-1\.amazonaws\.com/media\.twiliocdn\.com/)(?!\S*\.\.)\S+"
)

Problem = Literal["unreadable", "too_large", "not_fetched"]


@dataclass(frozen=True, slots=True)
class MediaRef:
    """What a message tells of a medium that came with it."""

    url: str
    content_type: str


class PhotoNotTaken(Exception):
    """A picture that does not go into the call: ``problem`` is for the caller's reply, the text for the log."""

    def __init__(self, problem: Problem, why: str) -> None:
        super().__init__(why)
        self.problem = problem


class Photos:
    """The pictures of one account's messages. ``base_url`` takes the place of Twilio's own address."""

    def __init__(
        self, account_sid: str, secret: str, *, api_key: str | None = None, base_url: str | None = None
    ) -> None:
        """``secret`` is the auth token, or with ``api_key`` (``SK…``) that key's secret."""
        self._account_sid = account_sid
        self._auth = httpx2.BasicAuth(api_key or account_sid, secret)
        self._base_url = (base_url or "").rstrip("/")
        self._client = httpx2.AsyncClient(timeout=WITHIN_S)
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)
        # One picture is decoded at a time: each may need 300 MB, and half a second of a processor.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="photos")

    async def fetch(self, ref: MediaRef) -> Image:
        """The picture as the Live session takes it. Raises PhotoNotTaken."""
        if not taken(ref.content_type):
            raise PhotoNotTaken("unreadable", "a type that is not taken")
        try:
            async with asyncio.timeout(WITHIN_S), self._turns:
                picture = await patiently(partial(self._followed, self._address(ref.url)), WITHIN_S)
                return await self._decoded(picture, ref.content_type)
        except TimeoutError:
            raise PhotoNotTaken("not_fetched", f"not there within {WITHIN_S:.0f} s") from None
        except TooLong as endless:
            raise PhotoNotTaken("too_large", str(endless)) from endless
        except (TryAgain, Refused, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as failed:
            raise PhotoNotTaken("not_fetched", f"{type(failed).__name__}: {failed}") from failed

    async def close(self) -> None:
        """Give the connections and the thread back."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        await self._client.aclose()

    async def _decoded(self, picture: bytes, content_type: str) -> Image:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, as_jpeg, picture, content_type)
        except PictureTooLarge as large:
            raise PhotoNotTaken("too_large", str(large)) from large
        except NotAPicture as other:
            raise PhotoNotTaken("unreadable", str(other)) from other

    def _address(self, url: str) -> str:
        """Where to fetch from with our secret: a medium of our account at Twilio, or nothing."""
        parts = place_of(url, _PATH, self._account_sid)
        if parts is None:
            raise PhotoNotTaken("not_fetched", "not the address of a medium of this account")
        return self._base_url + parts.path if self._base_url else url

    async def _followed(self, url: str) -> bytes:
        """Fetch with the secret, then follow redirects without it: a store refuses two kinds of proof at once."""
        answer = await self._asked(url, self._auth)
        for _ in range(MOST_REDIRECTS):
            if isinstance(answer, bytes):
                return answer
            answer = await self._asked(self._store(answer), None)
        if isinstance(answer, bytes):
            return answer
        raise PhotoNotTaken("not_fetched", "redirected too often")

    def _store(self, url: str) -> str:
        known = _STORES.fullmatch(url) or (self._base_url and url.startswith(self._base_url + "/"))
        if not known:
            raise PhotoNotTaken("not_fetched", f"redirected to {urlsplit(url).hostname}, which is none of Twilio's")
        return url

    async def _asked(self, url: str, auth: httpx2.Auth | None) -> bytes | str:
        """The medium, or the address it is redirected to."""
        async with self._client.stream("GET", url, auth=auth, headers=AS_IT_IS, follow_redirects=False) as response:
            if response.is_redirect:
                return urljoin(url, response.headers.get("Location", ""))
            return await body_of(response, LARGEST)
