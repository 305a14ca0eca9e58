"""Whom the settings have told of what happens, checked when they are read; and what the logs must leave out."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from app.alerts.channels import channels_in, mail_server
from app.settings.lists import words_in
from app.webhooks.endpoints import endpoints_in


def receivers(secret: SecretStr) -> SecretStr:
    """Raises ValueError for what names no receivers of events."""
    endpoints_in(secret.get_secret_value())
    return secret


def named_channels(secret: SecretStr) -> SecretStr:
    """Raises ValueError for what names no channels."""
    channels_in(secret.get_secret_value())
    return secret


def named_mail_server(secret: SecretStr) -> SecretStr:
    """Raises ValueError for what is no mail server."""
    mail_server(secret.get_secret_value())
    return secret


def headers(secret: SecretStr) -> SecretStr:
    """Raises ValueError for what names no headers."""
    if not all("=" in part for part in secret.get_secret_value().split(",") if part.strip()):
        raise ValueError("not a list of headers")
    return secret


def values_of(secret: SecretStr | None) -> list[str]:
    """What headers hold, as it is written and as it is sent, for the logs to leave out."""
    parts = [] if secret is None else secret.get_secret_value().split(",")
    values = [part.partition("=")[2].strip() for part in parts]
    return [*values, *map(unquote, values)]


def parts_of(*secrets: SecretStr | None) -> list[str]:
    """The secrets in settings that hold several words, each for the logs to leave out."""
    words = [
        word for secret in secrets if secret is not None for word in re.split(r"[\s;]+", secret.get_secret_value())
    ]
    passwords = [urlsplit(word).password for word in words if word.startswith("smtp")]
    hidden = [unquote(password) for password in passwords if password]
    hidden += [word for word in words if word.startswith("whsec_")]
    return [*hidden, *(word.removeprefix("slack:") for word in words if word.startswith("slack:"))]


def secrets_in(settings: Iterable[tuple[str, object]]) -> list[str]:
    """Every secret value of the settings, and the parts of those that hold several."""
    values = dict(settings)
    secrets = {name: value for name, value in values.items() if isinstance(value, SecretStr)}
    held = [secret.get_secret_value() for secret in secrets.values()]
    tools = values["tool_secrets"]
    held += [secret.get_secret_value() for secret in (tools.values() if isinstance(tools, Mapping) else ())]
    held += parts_of(*(secrets.get(name) for name in ("webhooks", "alert_channels", "smtp")))
    held += values_of(secrets.get("otel_exporter_otlp_headers"))
    keys = secrets.get("encryption_keys")
    return [*held, *words_in(keys.get_secret_value() if keys else "")]
