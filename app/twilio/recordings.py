"""Fetches the recording of a message from Twilio, and from nowhere else."""

import asyncio
import io
import re
import wave
from functools import partial
from typing import Final

import httpx2

from app.audio.pcm import BYTES_PER_SAMPLE, PHONE_RATE, Audio
from app.twilio.media import AS_IT_IS, Refused, TooLong, TryAgain, body_of, patiently, place_of

WITHIN_S: Final = 30.0
LARGEST: Final = 8_000_000  # bytes; two minutes of a message are 2 MB

_PATH = re.compile(r"/2010-04-01/Accounts/(AC[0-9a-fA-F]{32})/Recordings/RE[0-9a-fA-F]{32}")


class RecordingNotFetched(Exception):
    """No sound of a message; the text says why. ``gone``: it will not come, however often it is asked for."""

    def __init__(self, why: str, *, gone: bool = False) -> None:
        super().__init__(why)
        self.gone = gone


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
                wav = await patiently(partial(self._read, address), WITHIN_S)
        except TimeoutError:
            raise RecordingNotFetched(f"not there within {WITHIN_S:.0f} s") from None
        except TooLong as endless:
            raise RecordingNotFetched(str(endless), gone=True) from endless
        except (TryAgain, Refused, httpx2.HTTPError) as failed:
            raise RecordingNotFetched(f"{type(failed).__name__}: {failed}") from failed
        return await asyncio.to_thread(_sound, wav)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _address(self, url: str) -> str:
        """Where to fetch from with our secret: a recording of our account at Twilio, or nothing."""
        parts = place_of(url, _PATH, self._account_sid)
        if parts is None:
            raise RecordingNotFetched("not the address of a recording of this account", gone=True)
        return f"{self._base_url or f'https://{parts.netloc}'}{parts.path}.wav"

    async def _read(self, address: str) -> bytes:
        async with self._client.stream("GET", address, auth=self._auth, headers=AS_IT_IS) as response:
            return await body_of(response, LARGEST)


def _sound(wav: bytes) -> Audio:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, BYTES_PER_SAMPLE, PHONE_RATE):
                raise RecordingNotFetched("it is not 16 bit mono at 8 kHz", gone=True)
            return Audio(file.readframes(file.getnframes()), PHONE_RATE)
    except (wave.Error, EOFError) as problem:
        raise RecordingNotFetched(f"it is no WAV: {problem}", gone=True) from problem
