"""What the deployment files name exists: every path, command, variable, route, metric, disposition and log line."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from app.call import dispositions
from app.cli import app as command_line
from app.main import Frontline
from app.settings import Settings, load
from app.telemetry import metrics

ROOT = Path(__file__).parent.parent.parent
INFRA = ROOT / "infra"
DOCKERFILE = (INFRA / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))
CADDYFILE = (INFRA / "Caddyfile").read_text(encoding="utf-8")
RUNBOOK = (INFRA / "README.md").read_text(encoding="utf-8")
SETTINGS = {str(field.validation_alias) for field in Settings.model_fields.values()}
SECRET_FILES = {
    "TWILIO_AUTH_TOKEN_FILE",
    "GEMINI_API_KEY_FILE",
    "FRONTLINE_ENCRYPTION_KEYS_FILE",
    "FRONTLINE_WEBHOOKS_FILE",
}
# Read by Python, by libraries and by tools; each is proven by whoever reads it.
OTHERS = {
    "AWS_ACCESS_KEY_ID",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "XDG_CACHE_HOME",
    "SSL_CERT_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "ORDERS_URL",
    # By OpenTelemetry's SDK: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_SDK_DISABLED",
}
NOT_VARIABLES = {"SIGTERM", "POST", "TLS", "JSON", "UTC", "CA", "LINE", "MODEL", "NAME"}


def instructions(word: str) -> list[str]:
    return re.findall(rf"^{word} +(.+)$", DOCKERFILE, re.MULTILINE)


def quoted() -> list[str]:
    return re.findall(r"`([^`\n]+)`", RUNBOOK)


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def source() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "app").rglob("*.py")))


# ---- the image


def test_what_the_image_copies_exists_and_is_sent_to_the_builder() -> None:
    ignored = (INFRA / "Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    sent = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    copied = [copy.split()[0] for copy in instructions("COPY") if not copy.startswith("--from")]
    assert {name.partition("/")[0] for name in copied} == set(sent)
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_installs_the_lock_with_its_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--require-hashes -r /requirements.lock" in DOCKERFILE
    assert "--hash=sha256:" in lock


def test_the_image_runs_as_nobody_special_on_a_python_we_support() -> None:
    stages = {"python:3.11-slim AS packages", "node:22-slim AS pages", "python:3.11-slim"}
    assert set(instructions("FROM")) == stages
    assert instructions("FROM")[-1] == "python:3.11-slim"
    assert instructions("USER") == ["10001:10001"]
    assert instructions("STOPSIGNAL") == ["SIGTERM"]


def test_every_variable_of_the_image_is_read_by_somebody() -> None:
    names = [name for line in instructions("ENV") for name in re.findall(r"(\w+)=", line)]
    assert names
    assert set(names) <= SETTINGS | OTHERS


def test_the_images_variables_make_settings_that_work() -> None:
    given = dict(re.findall(r"(\w+)=(\S+)", " ".join(instructions("ENV"))))
    settings = load(given, None)
    assert (settings.host, str(settings.port), settings.data) == ("0.0.0.0", *instructions("EXPOSE"), Path("/data"))
    assert instructions("VOLUME") == ["/data"]


def test_the_images_command_is_one_we_have() -> None:
    (command,) = (json.loads(line) for line in instructions("CMD"))
    assert command[0] == "python"
    run = subprocess.run(
        [sys.executable, *command[1:], "--help"], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert b"SIGTERM" in run.stdout


@contextmanager
def answering(status: int) -> Iterator[int]:
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield server.server_port
        thread.join(10)


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_images_health_check_asks_healthz(status: int, healthy: bool) -> None:
    (line,) = instructions("HEALTHCHECK")
    command = json.loads(line.partition("CMD ")[2])
    with answering(status) as port:
        environ = {**os.environ, "PORT": str(port)}
        run = subprocess.run([sys.executable, *command[1:]], env=environ, capture_output=True, timeout=30, check=False)
    assert (run.returncode == 0) is healthy


# ---- the machine


def test_the_compose_file_names_only_what_there_is() -> None:
    app, proxy = COMPOSE["services"]["app"], COMPOSE["services"]["proxy"]
    assert (INFRA / app["build"]["context"] / app["build"]["dockerfile"]).is_file()
    mounted = [volume.split(":")[0] for service in (app, proxy) for volume in service["volumes"]]
    folders = [name for name in mounted if name.startswith(".")]
    assert folders
    assert all((INFRA / name).exists() for name in folders)
    assert {name for name in mounted if not name.startswith(".")} == set(COMPOSE["volumes"])
    assert app["env_file"] == "../.env"
    assert any(fnmatch(".env", pattern) for pattern in (ROOT / ".gitignore").read_text(encoding="utf-8").split())


def test_every_variable_of_the_compose_file_is_a_setting() -> None:
    text = (INFRA / "compose.yaml").read_text(encoding="utf-8")
    given = {name for service in COMPOSE["services"].values() for name in service["environment"]}
    assert given | set(re.findall(r"\$\{(\w+)", text)) <= SETTINGS


def test_calls_have_time_to_end_before_anything_is_killed() -> None:
    app, proxy = (seconds(COMPOSE["services"][name]["stop_grace_period"]) for name in ("app", "proxy"))
    drain_s = load({}, None).drain_s
    (caddy_s,) = re.findall(r"grace_period (\d+)s", CADDYFILE)
    assert drain_s < app <= int(caddy_s) < proxy


def test_the_proxy_passes_to_the_app_and_hides_what_is_for_ops() -> None:
    (service, port), *others = re.findall(r"reverse_proxy (\w+):(\d+)", CADDYFILE)
    assert not others
    given = COMPOSE["services"][service]["environment"]
    assert COMPOSE["services"][service]["expose"] == [port, given["FRONTLINE_METRICS_PORT"]]
    assert given["PORT"] == port
    assert "ports" not in COMPOSE["services"][service]
    assert set(re.findall(r"\{\$(\w+)\}", CADDYFILE)) == {"PUBLIC_URL"}
    assert set(re.findall(r"@inside path (.+)", CADDYFILE)[0].split()) <= routes()


# ---- the runbook


def routes() -> set[str]:
    frontline = Frontline(
        load({"FRONTLINE_PROMPTS": str(ROOT / "prompts"), "FRONTLINE_TOOLS": str(ROOT / "tools")}, None)
    )
    return {str(getattr(route, "path", "")) for route in frontline.app.routes}


def test_every_address_in_the_runbook_is_a_route() -> None:
    named = {name for name in quoted() if re.fullmatch(r"/[a-z/-]+", name)}
    assert {"/healthz", "/readyz", "/metrics", "/voice/incoming"} <= named
    assert named <= routes()


def test_every_variable_in_the_runbook_is_read_by_somebody() -> None:
    words = {
        word for text in [*quoted(), *re.findall(r"^ {7}(\S+)", RUNBOOK, re.MULTILINE)] for word in text.split("=")
    }
    named = {word for word in words if re.fullmatch(r"[A-Z][A-Z_]+", word)} - NOT_VARIABLES
    assert len(named) > 8
    assert named <= SETTINGS | SECRET_FILES | OTHERS


def test_every_command_in_the_runbook_exists() -> None:
    known = {info.name or getattr(info.callback, "__name__", "") for info in command_line.registered_commands}
    known |= {group.name or "" for group in command_line.registered_groups}
    named = {match[1] for text in quoted() if (match := re.search(r"(?:^frontline|-m app) ([a-z]+)", text))}
    assert {"serve", "check", "replay", "doctor"} <= named
    assert named <= known


def test_every_file_in_the_runbook_exists() -> None:
    named = {part for text in quoted() for part in re.findall(r"(?:infra/)[\w./]+|[\w]+\.(?:md|lock)\b", text)}
    assert {"infra/compose.yaml", "requirements.lock", "README.md"} <= named
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_the_runbook_tells_of_every_metric_and_of_no_other() -> None:
    ours = [metric for metric in vars(metrics).values() if isinstance(metric, Counter | Gauge | Histogram)]
    known = {family.name for metric in ours for family in metric.describe()}
    assert {name for name in quoted() if name.startswith("frontline_")} == known
    assert known <= {family.name for family in REGISTRY.collect()}


def test_the_dispositions_and_log_lines_of_the_runbook_are_those_of_the_code() -> None:
    told = set(quoted())
    for disposition in ("drained", "failed", "session_lost", "stream_lost"):
        assert disposition in told
        assert disposition in dispositions.ALL
    text = source()
    lines = {name for name in told if re.fullmatch(r"[a-z]+(?: [a-z]+){1,5}|tool_\w+", name)}
    lines = {name for name in lines if not name.startswith(("frontline ", "python ", "docker "))} - {"tool_uses"}
    assert {"live session lost", "call ended", "call failed", "database write failed"} <= lines
    assert {name for name in lines if f'"{name}"' not in text} == set()
