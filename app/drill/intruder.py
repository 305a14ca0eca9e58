"""Somebody who is not Twilio, or repeats what Twilio said: requests with wrong signatures, streams with used tokens."""

import asyncio
import contextlib
import re
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.calling import ANY_CALLED
from app.drill.house import House
from app.rehearsal.phone import ACCOUNT_SID, INCOMING
from app.rehearsal.phone_messages import Writer
from app.rehearsal.phone_webhooks import call_parameters, sid, signature

MEDIA_PATH = "/media"
SERVED_S = 1.5  # a stream that lives so long was let in
_TOKEN = re.compile(r'<Parameter name="([^"]+)" value="([^"]+)"')
_STREAM = re.compile(r'<Stream[^>]* url="([^"]+)"')


async def rung(house: House, token: str | None, call_sid: str = "", from_: str = "+12025559999") -> int:
    """Ring, signed with ``token`` or not at all: the HTTP status."""
    return (await _ring(house, token, call_sid or sid("CA"), from_)).status_code


async def _ring(house: House, token: str | None, call_sid: str, from_: str) -> httpx2.Response:
    url = house.server.public_url + INCOMING
    form = call_parameters(ACCOUNT_SID, call_sid, from_, ANY_CALLED, "ringing")
    headers = {} if token is None else {"X-Twilio-Signature": signature(token, url, form)}
    async with httpx2.AsyncClient(timeout=10.0, trust_env=False) as client:
        return await client.post(house.server.base_url + INCOMING, data=form, headers=headers)


async def answered_within_ms(house: House, from_: str) -> tuple[int, str]:
    """Ring as Twilio would: how long the answer took, and the answer."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await _ring(house, house.server.auth_token, sid("CA"), from_)
    return round((loop.time() - began) * 1000), answer.text


async def opened_with(house: House, token: str) -> int:
    """Open a stream signed with ``token``: the HTTP status of the upgrade, 101 if it is taken."""
    url = house.server.public_url.replace("https", "wss") + MEDIA_PATH
    try:
        socket = await _socket(house, url, token)
    except InvalidStatus as refused:
        return refused.response.status_code
    await socket.close()
    return 101


async def streamed(house: House) -> tuple[int, int]:
    """Ring once and open two streams with the one token: how each was closed, 0 for one that was served."""
    call_sid = sid("CA")
    document = (await _ring(house, house.server.auth_token, call_sid, "+12025559998")).text
    parameters, url = dict(_TOKEN.findall(document)), _STREAM.findall(document)[0]
    first = await _stream(house, url, call_sid, parameters)
    second = await _stream(house, url, call_sid, parameters)
    return first, second


async def _stream(house: House, url: str, call_sid: str, parameters: dict[str, str]) -> int:
    socket = await _socket(house, url, house.server.auth_token)
    writer = Writer(ACCOUNT_SID, call_sid, sid("MZ"))
    await socket.send(writer.connected())
    await socket.send(writer.start(parameters))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SERVED_S):
                while True:
                    await socket.recv()
        await socket.send(writer.stop())
    except ConnectionClosed:
        return socket.close_code or 1006
    finally:
        await socket.close()
    return 0


async def _socket(house: House, url: str, token: str) -> ClientConnection:
    here = urlsplit(house.server.base_url)
    return await connect(
        url.replace("wss", "ws"),
        host=here.hostname,
        port=here.port,
        additional_headers={"x-twilio-signature": signature(token, url, {})},
        compression=None,
        proxy=None,
        ping_interval=None,
    )
