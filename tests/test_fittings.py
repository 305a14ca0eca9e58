"""The parts of the house by its settings: where Gemini is had, first and second, really and in a rehearsal."""

import pytest

from app import fittings
from app.fittings import live_client, second_place, text_model_for
from app.rehearsal.launch import LiveStandIn
from app.settings import load

STAND_IN = LiveStandIn("https://127.0.0.1:9", "/stand-in.pem")
VERTEX = {
    "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "GOOGLE_CLOUD_PROJECT": "acme",
    "GOOGLE_CLOUD_LOCATION": "us-central1",
}
Made = list[tuple[tuple[object, ...], dict[str, object]]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """What clients and models were asked for with, in turn."""
    asked: Made = []
    for name in ("client_for", "text_model"):
        monkeypatch.setattr(fittings, name, lambda *args, **more: asked.append((args, more)))
    return asked


def test_one_key_and_one_address_serve_live_calls_and_texts(made: Made) -> None:
    settings = load({"GEMINI_API_KEY": "k", "GOOGLE_GEMINI_BASE_URL": "https://proxy.example"}, None)
    live_client(settings, None)
    text_model_for(settings, None)
    (live, how), (texts, how_texts) = made
    assert live == ("developer", "k")
    assert texts == (settings.analysis_model, "developer", "k")
    assert how["base_url"] == how_texts["base_url"] == "https://proxy.example"
    assert how["api_version"] == "v1beta"


def test_a_second_region_is_the_first_service_elsewhere(made: Made) -> None:
    settings = load({**VERTEX, "FRONTLINE_SECOND_LOCATION": "europe-west4"}, None)
    live_client(settings, None)
    second_place(settings, None, live_client(settings, None))
    (who, first), _, (again, second) = made
    assert who == again == ("vertex", "")
    assert (first["location"], second["location"]) == ("us-central1", "europe-west4")
    assert second == {**first, "location": "europe-west4"}
    assert first["api_version"] is None


def test_in_a_rehearsal_everything_is_the_stand_ins_but_an_address_of_its_own(made: Made) -> None:
    settings = load({**VERTEX, "FRONTLINE_SECOND_BASE_URL": "https://other.example"}, None)
    live_client(settings, STAND_IN)
    text_model_for(settings, STAND_IN)
    second_place(settings, STAND_IN, live_client(settings, STAND_IN))
    (who, first), (_, texts), _, (again, second) = made
    assert who == again == ("developer", STAND_IN.key)
    assert {first["base_url"], texts["base_url"]} == {STAND_IN.base_url}
    assert {how["ca_file"] for how in (first, texts, second)} == {STAND_IN.ca_file}
    assert second["base_url"] == "https://other.example"
