"""Fetches the recording of a message from Twilio, and from nowhere else."""

import asyncio
import io
import re
import wave
from typing import Final
from urllib.parse import urlsplit

import httpx2
import stamina

from app.audio.pcm import BYTES_PER_SAMPLE, PHONE_RATE, Audio

WITHIN_S: Final = 30.0
LARGEST: Final = 8_000_000  # bytes; two minutes of a message are 2 MB
ATTEMPTS: Final = 3

_HOST = re.compile(r"api(\.[a-z0-9-]+){0,2}\.twilio\.com")
_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Recordings/RE[0-9a-fA-F]{32}")


class RecordingNotFetched(Exception):
    """No sound of a message; the text says why. ``gone``: it will not come, however often it is asked for."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


class _TryAgain(Exception):
    """An answer that may be another one in a moment: a recording can be told of before it can be had."""


class Recordings:
    """The recordings of one account. ``base_url`` takes the place of Twilio's own address."""

    def __init__(
        self, account_sid: str, secret: str, *, api_key: str | None = None, base_url: str | None = None
    ) -> None:
        """``secret`` is the auth token, or with ``api_key`` (``SK…``) that key's secret."""
        self._account_sid = account_sid
        self._auth = httpx2.BasicAuth(api_key or account_sid, secret)
        self._base_url = (base_url or "").rstrip("/")
        self._client = httpx2.AsyncClient(timeout=WITHIN_S)

    async def fetch(self, url: str) -> Audio:
        """A recording's sound, 8 kHz mono. Raises RecordingNotFetched."""
        address = self._address(url)
        try:
            async with asyncio.timeout(WITHIN_S):
                wav = await self._asked(address)
        except TimeoutError:
            raise RecordingNotFetched(f"not there within {WITHIN_S:.0f} s") from None
        except (_TryAgain, httpx2.HTTPError) as failed:
            raise RecordingNotFetched(f"{type(failed).__name__}: {failed}") from failed
        return await asyncio.to_thread(_sound, wav)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _address(self, url: str) -> str:
        """Where to fetch from with our secret: a recording of our account at Twilio, or nothing."""
        parts = urlsplit(url)
        place = _PATH.fullmatch(parts.path)
        ours = place is not None and place[1] == self._account_sid and not parts.query
        if parts.scheme != "https" or not _HOST.fullmatch(parts.netloc) or not ours:
            raise RecordingNotFetched("not the address of a recording of this account", gone=True)
        return f"{self._base_url or f'https://{parts.netloc}'}{parts.path}.wav"

    async def _asked(self, address: str) -> bytes:
        again = (_TryAgain, httpx2.TransportError)
        async for attempt in stamina.retry_context(on=again, attempts=ATTEMPTS, timeout=WITHIN_S, wait_initial=0.5):
            with attempt:
                return await self._read(address)
        raise AssertionError("the last attempt returns or raises")

    async def _read(self, address: str) -> bytes:
        as_it_is = {"Accept-Encoding": "identity"}  # compressed, a few bytes could unfold to millions
        async with self._client.stream("GET", address, auth=self._auth, headers=as_it_is) as response:
            if response.status_code in (404, 429) or response.status_code >= 500:
                raise _TryAgain(f"answered {response.status_code}")
            if response.status_code != 200:
                raise RecordingNotFetched(f"answered {response.status_code}")
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > LARGEST:
                    raise RecordingNotFetched(f"more than {LARGEST} bytes", gone=True)
        return bytes(body)


def _sound(wav: bytes) -> Audio:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, BYTES_PER_SAMPLE, PHONE_RATE):
                raise RecordingNotFetched("it is not 16 bit mono at 8 kHz", gone=True)
            return Audio(file.readframes(file.getnframes()), PHONE_RATE)
    except (wave.Error, EOFError) as problem:
        raise RecordingNotFetched(f"it is no WAV: {problem}", gone=True) from problem
