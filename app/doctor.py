"""Looks at everything a call needs, without a call: each thing well or not, what was seen, and the next step."""

import asyncio
import os
import shutil
import ssl
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2
from sqlalchemy.exc import SQLAlchemyError
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from app.fittings import live_client, second_place
from app.gemini.client import Place
from app.gemini.closes import FAULTS, lost_by, next_step
from app.gemini.setup import SetupWish, live_config
from app.settings import Settings
from app.store.calls import latest
from app.store.database import Database
from app.telemetry.logs import without_secrets
from app.twilio.rest import CallControl, TwilioUnavailable

HTTP_S = 5.0
TWILIO_S = 20.0
DATABASE_S = 10.0
LEAST_FREE_BYTES = 1_000_000_000
MOST_CLOCK_OFF_S = 5.0
GOOGLE = "https://generativelanguage.googleapis.com"
REHEARSING = "rehearsing: no cloud is needed"
# No call has this id: what the house makes of it expires unused.
NO_CALL = {"CallSid": "CA" + "0" * 32, "From": "anonymous", "To": "+10000000000", "CallStatus": "ringing"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``ok`` is None where it was not looked at; ``next_step`` is empty where all is well."""

    name: str
    ok: bool | None
    seen: str
    next_step: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


Check = Callable[[Settings, ssl.SSLContext], Coroutine[object, object, Finding]]


async def examine(settings: Settings, trust: ssl.SSLContext | None = None) -> list[Finding]:
    """Look at everything at once; every wait has an end. ``trust`` is for certificates of one's own."""
    context = trust if trust is not None else await asyncio.to_thread(ssl.create_default_context)
    checks: list[Check] = [_data, _database, _clock, _live, _second_live, _twilio, _address, _signature, _stream]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(check(settings, context)) for check in checks]
    hidden = without_secrets(settings.secrets)
    findings = [_settings(settings), _keys(settings), *(task.result() for task in tasks)]
    return [Finding(found.name, found.ok, hidden(found.seen), found.next_step) for found in findings]


def render(findings: Sequence[Finding]) -> str:
    """The findings for people: a sign, what was seen, and under what is wrong the next step."""
    width = max((len(finding.name) for finding in findings), default=0)
    lines: list[str] = []
    for finding in findings:
        sign = {True: "✓", False: "✗", None: "–"}[finding.ok]
        lines.append(f"{sign} {finding.name:<{width}}  {finding.seen}")
        if finding.next_step:
            lines.append(f"  {'':<{width}}  → {finding.next_step}")
    return "\n".join(lines)


# ---- this machine


def _settings(settings: Settings) -> Finding:
    live = "a rehearsal Live server" if settings.rehearsing else f"Gemini Live ({settings.backend})"
    return Finding("settings", True, f"read; calls go to {live}, listening on {settings.host}:{settings.port}")


def _keys(settings: Settings) -> Finding:
    if settings.rehearsing:
        return Finding("keys", None, REHEARSING)
    gemini = "Vertex AI" if settings.backend == "vertex" else "a Gemini key"
    if not settings.checks_signatures:
        return Finding("keys", False, f"{gemini}; signatures are off", "write FRONTLINE_SIGNATURES=on")
    if not settings.twilio_tokens:
        told = "write TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and PUBLIC_URL, or nobody can call"
        return Finding("keys", False, f"{gemini}; no Twilio auth token", told)
    return Finding("keys", True, f"{gemini}; {len(settings.twilio_tokens)} Twilio auth token(s)")


async def _data(settings: Settings, _: ssl.SSLContext) -> Finding:
    folder = settings.data.resolve()
    try:
        free = await asyncio.to_thread(_write_and_measure, folder)
    except OSError as error:
        told = f"let user {os.getuid()} write there, or write another folder in FRONTLINE_DATA"
        return Finding("data", False, f"{folder} cannot be written ({error.strerror})", told)
    seen = f"{folder} is writable, {free / 1e9:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Finding("data", False, seen, "make room: journals and recordings need it")
    return Finding("data", True, seen)


def _write_and_measure(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"written by frontline doctor")
        file.flush()
    return shutil.disk_usage(folder).free


async def _database(settings: Settings, _: ssl.SSLContext) -> Finding:
    database = Database(settings.database_url)
    try:
        async with asyncio.timeout(DATABASE_S):
            await database.open()
            calls = await latest(database, 1)
    except (SQLAlchemyError, OSError) as error:
        seen = f"{database.url.render_as_string()} does not answer ({type(error).__name__})"
        return Finding("database", False, seen, "start the database, or correct DATABASE_URL")
    finally:
        await database.close()
    last = f"last call {calls[0].start.started_at:%Y-%m-%d %H:%M} UTC" if calls else "no call yet"
    return Finding("database", True, f"{database.url.get_backend_name()} answers; {last}")


# ---- the clouds


async def _clock(settings: Settings, trust: ssl.SSLContext) -> Finding:
    if settings.rehearsing:
        return Finding("clock", None, REHEARSING)
    address = settings.google_gemini_base_url or GOOGLE
    try:
        async with httpx2.AsyncClient(verify=trust, timeout=HTTP_S) as client:
            date = (await client.get(address)).headers["date"]
        off_s = time.time() - parsedate_to_datetime(date).timestamp()
    except (httpx2.HTTPError, KeyError, ValueError) as error:
        return Finding("clock", None, f"{address} gave no time to compare with ({type(error).__name__})")
    seen = f"{off_s:+.0f} s from {address}"
    if abs(off_s) > MOST_CLOCK_OFF_S:
        return Finding(
            "clock", False, seen, "turn time synchronisation on (NTP): tokens and certificates go by the clock"
        )
    return Finding("clock", True, seen)


async def _live(settings: Settings, _: ssl.SSLContext) -> Finding:
    """Open a Live session as a call would, and leave it at once."""
    if settings.rehearsing:
        return Finding("Live", None, REHEARSING)
    try:
        client = await asyncio.to_thread(live_client, settings, None)
    except FAULTS as fault:
        return _not_live("Live", settings.model or SetupWish().model, fault, 0.0)
    return await _session("Live", settings, Place(client, settings.backend, settings.model))


async def _second_live(settings: Settings, _: ssl.SSLContext) -> Finding:
    """The same where calls go on when the first model or region fails."""
    if not settings.second_route:
        return Finding("second Live", None, "none: a call whose model cannot be had is handed off")
    if settings.rehearsing:
        return Finding("second Live", None, REHEARSING)
    model = settings.second_model or settings.model
    try:
        client = await asyncio.to_thread(live_client, settings, None)
        place = await asyncio.to_thread(second_place, settings, None, client)
    except FAULTS as fault:
        return _not_live("second Live", model or SetupWish().model, fault, 0.0)
    assert place is not None
    return await _session("second Live", settings, replace(place, model=model))


async def _session(name: str, settings: Settings, place: Place) -> Finding:
    wish = SetupWish(model=place.model) if place.model else SetupWish()
    began = time.perf_counter()
    try:
        async with asyncio.timeout(settings.live_connect_s):
            config = live_config(wish, place.backend, None)
            async with place.client.aio.live.connect(model=wish.model, config=config):
                took_ms = (time.perf_counter() - began) * 1000
    except FAULTS as fault:
        return _not_live(name, wish.model, fault, time.perf_counter() - began)
    return Finding(name, True, f"{wish.model} was ready in {took_ms:.0f} ms")


def _not_live(name: str, model: str, fault: BaseException, after_s: float) -> Finding:
    lost = lost_by(fault)
    seen = f"{model}: {lost.code} {lost.reason} after {after_s:.1f} s"
    return Finding(name, False, seen, next_step(lost.code, lost.reason))


async def _twilio(settings: Settings, _: ssl.SSLContext) -> Finding:
    if settings.twilio_account_sid is None or not settings.twilio_tokens:
        return Finding("Twilio", None, "no account: calls are rehearsed by `frontline call`")
    if settings.rehearsing and settings.twilio_api_url is None:
        return Finding("Twilio", None, REHEARSING)
    secret = settings.twilio_api_secret
    control = CallControl(
        settings.twilio_account_sid,
        secret.get_secret_value() if secret else settings.twilio_tokens[0],
        api_key=settings.twilio_api_key,
        base_url=settings.twilio_api_url,
        region=settings.twilio_region,
        edge=settings.twilio_edge,
    )
    try:
        async with asyncio.timeout(TWILIO_S):
            status = await control.check()
    except TwilioUnavailable as failed:
        return Finding("Twilio", False, str(failed), "compare the settings with the Twilio console")
    except TimeoutError:
        return Finding(
            "Twilio", False, f"no answer in {TWILIO_S:.0f} s", "let this machine reach api.twilio.com by HTTPS"
        )
    finally:
        control.close()
    if status != "active":
        return Finding("Twilio", False, f"the account is {status}", "see the Twilio console")
    return Finding("Twilio", True, "the account answers and is active")


# ---- the way in, as Twilio comes


async def _address(settings: Settings, trust: ssl.SSLContext) -> Finding:
    if settings.public_url is None:
        return _no_address(settings, "address")
    try:
        async with httpx2.AsyncClient(verify=trust, timeout=HTTP_S) as client:
            response = await client.get(f"{settings.public_url}/healthz")
    except httpx2.HTTPError as error:
        told = "start `frontline serve`, and point the host's name and the proxy at it"
        return Finding("address", False, f"{settings.public_url}/healthz: {_short(error)}", told)
    seen = f"{settings.public_url}/healthz: {response.status_code}"
    if response.status_code != httpx2.codes.OK:
        return Finding("address", False, seen, "something else answers there: point the proxy at this app")
    return Finding("address", True, seen)


async def _signature(settings: Settings, trust: ssl.SSLContext) -> Finding:
    """Ring as Twilio would, signed and wrongly signed."""
    if settings.public_url is None or not settings.twilio_tokens:
        return _no_address(settings, "signature")
    url = f"{settings.public_url}/voice/incoming"
    try:
        async with httpx2.AsyncClient(verify=trust, timeout=HTTP_S) as client:
            signed = await client.post(url, data=NO_CALL, headers=_signed(settings, url, NO_CALL))
            forged = await client.post(url, data={**NO_CALL, "From": "+1"}, headers=_signed(settings, url, NO_CALL))
    except httpx2.HTTPError as error:
        return Finding("signature", False, f"{url}: {_short(error)}", "see the line above")
    seen = f"{url}: signed {signed.status_code}, forged {forged.status_code}"
    if forged.status_code != httpx2.codes.FORBIDDEN:
        return Finding("signature", False, seen, "anyone can place calls: write FRONTLINE_SIGNATURES=on")
    if signed.status_code != httpx2.codes.OK:
        return Finding("signature", False, seen, "start the app with this PUBLIC_URL and this TWILIO_AUTH_TOKEN")
    return Finding("signature", True, seen)


async def _stream(settings: Settings, trust: ssl.SSLContext) -> Finding:
    """Open a stream as Twilio would, signed and not; it is left before it could cost anything."""
    if settings.public_url is None or not settings.twilio_tokens:
        return _no_address(settings, "stream")
    url = f"wss{settings.public_url.removeprefix('https')}/media"
    try:
        signed = await _upgrade(url, _signed(settings, url, {}), trust)
        forged = await _upgrade(url, {}, trust)
    except (WebSocketException, OSError) as error:
        told = "let the proxy pass WebSocket upgrades (Connection: Upgrade) on /media"
        return Finding("stream", False, f"{url}: {_short(error)}", told)
    seen = f"{url}: signed {signed}, unsigned {forged}"
    if forged == httpx2.codes.SWITCHING_PROTOCOLS:
        return Finding("stream", False, seen, "anyone can open streams: write FRONTLINE_SIGNATURES=on")
    if signed != httpx2.codes.SWITCHING_PROTOCOLS:
        return Finding("stream", False, seen, "let the proxy pass WebSocket upgrades and the header X-Twilio-Signature")
    return Finding("stream", True, seen)


async def _upgrade(url: str, headers: dict[str, str], trust: ssl.SSLContext) -> int:
    """The HTTP status a WebSocket upgrade is answered with."""
    try:
        async with connect(url, ssl=trust, additional_headers=headers, open_timeout=HTTP_S, close_timeout=1):
            return int(httpx2.codes.SWITCHING_PROTOCOLS)
    except InvalidStatus as refused:
        return refused.response.status_code


def _signed(settings: Settings, url: str, form: dict[str, str]) -> dict[str, str]:
    return {"X-Twilio-Signature": str(RequestValidator(settings.twilio_tokens[0]).compute_signature(url, form))}


def _no_address(settings: Settings, name: str) -> Finding:
    missing = "PUBLIC_URL" if settings.public_url is None else "TWILIO_AUTH_TOKEN"
    if settings.rehearsing:
        return Finding(name, None, REHEARSING)
    return Finding(name, None, f"{missing} is not set")


def _short(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
