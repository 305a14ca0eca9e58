"""Whom the settings have told of what happens: receivers of events, checked when they are read."""

import re

from pydantic import SecretStr

from app.webhooks.endpoints import endpoints_in


def receivers(secret: SecretStr) -> SecretStr:
    """Raises ValueError for what names no receivers of events."""
    endpoints_in(secret.get_secret_value())
    return secret


def parts_of(secret: SecretStr | None) -> list[str]:
    """The secrets in a setting that holds several words, each for the logs to leave out."""
    words = re.split(r"[\s;]+", secret.get_secret_value()) if secret is not None else []
    return [word for word in words if word.startswith("whsec_")]
