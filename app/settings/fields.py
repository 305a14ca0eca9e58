"""Every setting of the house, and the name it has in the environment."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasGenerator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url

from app.addresses import CLOUDS
from app.settings.callers import blocked_in, blocked_numbers, country_codes
from app.settings.kinds import (
    AnyCase,
    Count,
    DatabaseUrl,
    Dollars,
    EncryptionKeys,
    Issuer,
    ObjectStore,
    OidcRoles,
    PublicUrl,
    Retention,
    Seconds,
    Secret,
    SiblingUrl,
    Sid,
    ToolsDatabaseUrl,
    Url,
    Version,
    options,
)
from app.settings.lists import words_in
from app.settings.told import headers, named_channels, named_mail_server, receivers, secrets_in
from app.webhooks.endpoints import Endpoint, endpoints_in

OURS = "FRONTLINE_"

# The names that are not ours to choose, as they begin.
_OTHERS = ("google_", "gemini_", "twilio_", "public_", "port", "host", "database_", "otel_")


def _name(field: str) -> str:
    return field.upper() if field.startswith(_OTHERS) else OURS + field.upper()


class Settings(BaseSettings):
    """What the house was told. Made by ``load``; every value has been checked, alone and with the others.

    The sentence under a setting goes into the documentation; its last part, "Write …", also into complaints.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        alias_generator=AliasGenerator(validation_alias=_name),
    )

    google_api_key: Secret = None
    """Gemini key, taken before `GEMINI_API_KEY`. Write a Gemini API key."""
    gemini_api_key: Secret = None
    """Gemini key. Without a key or Vertex AI, calls are rehearsed. Write a Gemini API key."""
    google_genai_use_vertexai: bool = False
    """Use Vertex AI instead of the Gemini Developer API. Write `true` or `false`."""
    google_genai_use_enterprise: bool = False
    """The newer name of `GOOGLE_GENAI_USE_VERTEXAI`. Write `true` or `false`."""
    google_cloud_project: str | None = None
    """Google Cloud project, for Vertex AI. Write the project's id."""
    google_cloud_location: str | None = None
    """Google Cloud region, for Vertex AI. Write a region such as `us-central1`."""
    google_gemini_base_url: Url | None = None
    """Another address for the Gemini API, such as a proxy's; none: Google's own. Write an https:// address."""
    model: str | None = None
    """Live model for every line; none: each line's own. Write a Live model's name."""
    live_api_version: Version = "v1beta"
    """Version of the Live API. Write a version such as `v1beta`."""
    live_connect_s: Annotated[Seconds, Field(ge=0.5, le=20)] = 5.0
    """A Live session that is not ready after this long counts as refused. Write seconds, 0.5 to 20."""
    renew_after_s: Annotated[Seconds, Field(ge=5, le=560)] = 540.0
    """A Live connection this old is renewed at the first quiet moment, before the service cuts it. Write seconds, 5 to
    560."""
    fresh_after_s: Annotated[Seconds, Field(ge=10, le=3_300)] = 3_000.0
    """Live sessions resumed one from the other are replaced by a fresh one after this long, before the service ends
    them. Write seconds, 10 to 3300."""
    second_model: str | None = None
    """Live model a call goes on with when its own cannot be had; none: the same, if there is a second region. Write a
    Live model's name."""
    second_location: str | None = None
    """Google Cloud region a call goes on in when the first fails, with Vertex AI. Write a region such as
    `europe-west4`."""
    second_base_url: Url | None = None
    """Address of the Gemini API a call goes on at when the first fails. Write an https:// address."""
    context_updates: Annotated[Literal["auto", "on", "off"], AnyCase] = "auto"
    """An open Live session is told of a change of language, not renewed; `auto`: where documented. Write `auto`, `on`
    or `off`."""
    live_raw: bool = True
    """Sound goes around the SDK's message classes and frame reader, for less CPU; `false`: all by the SDK. Write `true`
    or `false`."""
    uplink_ms: Annotated[Literal[20, 40, 60, 80, 100], BeforeValidator(int)] = 40
    """Milliseconds of the caller's sound in a message to Gemini; fewer: less delay, more CPU. Write 20, 40, 60, 80 or
    100."""

    twilio_account_sid: Sid | None = None
    """The Twilio account. Write `AC` and 32 hexadecimal digits."""
    twilio_auth_token: Secret = None
    """Checks Twilio's signatures. Write the account's auth token; during a rotation several with commas between,
    the current one first."""
    twilio_api_key: Sid | None = None
    """API key for call control, instead of the auth token. Write `SK` and 32 hexadecimal digits."""
    twilio_api_secret: Secret = None
    """The secret of `TWILIO_API_KEY`. Write the API key's secret."""
    twilio_region: str | None = None
    """Twilio region, with `TWILIO_EDGE`; none: `us1`. Write a region such as `ie1`."""
    twilio_edge: str | None = None
    """Twilio edge, with `TWILIO_REGION`. Write an edge such as `dublin`."""
    twilio_api_url: Url | None = Field(None, validation_alias="FRONTLINE_TWILIO_API_URL")
    """Another address for Twilio's API, such as a stand-in's; none: Twilio's own. Write a web address."""
    signatures: Annotated[Literal["on", "off-i-know"], AnyCase] = "on"
    """Check `X-Twilio-Signature` on every webhook and stream. Write `on`, or `off-i-know` to let anyone who finds the
    address place calls at your cost."""

    public_url: PublicUrl | None = None
    """Where Twilio reaches this app; signatures are checked against it, never against headers. Write `https://` and
    the host's name, without a path."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0: any free one. Write a port, 0 to 65535."""
    host_given: str | None = Field(None, validation_alias="HOST")
    """Address to listen on; none: `127.0.0.1` when rehearsing, else `0.0.0.0`. Write an address of this machine."""
    sibling_url: SiblingUrl | None = None
    """Where other processes of the house reach this one; none: `HOST` and `PORT`. Write an address of this process's
    own, such as `http://10.0.0.5:8000`."""
    prompts: Path = Path("prompts")
    """Folder of the lines and prompts. Write a folder."""
    tools: Path = Path("tools")
    """Folder of the tools. Write a folder."""
    data: Path = Path("data")
    """Folder for journals and the embedded database. Write a folder."""
    database_given: DatabaseUrl | None = Field(None, validation_alias="DATABASE_URL")
    """Database of the calls' records; none: SQLite in `FRONTLINE_DATA`. Write an address such as
    `sqlite:///data/frontline.db` or `postgresql://user:password@host/name`."""
    objects_given: ObjectStore | None = Field(None, validation_alias="FRONTLINE_OBJECTS")
    """Where recordings are kept, sealed; none: a folder in `FRONTLINE_DATA`. Write a folder, or a bucket's address such
    as `s3://bucket/path`, `gs://bucket/path` or `az://account/container/path`."""
    recording_format: Annotated[Literal["wav", "opus"], AnyCase] = "wav"
    """How recordings are stored: `wav` is what the telephone carried, 1 MB a minute; `opus` a third of it, for 20 ms of
    CPU a second of the call, after the call. Write `wav` or `opus`."""
    encryption_keys: EncryptionKeys | None = None
    """What recordings and one-time codes are sealed with; none: a key made in `FRONTLINE_DATA`. Write 32 bytes in
    base64, as `openssl rand -base64 32` makes them; in a rotation several with commas between, the new one first."""

    retention: Retention = ""
    """Days that calls are kept, by kind, where not `sound=30 transcript=90 metadata=396 journal=7`; a line may say
    otherwise. Write what is to be other, such as `transcript=30`; a journal's at most the transcript's."""
    oidc_issuer: Issuer | None = None
    """Identity provider that people may sign in to the console with, by OpenID Connect; none: accounts of its own
    alone. Write the issuer's https:// address as the provider writes it."""
    oidc_client_id: str | None = None
    """The console's name at that provider. Write the client's id."""
    oidc_secret: Secret = None
    """The client's secret. Write it as the provider shows it."""
    oidc_roles: OidcRoles = ""
    """Who may come in from there, and as what. Write `role=whom` with commas between, whom being a group, a mail
    address or `*`, such as `admin=ana@example.com, manager=support, viewer=*`."""

    redaction: Annotated[Literal["on", "off-i-know"], AnyCase] = "on"
    """Numbers of cards, papers and phones, mail addresses and secrets are kept nowhere, written or spoken. Write `on`,
    or `off-i-know` to keep them all."""
    session_resumption: Annotated[Literal["on", "off"], AnyCase] = "on"
    """Live sessions are resumed from what Google keeps of them for a day; `off`: nothing is kept there, and each
    session begins anew with the call so far in words. Write `on` or `off`."""

    tool_hosts_given: str = Field("", validation_alias="FRONTLINE_TOOL_HOSTS")
    """Hosts that HTTP tools may call; none: no HTTP tool runs. Write names with commas between, such as
    `api.example.com`."""
    mcp_commands_given: str = Field("", validation_alias="FRONTLINE_MCP_COMMANDS")
    """Command lines by which MCP servers may be started; none: only servers by https. Write whole lines with
    semicolons between."""
    tool_secrets: Mapping[str, SecretStr] = Field(default_factory=dict, validation_alias="TOOL_SECRET_<NAME>")
    """What `{secret.<NAME>}` in an HTTP tool stands for, one setting each. Write the secret."""
    orders_url: ToolsDatabaseUrl | None = Field(None, validation_alias="ORDERS_URL")
    """Database of the order tools; none: sample data in `FRONTLINE_DATA`. Write an address such as
    `sqlite+aiosqlite:///orders.db`."""

    calls_at_once: Count = 100
    """Calls going on at once; one more hears that all lines are busy. Write a whole number, 1 to 10000."""
    calls_per_caller: Count = 3
    """Calls going on at once from one number. Write a whole number, 1 to 10000."""
    sessions_at_once: Count | None = None
    """Live sessions at once, from the quota of the Gemini project; one more call hears that all lines are busy; none:
    as many as calls. Write a whole number, 1 to 10000."""
    calls_an_hour_given: Count | None = Field(None, validation_alias="FRONTLINE_CALLS_PER_CALLER_AN_HOUR")
    """Calls taken from one number in an hour, counted by each process since its start; none: 10, in a rehearsal no
    limit. Write a whole number, 1 to 10000."""
    anonymous: Annotated[Literal["answer", "refuse"], AnyCase] = "answer"
    """Callers who hide their number. Write `answer` or `refuse`."""
    blocked_given: Annotated[str, AfterValidator(blocked_numbers)] = Field("", validation_alias="FRONTLINE_BLOCKED")
    """Numbers whose calls are rejected unanswered, or beginnings of numbers with `*`. Write them with commas between,
    such as `+12125550123, +88*`, or the path of a file with one a line, read at the start."""
    countries_given: Annotated[str, AfterValidator(country_codes)] = Field("", validation_alias="FRONTLINE_COUNTRIES")
    """Countries whose callers are taken, other calls being rejected unanswered; none: all. Write ISO codes with commas
    between, such as `US, CA`."""
    prices: Path | None = None
    """File of prices that go before the shipped ones, those of `app/prices/prices.toml`. Write the path of a file like
    that."""
    cost_per_call_usd: Annotated[Dollars, Field(ge=0.05, le=100)] | None = None
    """A call that has cost so much is brought to its end, by the way its line names; a line may allow less; none: no
    limit but the lines' own. Write US dollars, 0.05 to 100."""
    cost_per_day_usd: Annotated[Dollars, Field(ge=0.1, le=1_000_000)] | None = None
    """When the calls of a day (UTC) have cost so much, no new ones are taken; none: no limit. Write US dollars, 0.1 to
    1000000."""
    longest_call_s: Annotated[Seconds, Field(ge=30, le=14_400)] | None = None
    """A call is brought to its end after this long; none: each line's own. Write seconds, 30 to 14400."""
    silence_s: Annotated[Seconds, Field(ge=3, le=120)] | None = None
    """Nobody speaks for this long: the assistant asks; none: each line's own. Write seconds, 3 to 120."""
    drain_s: Annotated[Seconds, Field(ge=0, le=14_400)] = 600.0
    """After SIGTERM, the calls going on have this long to end by themselves. Write seconds, 0 to 14400."""

    reserve_given: Annotated[int, Field(ge=0, le=10_000)] | None = Field(None, validation_alias="FRONTLINE_RESERVE_MB")
    """Room in `FRONTLINE_DATA` to give up when the disk is full; none: 64, in a rehearsal 0. Write megabytes, 0 to
    10000."""
    memory_mb: Annotated[int, Field(ge=100, le=1_000_000)] | None = None
    """With nine tenths of this in use, no new calls are taken; none: the container's limit. Write megabytes, 100 to
    1000000."""

    line_version: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    """Every call to a line gets this version of it, for trials; none: what is live. Write `LINE@VERSION`."""
    rehearsal: Annotated[Literal["auto", "on", "off"], AnyCase] = "auto"
    """A stand-in for Gemini Live; `auto`: when there is no Gemini. Write `auto`, `on` or `off`."""
    rehearsal_options: Annotated[str, AfterValidator(options)] = ""
    """More options for the stand-in, such as faults. Write options as on a command line."""

    analysis_share_given: Annotated[Seconds, Field(ge=0, le=100)] | None = Field(
        None, validation_alias="FRONTLINE_ANALYSIS_SHARE"
    )
    """Percent of calls that a text model analyses after their end, where a line's `scorecard.toml` has no `share`;
    none: 0, in a rehearsal 100. Write 0 to 100."""
    analysis_model: str = "gemini-3.5-flash-lite"
    """Text model that analyses calls. Write a Gemini model's name."""
    webhooks: Annotated[SecretStr, AfterValidator(receivers)] | None = None
    """Other systems that are told of events (`infra/events.md`). Write an address, a secret (`whsec_` and base64) and
    events with commas between (none: all), with spaces between the three and semicolons between several."""
    webhook_hosts_given: str = Field("", validation_alias="FRONTLINE_WEBHOOK_HOSTS")
    """Receivers that may be at private addresses and without https; in a rehearsal also this machine. Write names with
    commas between."""
    webhook_details: Annotated[Literal["facts", "words", "all"], AnyCase] = "facts"
    """What events hold: no words or numbers, what the model wrote of a call, or also who called. Write `facts`,
    `words` or `all`."""

    alert_channels: Annotated[SecretStr, AfterValidator(named_channels)] | None = None
    """Who is told of alerts, besides the receivers of events. Write `mailto:` and a mailbox, or `slack:` and the
    address of an incoming webhook, with spaces between several."""
    smtp: Annotated[SecretStr, AfterValidator(named_mail_server)] | None = None
    """Server that takes the mails. Write `smtps://user:password@mail.example.com?from=frontline@example.com`."""
    alert_rules: Path | None = None
    """File of the rules that calls are watched by; none: those that ship. Write a TOML file."""

    metrics_token: Secret = None
    """`/metrics` asks for it as `Authorization: Bearer …`; none: it is closed, in a rehearsal open. Write a long random
    word."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """A port of its own for `/metrics`, where no token is asked for: let nobody outside reach it; none: no such
    port. Write a port such as `9464`."""
    otel_exporter_otlp_endpoint: Url | None = None
    """Receiver of traces by OTLP over HTTP, without `/v1/traces`; none: no traces. Write an address such as
    `http://collector:4318`."""
    otel_exporter_otlp_traces_endpoint: Url | None = None
    """The same, written whole; before `OTEL_EXPORTER_OTLP_ENDPOINT`. Write an address such as
    `https://otlp.example.com/v1/traces`."""
    otel_exporter_otlp_headers: Annotated[SecretStr, AfterValidator(headers)] | None = None
    """Headers that the receiver of traces asks for. Write `name=value` with commas between, special characters as in
    addresses."""
    trace_words: Annotated[Literal["on", "off"], AnyCase] = "off"
    """What was said, and what tools were asked and answered, goes with the traces, redacted as on record. Write `on` or
    `off`."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], AnyCase] = "info"
    """Least level that is logged; `debug` shows callers' numbers. Write `debug`, `info`, `warning` or `error`."""
    log_format: Annotated[Literal["json", "text"], AnyCase] = "json"
    """One JSON object a line, or text for people. Write `json` or `text`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take nothing but what ``load`` hands in, so that one place knows of files, empty values and mistakes."""
        return (init_settings,)

    @property
    def backend(self) -> Literal["developer", "vertex"]:
        return "vertex" if self.google_genai_use_vertexai or self.google_genai_use_enterprise else "developer"

    @property
    def gemini_key(self) -> str | None:
        """The Gemini key to use, in the SDK's own order."""
        key = self.google_api_key or self.gemini_api_key
        return key.get_secret_value() if key else None

    @property
    def rehearsing(self) -> bool:
        """Whether a stand-in takes Gemini Live's place."""
        if self.rehearsal == "auto":
            return self.gemini_key is None and self.backend == "developer"
        return self.rehearsal == "on"

    @property
    def second_route(self) -> bool:
        """Whether there is another model or place to go on with when the first fails."""
        return bool(self.second_model or self.second_location or self.second_base_url)

    @property
    def twilio_tokens(self) -> tuple[str, ...]:
        """The auth tokens that may have signed a request, the current one first."""
        given = self.twilio_auth_token.get_secret_value() if self.twilio_auth_token else ""
        return tuple(words_in(given))

    @property
    def checks_signatures(self) -> bool:
        return self.signatures == "on"

    @property
    def host(self) -> str:
        return self.host_given or ("127.0.0.1" if self.rehearsing else "0.0.0.0")

    @property
    def reserve_mb(self) -> int:
        if self.reserve_given is not None:
            return self.reserve_given
        return 0 if self.rehearsing else 64

    @property
    def analysis_share(self) -> float:
        if self.analysis_share_given is not None:
            return self.analysis_share_given
        return 100.0 if self.rehearsing else 0.0

    @property
    def database_url(self) -> str:
        if self.database_given:
            return self.database_given.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data / 'frontline.db'}"

    @property
    def objects(self) -> str:
        """Where objects are kept: a folder or a bucket's address."""
        return self.objects_given or str(self.data / "objects")

    @property
    def objects_elsewhere(self) -> bool:
        return self.objects.partition("://")[0] in CLOUDS

    @property
    def for_tools(self) -> dict[str, str]:
        """The settings that tools may read."""
        told = {"FRONTLINE_DATA": str(self.data)}
        return told | ({"ORDERS_URL": self.orders_url.get_secret_value()} if self.orders_url else {})

    @property
    def tool_hosts(self) -> frozenset[str]:
        """The hosts that HTTP tools may call."""
        return frozenset(words_in(self.tool_hosts_given.lower()))

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Who is told of events."""
        return endpoints_in(self.webhooks.get_secret_value()) if self.webhooks else ()

    @property
    def webhook_hosts(self) -> frozenset[str]:
        return frozenset(words_in(self.webhook_hosts_given.lower()))

    @property
    def mcp_commands(self) -> frozenset[str]:
        """The command lines by which MCP servers may be started."""
        return frozenset(line.strip() for line in self.mcp_commands_given.split(";") if line.strip())

    @property
    def calls_per_caller_an_hour(self) -> int | None:
        if self.calls_an_hour_given is not None or self.rehearsing:
            return self.calls_an_hour_given
        return 10

    @property
    def blocked(self) -> frozenset[str]:
        """Numbers and beginnings of numbers whose calls are rejected."""
        return frozenset(blocked_in(self.blocked_given))

    @property
    def countries(self) -> frozenset[str]:
        """The countries that calls are taken from; empty: all."""
        return frozenset(re.findall(r"[A-Z]{2}", self.countries_given.upper()))

    @property
    def traces_to(self) -> str | None:
        """Where traces are sent, whole."""
        if self.otel_exporter_otlp_traces_endpoint is not None:
            return self.otel_exporter_otlp_traces_endpoint
        base = self.otel_exporter_otlp_endpoint
        return None if base is None else f"{base}/v1/traces"

    @property
    def rehearsal_arguments(self) -> tuple[str, ...]:
        return tuple(shlex.split(self.rehearsal_options))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the logs to leave out."""
        password = make_url(self.database_url).password
        return (*secrets_in(self), *self.twilio_tokens, *([str(password)] if password else []))
