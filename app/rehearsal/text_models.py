"""The text models' stand-in: `POST /v1beta/models/{model}:generateContent`, in the service's own shapes.

https://ai.google.dev/api/generate-content
"""

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import uuid4

from app.rehearsal.text_faults import TextFault, TextPlan
from app.rehearsal.text_reader import filled, read

MOST_SEEN = 50
_PATH = re.compile(r"/+(?P<version>v1beta|v1alpha|v1)/models/(?P<model>[\w.-]+):generateContent")
_MODEL = re.compile(r"gemini-[\d.]+-(?:flash|pro)(?:-lite)?(?:-\w+)*")
_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    403: ("PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established identity)."),
    404: ("NOT_FOUND", "Requested entity was not found."),
    429: ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    500: ("INTERNAL", "An internal error has occurred. Please retry."),
    503: ("UNAVAILABLE", "The model is overloaded. Please try again later."),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back, and how late."""

    status: int
    body: Mapping[str, object]
    delay_s: float = 0.0


@dataclass(slots=True)
class TextModels:
    """Answers what text models are asked; ``seen`` are the bodies that came."""

    api_key: str = ""
    plan: TextPlan = field(default_factory=TextPlan)
    answered: int = 0
    seen: deque[Mapping[str, object]] = field(default_factory=lambda: deque(maxlen=MOST_SEEN))

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request; header names are in lower case."""
        found = _PATH.fullmatch(path.partition("?")[0])
        if found is None:
            return _refusal(404)
        key = headers.get("x-goog-api-key", "")
        if not key:
            return _refusal(403)
        if self.api_key and key != self.api_key:
            return _refusal(400, "API key not valid. Please pass a valid API key.")
        model = found["model"]
        if _MODEL.fullmatch(model) is None or "live" in model:
            said = f"models/{model} is not found for API version {found['version']}, or is not supported for"
            return _refusal(404, f"{said} generateContent. Call ListModels to see the list of available models.")
        try:
            asked = json.loads(body)
        except ValueError:
            return _refusal(400, "Invalid JSON payload received.")
        self.seen.append(asked)
        return self._said(model, asked, self.plan.take())

    def _said(self, model: str, asked: Mapping[str, object], fault: TextFault) -> Reply:
        if fault.refuse:
            return Reply(fault.refuse, _error(fault.refuse), fault.delay_s)
        self.answered += 1
        told = _texts(asked.get("contents")) or ""
        prompt = f"{_texts(asked.get('systemInstruction'))}\n{told}"
        if fault.blocked:
            body = {"promptFeedback": {"blockReason": "SAFETY"}, **_about(model, prompt, "")}
            return Reply(200, body, fault.delay_s)
        text = _document(asked.get("generationConfig"), told, fault)
        candidate: dict[str, object] = {"finishReason": "STOP", "index": 0}
        if fault.unsafe:
            candidate["finishReason"], text = "SAFETY", ""
        elif fault.cut:
            candidate["finishReason"], text = "MAX_TOKENS", text[: len(text) // 2]
        if text:
            candidate["content"] = {"parts": [{"text": text}], "role": "model"}
        return Reply(200, {"candidates": [candidate], **_about(model, prompt, text)}, fault.delay_s)


def _document(config: object, told: str, fault: TextFault) -> str:
    """What the model writes: a document of the schema that was asked for, else a sentence."""
    given = config if isinstance(config, dict) else {}
    schema = given.get("responseJsonSchema") or given.get("responseSchema")
    if fault.garbled or not isinstance(schema, dict):
        return "Here is what I think about the call:"
    document = {"verdict": "fine"} if fault.other else filled(_lowered(schema), read(told))
    return json.dumps(document, ensure_ascii=False)


def _lowered(schema: Mapping[str, object]) -> Mapping[str, object]:
    """A schema with JSON Schema's names of types: the service's own are in capitals."""
    return {
        name: value.lower() if name == "type" and isinstance(value, str) else _lowered_inside(value)
        for name, value in schema.items()
    }


def _lowered_inside(value: object) -> object:
    return _lowered(value) if isinstance(value, dict) else value


def _about(model: str, prompt: str, text: str) -> dict[str, object]:
    """Usage, and which model answered; a token is about four letters."""
    asked, wrote = len(prompt) // 4 + 1, len(text) // 4
    usage: dict[str, object] = {
        "promptTokenCount": asked,
        "totalTokenCount": asked + wrote,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": asked}],
    }
    if wrote:
        usage["candidatesTokenCount"] = wrote
    return {"usageMetadata": usage, "modelVersion": model, "responseId": uuid4().hex[:22]}


def _texts(contents: object) -> str:
    """The words of one content or of several."""
    several: Sequence[object] = contents if isinstance(contents, list) else [contents]
    parts = [part for one in several if isinstance(one, dict) for part in one.get("parts", [])]
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _refusal(status: int, said: str = "") -> Reply:
    return Reply(status, _error(status, said))


def _error(status: int, said: str = "") -> Mapping[str, object]:
    name, usual = _STATUS.get(status, (HTTPStatus(status).name, HTTPStatus(status).phrase))
    return {"error": {"code": status, "message": said or usual, "status": name}}
