"""The client's options, and the environment it leaves to the SDK."""

from pathlib import Path

import pytest

from app.call import events
from app.gemini.client import client_for
from app.gemini.connection import LiveConnection

from .conftest import Heard, Live
from .playing import running, stay


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)


async def test_the_sdks_own_environment_leads_to_the_service(
    live: Live, heard: Heard, port: int, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", f"https://127.0.0.1:{port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))
    monkeypatch.setenv("GEMINI_API_KEY", "from the environment")
    live.plays = [stay]
    async with running(client_for("developer"), heard) as model:
        model.open("")
        await heard.until(events.SessionOpened)
    assert live.keys == ["from the environment"]


async def test_a_certificate_nobody_vouches_for_is_refused(live: Live, heard: Heard, port: int) -> None:
    live.plays = [stay]
    async with running(client_for("developer", "k", base_url=f"https://127.0.0.1:{port}"), heard) as model:
        model.open("")
        lost = await heard.until(events.SessionLost)
    assert (lost.code, live.peers) == (1006, [])


async def test_vertex_is_asked_under_its_own_path_and_model_name(
    live: Live, heard: Heard, port: int, ca_file: Path
) -> None:
    live.plays = [stay]
    client = client_for("vertex", "k", base_url=f"https://127.0.0.1:{port}", ca_file=str(ca_file))
    async with running(client, heard, backend="vertex") as model:
        model.open("")
        await heard.until(events.SessionOpened)
    assert live.paths == ["/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"]
    assert live.peers[0].setup["model"].endswith("publishers/google/models/gemini-3.8-live")


@pytest.mark.parametrize("lean", [True, False])
def test_pings_compression_and_limits_are_ours_and_the_proxy_is_not(lean: bool) -> None:
    websocket = client_for("developer", "k", lean=lean)._api_client._websocket_ssl_ctx
    assert {key: value for key, value in websocket.items() if key != "ssl"} == {
        "ping_interval": None,
        "close_timeout": 0.5,
        "compression": None,
        "max_size": None,
        "write_limit": 8_192,
        **({"create_connection": LiveConnection} if lean else {}),
    }
