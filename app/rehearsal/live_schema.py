"""The fields BidiGenerateContent knows: a client message is checked name by name, as the service does.

Both key styles of protobuf's JSON are taken (``realtimeInput``, ``realtime_input``) and turned into snake_case.
"""

import re
from collections.abc import Mapping

ANY = None  # a value that is not looked into
Fields = Mapping[str, object]  # name to ANY, to the Fields of an object, or to a list of one Fields

_SCHEMA_NAMES = (
    "additional_properties any_of default defs description enum example format items max_items max_length "
    "max_properties maximum min_items min_length min_properties minimum nullable pattern properties "
    "property_ordering ref required title type"
)


def _names(names: str) -> dict[str, object]:
    return dict.fromkeys(names.split(), ANY)


_SCHEMA = _names(_SCHEMA_NAMES)
_BLOB = _names("data mime_type display_name")
_FUNCTION = _names("description name parameters_json_schema response response_json_schema behavior") | {
    "parameters": _SCHEMA
}
_PART = _names("text thought thought_signature file_data function_call function_response executable_code") | {
    "code_execution_result": ANY,
    "inline_data": _BLOB,
}
_CONTENT: Fields = {"parts": [_PART], "role": ANY}
_TRANSCRIPTION = _names(
    "language_codes language_auto language_hints custom_vocabulary adaptation_phrases word_timestamp diarization mode "
    "source_text"
)
_TOOL = _names(
    "retrieval computer_use file_search google_search google_maps code_execution enterprise_web_search "
    "google_search_retrieval parallel_ai_search url_context mcp_servers exa_ai_search"
) | {"function_declarations": [_FUNCTION]}
_GENERATION = _names(
    "candidate_count enable_affective_dialog frequency_penalty max_output_tokens media_resolution presence_penalty "
    "response_modalities seed stop_sequences temperature top_k top_p response_mime_type response_schema"
) | {
    "speech_config": _names("language_code multi_speaker_voice_config")
    | {
        "voice_config": _names("replicated_voice_config voice") | {"prebuilt_voice_config": _names("voice_name")},
    },
    "thinking_config": _names("include_thoughts thinking_budget thinking_level"),
    "translation_config": _names("echo_target_language target_language_code"),
}
_DETECTION = _names(
    "disabled start_of_speech_sensitivity end_of_speech_sensitivity prefix_padding_ms silence_duration_ms"
)
SETUP: Fields = {
    "model": ANY,
    "generation_config": _GENERATION,
    "system_instruction": _CONTENT,
    "tools": [_TOOL],
    "session_resumption": _names("handle transparent"),
    "context_window_compression": _names("trigger_tokens") | {"sliding_window": _names("target_tokens")},
    "input_audio_transcription": _TRANSCRIPTION,
    "output_audio_transcription": _TRANSCRIPTION,
    "realtime_input_config": _names("activity_handling turn_coverage interim_transcript_timestamp_enabled")
    | {"automatic_activity_detection": _DETECTION},
    "proactivity": _names("proactive_audio proactive_video"),
    "explicit_vad_signal": ANY,
    "history_config": _names("initial_history_in_client_content"),
    "avatar_config": ANY,
    "safety_settings": [_names("category method threshold")],
    "labels": ANY,
}
MESSAGES: Fields = {
    "setup": SETUP,
    "realtime_input": {
        "audio": _BLOB,
        "video": _BLOB,
        "media_chunks": [_BLOB],
        "text": ANY,
        "activity_start": {},
        "activity_end": {},
        "audio_stream_end": ANY,
    },
    "client_content": {"turns": [_CONTENT], "turn_complete": ANY},
    "tool_response": {
        "function_responses": [_names("id name response scheduling will_continue parts")],
    },
    "context_update": {"system_instruction": _CONTENT, "tools": {"tools": [_TOOL]}},
}


def checked(body: Mapping[str, object], fields: Fields, where: str) -> tuple[dict[str, object], str]:
    """``body`` with its known keys in snake_case, and the service's complaint about the first unknown one."""
    known: dict[str, object] = {}
    for key, value in body.items():
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower()
        if name not in fields:
            place = f" at '{where}'" if where else ""
            return known, f'Invalid JSON payload received. Unknown name "{key}"{place}: Cannot find field.'
        path = f"{where}.{name}" if where else name
        known[name], problem = _value(value, fields[name], path)
        if problem:
            return known, problem
    return known, ""


def _value(value: object, fields: object, path: str) -> tuple[object, str]:
    if fields is ANY:
        return value, ""
    if isinstance(fields, list):
        return _listed(value, fields[0], path)
    assert isinstance(fields, Mapping)
    if not isinstance(value, dict):
        return value, f"Invalid value at '{path}'"
    return checked(value, fields, path)


def _listed(value: object, fields: Fields, path: str) -> tuple[object, str]:
    """Protobuf's JSON takes one object where a list of one is meant."""
    if isinstance(value, dict):
        one, problem = checked(value, fields, path)
        return [one], problem
    if not isinstance(value, list):
        return value, f"Invalid value at '{path}'"
    items: list[object] = []
    for index, each in enumerate(value):
        item, problem = _value(each, fields, f"{path}[{index}]")
        if problem:
            return items, problem
        items.append(item)
    return items, ""
