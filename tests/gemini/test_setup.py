"""Setups as the service gets them, for every model and backend."""

import asyncio
from typing import Any

import pytest
from google import genai

from app.call import events
from app.gemini.models import MODELS, Backend
from app.gemini.session import LiveModel
from app.gemini.setup import GREETED, STORY_HEAD, VAD, SetupWish, instruction_for, live_config, scheduling_of
from app.toolkit.spec import ToolSpec

from .conftest import Heard, Live, Peer

FIND = ToolSpec("find_order", "Finds an order.", {"type": "object", "properties": {"number": {"type": "string"}}})
PAY = ToolSpec("pay", "Pays.", {"type": "object", "properties": {}}, blocking=True)
EVERYTHING = SetupWish(
    instruction="Be brief.",
    languages=("en-US", "es-US"),
    tools=(FIND, PAY),
    temperature=0.7,
    thinking="low",
    affective_dialog=True,
    proactive_audio=True,
    google_search=True,
)


async def setup_of(client: genai.Client, live: Live, wish: SetupWish) -> dict[str, Any]:
    async def accepting(peer: Peer) -> None:
        await peer.accept()
        await peer.hear_all()

    live.plays, heard = [accepting], Heard()
    model = LiveModel(client, wish, heard, backend="developer")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(model.run())
        model.open("")
        await heard.until(events.SessionOpened)
        model.close()
    return live.peers[0].setup


async def test_the_whole_setup_of_the_default_model(client: genai.Client, live: Live) -> None:
    assert await setup_of(client, live, EVERYTHING) == {
        "model": "models/gemini-3.8-live",
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "temperature": 0.7,
            "speechConfig": {"voice_config": {"prebuilt_voice_config": {"voice_name": "Kore"}}},
        },
        "systemInstruction": {"parts": [{"text": "Be brief."}], "role": "user"},
        "tools": [
            {"googleSearch": {}},
            {
                "functionDeclarations": [
                    {
                        "name": "find_order",
                        "description": "Finds an order.",
                        "parameters": {"type": "OBJECT", "properties": {"number": {"type": "STRING"}}},
                        "behavior": "NON_BLOCKING",
                    },
                    {"name": "pay", "description": "Pays.", "behavior": "BLOCKING"},
                ]
            },
        ],
        "sessionResumption": {},
        "inputAudioTranscription": {"language_codes": ["en-US", "es-US"]},
        "outputAudioTranscription": {},
        "realtimeInputConfig": {
            "automatic_activity_detection": {
                "start_of_speech_sensitivity": "START_SENSITIVITY_LOW",
                "end_of_speech_sensitivity": "END_SENSITIVITY_HIGH",
                "prefix_padding_ms": 40,
                "silence_duration_ms": 500,
            }
        },
        "contextWindowCompression": {"trigger_tokens": 32000, "sliding_window": {"target_tokens": 16000}},
    }


ROWS = [(row.name, backend) for row in MODELS.values() for backend in row.backends]


@pytest.mark.parametrize(("name", "backend"), ROWS)
@pytest.mark.parametrize("thinking", ["low", "256", None])
def test_no_model_is_asked_for_what_it_does_not_take(name: str, backend: Backend, thinking: str | None) -> None:
    row = MODELS[name]
    wish = SetupWish(
        model=name,
        tools=(FIND, PAY),
        thinking=thinking,
        affective_dialog=True,
        proactive_audio=False,
        languages=("en",),
    )
    setup = live_config(wish, backend, None).model_dump(exclude_none=True)
    assert ("thinking_config" in setup) == ((row.thinking, thinking) in {("level", "low"), ("budget", "256")})
    assert ("enable_affective_dialog" in setup) == (row.affective_dialog == "opt-in")
    assert ("proactivity" in setup) == (row.proactive_audio == "opt-in")
    assert ("language_codes" in setup["input_audio_transcription"]) == row.language_hints
    declared = setup["tools"][0]["function_declarations"]
    assert {tool["behavior"] for tool in declared if "behavior" in tool} <= set(row.behaviors)
    assert "explicit_vad_signal" not in setup
    assert "transparent" not in setup["session_resumption"]


async def test_a_model_with_sequential_tools_only_is_told_no_behavior(client: genai.Client, live: Live) -> None:
    wish = SetupWish(model="gemini-3.1-flash-live-preview", tools=(FIND, PAY))
    declared = (await setup_of(client, live, wish))["tools"][0]["functionDeclarations"]
    assert [tool.get("behavior") for tool in declared] == [None, None]


def test_a_fresh_session_is_told_the_call_so_far_and_a_resumed_one_is_not() -> None:
    wish = SetupWish(instruction="Be brief.")
    fresh = live_config(wish, "developer", None, "caller: hello").system_instruction
    assert fresh == f"Be brief.\n\n{STORY_HEAD}\ncaller: hello"
    assert live_config(wish, "developer", "h", "caller: hello").system_instruction == "Be brief."


def test_a_handle_is_used_and_without_one_updates_are_asked_for() -> None:
    resumption = live_config(SetupWish(), "vertex", "h").session_resumption
    assert resumption is not None
    assert resumption.handle == "h"
    assert live_config(SetupWish(), "vertex", None).session_resumption is not None
    assert live_config(SetupWish(resumption=False), "vertex", None).session_resumption is None


def test_compression_can_be_turned_off() -> None:
    assert live_config(SetupWish(compression=None), "developer", None).context_window_compression is None


@pytest.mark.parametrize("preset", VAD)
def test_every_preset_names_both_sensitivities_and_times(preset: str) -> None:
    realtime = live_config(SetupWish(vad=preset), "developer", None).realtime_input_config
    assert realtime is not None
    assert realtime.automatic_activity_detection is not None
    detection = realtime.automatic_activity_detection.model_dump(exclude_none=True)
    assert set(detection) == {
        "start_of_speech_sensitivity",
        "end_of_speech_sensitivity",
        "prefix_padding_ms",
        "silence_duration_ms",
    }


def test_scheduling_is_for_models_that_take_it_and_tools_that_do_not_block() -> None:
    assert scheduling_of(SetupWish(tools=(FIND, PAY)), "find_order", "SILENT") == "SILENT"
    assert scheduling_of(SetupWish(tools=(FIND, PAY)), "pay", "SILENT") is None
    thorough = SetupWish(model="gemini-3.8-live-extended-thinking", tools=(FIND,))
    assert scheduling_of(thorough, "find_order", "SILENT") is None


def silence_ms(wish: SetupWish) -> int | None:
    realtime = live_config(wish, "developer", None).realtime_input_config
    assert realtime is not None
    assert realtime.automatic_activity_detection is not None
    return realtime.automatic_activity_detection.silence_duration_ms


def test_a_line_may_be_more_patient_than_its_preset() -> None:
    assert silence_ms(SetupWish(vad="telephone")) == 500
    assert silence_ms(SetupWish(vad="telephone", end_of_speech_ms=900)) == 900


def test_the_language_to_speak_is_told_in_capitals() -> None:
    wish = SetupWish(instruction="Be brief.", languages=("en-US", "fr-FR"), language="fr-FR")
    assert instruction_for(wish) == "Be brief.\n\nRESPOND IN FRENCH. YOU MUST RESPOND UNMISTAKABLY IN FRENCH."


def test_a_session_that_follows_is_told_whom_to_follow() -> None:
    wish = SetupWish(languages=("en-US", "es-US", "fr-FR"), language="en-US", follows=True)
    told = instruction_for(wish)
    assert told.startswith("RESPOND IN ENGLISH. YOU MUST RESPOND UNMISTAKABLY IN ENGLISH, until the caller speaks ")
    assert "speaks Spanish or French: then answer in the caller's language" in told
    assert told.endswith("A name, a number or a single foreign word changes nothing.")


def test_one_language_alone_is_followed_by_nothing() -> None:
    wish = SetupWish(languages=("en-US", "en-GB"), language="en-US", follows=True)
    assert instruction_for(wish) == "RESPOND IN ENGLISH. YOU MUST RESPOND UNMISTAKABLY IN ENGLISH."


def test_a_prompt_that_names_the_language_itself_is_left_alone() -> None:
    wish = SetupWish(instruction="RESPOND IN POLISH, please.", languages=("pl-PL",), language="pl-PL")
    assert instruction_for(wish) == "RESPOND IN POLISH, please."


def test_hints_name_the_language_spoken_first_and_each_once() -> None:
    wish = SetupWish(languages=("en-US", "es-US", "fr-FR"), language="fr-FR")
    transcription = live_config(wish, "developer", None).input_audio_transcription
    assert transcription is not None
    assert transcription.language_codes == ["fr-FR", "en-US", "es-US"]


def test_a_session_is_told_of_a_greeting_that_the_caller_has_heard() -> None:
    wish = SetupWish(instruction="Be brief.")
    told = GREETED.format(greeting="Good day {name}.")
    assert instruction_for(wish, greeted="Good day {name}.") == f"Be brief.\n\n{told}"
    assert live_config(wish, "developer", "h", greeted="Good day {name}.").system_instruction == f"Be brief.\n\n{told}"


def test_a_story_tells_the_greeting_too() -> None:
    told = instruction_for(SetupWish(), "assistant: Good day.", "Good day.")
    assert told == f"{STORY_HEAD}\nassistant: Good day."
