"""The parts of the house as the settings want them: its doors, Twilio, the model's client, readers of the files."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from google import genai
from sqlalchemy.engine import make_url

from app.admission import Limits
from app.check import Problem, check
from app.edits import EditError
from app.gemini.client import Place, client_for
from app.gemini.models import Backend
from app.gemini.texts import TextModel, text_model
from app.lines.folder import remembered
from app.lines.published import Folders
from app.lines.workshop import Workshop
from app.pressure import Pressure
from app.prices import own_prices
from app.prompts.lines import Line
from app.recording.recorder import Recorder
from app.rehearsal.launch import LiveStandIn
from app.rehearsal.shipping import HOST as SHIPPING_HOST
from app.rehearsal.shipping import ShippingStandIn
from app.retaining import Keeping, keeping_in
from app.settings import Settings
from app.store.database import Database
from app.store.disk import Disk
from app.store.envelope import Keys, keys_in, keys_of_file
from app.store.erasure import Places
from app.store.objects import Objects, store_at
from app.store.recordings import RecordingBook
from app.store.retention import Retention
from app.telemetry.traces import Target, Traces, start_traces
from app.telemetry.watchdog import Watchdog
from app.toolkit.http import Hosts, Pinned
from app.toolkit.loader import load_tools
from app.toolkit.schema import LoadedTool
from app.twilio.photos import Photos
from app.twilio.recordings import Recordings
from app.twilio.rest import CallControl
from app.twilio.signature import Signatures
from app.twilio.tokens import StreamTokens

REHEARSAL_URL = "https://rehearsal.frontline.example"
REHEARSAL_ACCOUNT = "AC" + "0" * 32
SHIPPING_SECRET = "SHIPPING_KEY"
KEY_FILE = "encryption.key"  # in the data folder, beside the objects
NOT_YET = Pinned("127.0.0.1", 9)  # the sample service's place while it is not up: nobody answers there


@dataclass(frozen=True, slots=True)
class Doors:
    """What guards the way in."""

    public_url: str
    tokens: tuple[str, ...]
    signatures: Signatures
    stream_tokens: StreamTokens


def doors_for(settings: Settings) -> Doors:
    """The doors by the settings. A rehearsal without a Twilio account makes its own secret for this run."""
    secrets = settings.twilio_tokens or (os.urandom(16).hex(),)
    public_url = settings.public_url or REHEARSAL_URL
    signatures = Signatures(secrets, public_url) if settings.checks_signatures else Signatures.off()
    return Doors(public_url, secrets, signatures, StreamTokens(secrets))


def _secret(settings: Settings) -> str:
    return settings.twilio_api_secret.get_secret_value() if settings.twilio_api_secret else settings.twilio_tokens[0]


def control_for(settings: Settings) -> CallControl | None:
    """Call control over Twilio's REST API, where there is an account."""
    if settings.twilio_account_sid is None or not settings.twilio_tokens:
        return None
    return CallControl(
        settings.twilio_account_sid,
        _secret(settings),
        api_key=settings.twilio_api_key,
        base_url=settings.twilio_api_url,
        region=settings.twilio_region,
        edge=settings.twilio_edge,
    )


def recordings_for(settings: Settings) -> Recordings | None:
    """The messages that callers spoke, where there is an account."""
    if settings.twilio_account_sid is None or not settings.twilio_tokens:
        return None
    return Recordings(
        settings.twilio_account_sid,
        _secret(settings),
        api_key=settings.twilio_api_key,
        base_url=settings.twilio_api_url,
    )


def photos_for(settings: Settings) -> Photos | None:
    """The pictures of the account's messages, where there is an account."""
    if settings.twilio_account_sid is None or not settings.twilio_tokens:
        return None
    return Photos(
        settings.twilio_account_sid,
        _secret(settings),
        api_key=settings.twilio_api_key,
        base_url=settings.twilio_api_url,
    )


def objects_for(settings: Settings) -> Objects:
    """Where recordings are kept, and the keys they are sealed with. Raises OSError, ValueError."""
    return Objects(store_at(settings.objects), keys_for(settings))


def places_for(settings: Settings, database: Database) -> Places:
    """Where calls leave something on this host and in the stores. Raises OSError, ValueError."""
    return Places(database, settings.data / "journals", objects_for(settings))


def keys_for(settings: Settings) -> Keys:
    """The house's keys: the same for all processes that share its data. Raises OSError, ValueError."""
    given = settings.encryption_keys
    return keys_in(given.get_secret_value()) if given else keys_of_file(settings.data / KEY_FILE)


def shared_keys_for(settings: Settings) -> Keys | None:
    """Those keys, where every process with this database has them; None where each may have made its own.

    Raises OSError, ValueError.
    """
    is_ours = make_url(settings.database_url).get_backend_name() == "sqlite"
    return keys_for(settings) if settings.encryption_keys or is_ours else None


def recorder_for(settings: Settings, database: Database) -> Recorder:
    """What records calls. It stops while journals still have four times their reserve. Raises OSError, ValueError."""
    return Recorder(
        settings.data / "recordings",
        objects_for(settings),
        RecordingBook(database),
        format=settings.recording_format,
        least_free_bytes=4 * settings.reserve_mb * 1_048_576,
    )


def retention_for(settings: Settings, database: Database, lines: Callable[[], Mapping[str, Line]]) -> Retention:
    """What deletes calls that are old enough. Raises as ``objects_for``."""
    usual = keeping_in(settings.retention)

    def kept() -> dict[str, Keeping]:
        return {name: keeping_in(line.retention, usual) for name, line in lines().items()}

    return Retention(database, usual, kept, settings.data / "journals", objects_for(settings))


def limits_for(settings: Settings) -> Limits:
    """Which calls are taken."""
    return Limits(
        sessions=settings.sessions_at_once,
        per_caller_an_hour=settings.calls_per_caller_an_hour,
        takes_hidden=settings.anonymous == "answer",
        blocked=settings.blocked,
        countries=settings.countries,
    )


def pressure_for(settings: Settings, disk: Disk, watchdog: Watchdog) -> Pressure:
    """What keeps this process from taking one more call."""
    return Pressure(disk_full=lambda: disk.full, blocked=watchdog.sheds, memory_mb=settings.memory_mb)


def traces_for(settings: Settings, process: str) -> Traces | None:
    """Where calls are traced to; None where nobody takes traces."""
    if settings.traces_to is None:
        return None
    headers = settings.otel_exporter_otlp_headers
    target = Target(settings.traces_to, headers.get_secret_value() if headers else "", process)
    return start_traces(target, words=settings.trace_words == "on")


@dataclass(frozen=True, slots=True)
class _Gemini:
    """Where Gemini is had, and as whom."""

    backend: Backend
    key: str
    project: str
    location: str
    base_url: str | None
    ca_file: str | None = None


def _gemini(settings: Settings, live: LiveStandIn | None) -> _Gemini:
    """Google's by the settings, or the stand-in's."""
    project, location = settings.google_cloud_project or "", settings.google_cloud_location or ""
    if live is not None:
        return _Gemini("developer", live.key, project, location, live.base_url, live.ca_file)
    return _Gemini(settings.backend, settings.gemini_key or "", project, location, settings.google_gemini_base_url)


def _client(settings: Settings, at: _Gemini) -> genai.Client:
    return client_for(
        at.backend,
        at.key,
        project=at.project,
        location=at.location,
        api_version=settings.live_api_version if at.backend == "developer" else None,
        base_url=at.base_url,
        ca_file=at.ca_file,
        lean=settings.live_raw,
    )


def live_client(settings: Settings, live: LiveStandIn | None) -> genai.Client:
    """The client of the Live API, or of its stand-in."""
    return _client(settings, _gemini(settings, live))


def second_place(settings: Settings, live: LiveStandIn | None, client: genai.Client) -> Place | None:
    """Where a call goes on when the first model or region fails. In a rehearsal it is the stand-in too."""
    if not settings.second_route:
        return None
    first = _gemini(settings, live)
    if not settings.second_location and not settings.second_base_url:
        return Place(client, first.backend, settings.second_model)
    location, base_url = settings.second_location or first.location, settings.second_base_url or first.base_url
    elsewhere = _client(settings, replace(first, location=location, base_url=base_url))
    return Place(elsewhere, first.backend, settings.second_model)


def text_model_for(settings: Settings, live: LiveStandIn | None) -> TextModel:
    """The text model that analyses calls, or its stand-in."""
    at = _gemini(settings, live)
    return text_model(
        *(settings.analysis_model, at.backend, at.key),
        project=at.project,
        location=at.location,
        base_url=at.base_url,
        ca_file=at.ca_file,
    )


def folders_for(settings: Settings) -> Folders:
    """Where managers edit, and where versions are laid out."""
    return Folders(settings.prompts, settings.tools, settings.data / "versions")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads tools and lines as this house does: with its hosts, its secrets and its model.

    The sample service of a rehearsal gets its place when it is up: ``rehearse``.
    """

    settings: Settings
    pinned: dict[str, Pinned] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def rehearse(self, shipping: ShippingStandIn) -> None:
        """The sample service is up."""
        self.pinned[SHIPPING_HOST] = Pinned(shipping.address, shipping.port, shipping.ca_file)
        self.secrets[SHIPPING_SECRET] = shipping.key

    def tools(self, folder: Path) -> tuple[dict[str, LoadedTool], list[EditError]]:
        """The tools of a folder, and the mistakes in them."""
        hosts = Hosts(self.settings.tool_hosts, self.pinned)
        return load_tools(folder, self.settings.for_tools, hosts, self.secrets, self.settings.mcp_commands)

    def examine(self, prompts: Path, tools: Path) -> list[Problem]:
        """Every mistake in both folders."""
        settings = self.settings
        return check(prompts, tools, settings.backend, settings.model, read_tools=self.tools)


def reader_for(settings: Settings) -> Reader:
    """A reader by the settings; in a rehearsal it knows the sample service's name."""
    secrets = {name: secret.get_secret_value() for name, secret in settings.tool_secrets.items()}
    if not settings.rehearsing:
        return Reader(settings, {}, secrets)
    return Reader(settings, {SHIPPING_HOST: NOT_YET}, {SHIPPING_SECRET: "", **secrets})


def workshop_for(settings: Settings, database: Database, reader: Reader) -> Workshop:
    """Where lines are changed."""
    return Workshop(
        database,
        folders_for(settings),
        reader.tools,
        reader.examine,
        settings.model,
        prices=own_prices(settings.prices),
    )


def bench_for(settings: Settings, database: Database, reader: Reader) -> Workshop:
    """The workshop of a house that stays up: the tools' folder is read again when something has changed in it."""
    shop = workshop_for(settings, database, reader)
    return replace(shop, read_tools=remembered(shop.read_tools, shop.folders.tools))


def rehearsal_note(data: Path, port: int | str) -> Path:
    """Where a rehearsing server on ``port`` says how it is to be phoned; there may be several on one machine."""
    return data / f"rehearsal-{port}.json"


def note_for_callers(data: Path, port: int, doors: Doors) -> Path:
    """Write how this rehearsing server is to be phoned, for this user alone; returns where that is."""
    note = rehearsal_note(data, port)
    note.touch(mode=0o600)
    about = {"pid": os.getpid(), "port": port, "public_url": doors.public_url, "token": doors.tokens[0]}
    note.write_text(json.dumps(about), encoding="utf-8")
    return note
