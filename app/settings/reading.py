"""Reads the settings from the environment or `.env`, and names everything that is wrong at once."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from app.settings.fields import OURS, Settings
from app.settings.names import is_secret, named, secret_named, text_of

# Names that look like ours and are not: shells and load harnesses say with the first two where the project is;
# Kubernetes puts the rest into every container beside a Service called `frontline`
# (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
_NOT_OURS = re.compile(
    r"FRONTLINE_(DIR|PYTHON|(\w+_)?SERVICE_(HOST|PORT)(_\w+)?|(\w+_)?PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)"
)


TOOL_SECRET = "TOOL_SECRET_"
ALL_TOOL_SECRETS = f"{TOOL_SECRET}<NAME>"  # the name that all of them have in the documentation


class SettingsError(Exception):
    """The settings cannot be used; ``problems`` has one line each, with what to write instead."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def load(environ: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings from ``environ`` (this process's by default), then ``env_file``; raises SettingsError."""
    problems: list[str] = []
    given = _given(os.environ if environ is None else environ, env_file, problems)
    problems += _unknown(given)
    values = _with_files(given, problems)
    tool_secrets = _tool_secrets(given, problems)
    settings = _validated(values, tool_secrets, problems)
    problems += _contradictions(settings, values)
    if problems:
        raise SettingsError(problems)
    return settings


def _given(environ: Mapping[str, str], env_file: Path | None, problems: list[str]) -> dict[str, str]:
    """Everything that has a value; the environment goes before the file, and an empty value is none."""
    written: Mapping[str, str | None] = {}
    if env_file and env_file.is_file():
        try:
            written = dotenv_values(env_file, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{env_file} cannot be read ({error}): write it as UTF-8 text that this user may read.")
    both = {**written, **environ}
    return {name: value.strip() for name, value in both.items() if value and value.strip()}


def _unknown(given: Mapping[str, str]) -> Iterator[str]:
    known = [name for name in named() if name.startswith(OURS)]
    known += [f"{name}_FILE" for name in secret_named() if name.startswith(OURS)]
    # Of a Service called `frontline`, Kubernetes' own value is an address such as tcp://10.0.0.1:8000.
    if "://" not in given.get("FRONTLINE_PORT", "://"):
        yield "FRONTLINE_PORT is no setting: did you mean PORT?"
    ours = [name.removeprefix(OURS) for name in known]
    for name in sorted(given):
        others = name == "FRONTLINE_PORT" or _NOT_OURS.fullmatch(name)
        if name in known or not name.upper().startswith(OURS) or others:
            continue
        close = difflib.get_close_matches(name.upper().removeprefix(OURS), ours, n=1, cutoff=0.6)
        hint = f"did you mean {OURS}{close[0]}?" if close else "README.md lists every setting."
        yield f"{name} is no setting: {hint}"


def _with_files(given: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """The values by name, with every secret that stands in a file of its own."""
    values = {name: given[name] for name in named() if name in given}
    for name in secret_named():
        path = given.get(f"{name}_FILE")
        if path is None:
            continue
        if name in values:
            problems.append(f"{name} and {name}_FILE are both set: write one of them.")
            continue
        value = _of_file(f"{name}_FILE", path, problems)
        if value:
            values[name] = value
    return values


def _of_file(name: str, path: str, problems: list[str]) -> str:
    """What stands in a secret's file; empty, and a problem named, when that is nothing."""
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}: {path} cannot be read ({type(error).__name__}): write the path of a text file.")
        return ""
    if not value:
        problems.append(f"{name}: {path} is empty: write the secret into it.")
    return value


def _tool_secrets(given: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """The secrets of HTTP tools by name: ``TOOL_SECRET_SHIPPING``, or a file of it by ``TOOL_SECRET_SHIPPING_FILE``."""
    found: dict[str, str] = {}
    for name in sorted(given):
        if not name.startswith(TOOL_SECRET):
            continue
        secret = name.removeprefix(TOOL_SECRET)
        value = _of_file(name, given[name], problems) if secret.endswith("_FILE") else given[name]
        if value:
            found[secret.removesuffix("_FILE")] = value
    return found


def _validated(values: Mapping[str, str], tool_secrets: Mapping[str, str], problems: list[str]) -> Settings:
    """Check each value alone; a bad one is named and left out, so that the others can still be checked together."""
    try:
        return Settings(**values, **{ALL_TOOL_SECRETS: tool_secrets})  # type: ignore[arg-type]
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors()}
    for name in sorted(bad):
        _, field = named()[name]
        said = "" if is_secret(field) else f' is "{values[name]}"'
        problems.append(f"{name}{said}: write {text_of(field).partition('Write ')[2]}")
    good: dict[str, object] = {name: value for name, value in values.items() if name not in bad}
    return Settings(**good, **{ALL_TOOL_SECRETS: tool_secrets})  # type: ignore[arg-type]


def _contradictions(settings: Settings, given: Mapping[str, str]) -> Iterator[str]:
    """What cannot be together. Looks at ``given`` for presence, so that a bad value is not reported as missing too."""
    yield from _gemini_contradictions(settings, given)
    yield from _twilio_contradictions(given)
    if settings.database_url.startswith("postgresql") and find_spec("psycopg") is None:
        yield "DATABASE_URL needs the driver of PostgreSQL: install psycopg[binary] beside the app."
    yield from _oidc_contradictions(given)
    if settings.objects_elsewhere and "FRONTLINE_ENCRYPTION_KEYS" not in given:
        yield "FRONTLINE_OBJECTS is a bucket: it needs FRONTLINE_ENCRYPTION_KEYS: 32 bytes in base64."
    if settings.rehearsing or not settings.checks_signatures:
        return
    if "TWILIO_AUTH_TOKEN" in given and "PUBLIC_URL" not in given:
        yield "TWILIO_AUTH_TOKEN needs PUBLIC_URL to check signatures against: write PUBLIC_URL=https://your.host"
    if "PUBLIC_URL" in given and "TWILIO_AUTH_TOKEN" not in given:
        yield "PUBLIC_URL needs TWILIO_AUTH_TOKEN, or every call is refused: write the account's auth token."


def _gemini_contradictions(settings: Settings, given: Mapping[str, str]) -> Iterator[str]:
    flags = ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE")
    if all(flag in given for flag in flags) and (
        settings.google_genai_use_vertexai != settings.google_genai_use_enterprise
    ):
        yield f"{flags[0]} and {flags[1]} say different things: write one of them."
    missing = [name for name in ("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION") if name not in given]
    if settings.backend == "vertex" and missing:
        yield f"Vertex AI needs {' and '.join(missing)}: write the project's id and a region such as us-central1."
    if "FRONTLINE_SECOND_LOCATION" in given and settings.backend != "vertex":
        yield "FRONTLINE_SECOND_LOCATION needs Vertex AI: write GOOGLE_GENAI_USE_VERTEXAI=true, or a second model."
    if settings.second_location and settings.second_location == settings.google_cloud_location:
        yield "FRONTLINE_SECOND_LOCATION is GOOGLE_CLOUD_LOCATION again: write another region."
    if settings.second_model and settings.second_model == settings.model and not _elsewhere(settings):
        yield "FRONTLINE_SECOND_MODEL is FRONTLINE_MODEL again: write another model."
    if settings.rehearsal == "off" and settings.backend == "developer" and not settings.gemini_key:
        yield "FRONTLINE_REHEARSAL=off needs a Gemini: write GEMINI_API_KEY, or GOOGLE_GENAI_USE_VERTEXAI=true."


def _oidc_contradictions(given: Mapping[str, str]) -> Iterator[str]:
    names = [f"FRONTLINE_OIDC_{part}" for part in ("ISSUER", "CLIENT_ID", "SECRET", "ROLES")]
    missing = [name for name in names if name not in given]
    if 0 < len(missing) < len(names):
        there = next(name for name in names if name in given)
        yield f"{there} needs {' and '.join(missing)}: write all of them, or none."


def _elsewhere(settings: Settings) -> bool:
    return bool(settings.second_location or settings.second_base_url)


def _twilio_contradictions(given: Mapping[str, str]) -> Iterator[str]:
    pairs = {
        ("TWILIO_REGION", "TWILIO_EDGE"): "both or neither, such as ie1 and dublin",
        ("TWILIO_API_KEY", "TWILIO_API_SECRET"): "both or neither",
        ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"): "both, from the Twilio console",
    }
    for pair, hint in pairs.items():
        there = [name for name in pair if name in given]
        if len(there) == 1:
            missing = pair[1 - pair.index(there[0])]
            yield f"{there[0]} needs {missing}: write {hint}."
    if "TWILIO_API_KEY" in given and "TWILIO_ACCOUNT_SID" not in given:
        yield "TWILIO_API_KEY needs TWILIO_ACCOUNT_SID: write the account the key belongs to."
