"""Asks a Gemini text model for a JSON document, once: what went wrong has a name, and tokens are counted."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2
from google import genai
from google.genai import errors, types

from app.gemini.client import API_VERSIONS
from app.gemini.models import Backend

TIMEOUT_S = 45.0
_WRONG_ASKING = frozenset({400, 401, 403, 404})  # the key, the model's name, the schema: the same next time


class NotWritten(Exception):
    """No document. ``reason`` has no words of the call; ``hopeless``: the same request will never do better."""

    def __init__(self, reason: str, *, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hopeless = hopeless


@dataclass(frozen=True, slots=True)
class Written:
    """A model's document, not yet checked, and the tokens it took by side: ``prompt``, ``response``."""

    document: object
    tokens: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextModel:
    """A text model and its connections, which are its own: the Live client's socket options are not those of HTTP."""

    name: str
    client: genai.Client
    http: httpx2.AsyncClient

    async def written(self, told: str, asked: str, schema: Mapping[str, object], *, most_tokens: int) -> Written:
        """Have it write what ``schema`` describes. Raises NotWritten."""
        config = types.GenerateContentConfig(
            system_instruction=told,
            response_mime_type="application/json",
            response_json_schema=dict(schema),
            max_output_tokens=most_tokens,
            temperature=0.0,
        )
        try:
            answer = await self.client.aio.models.generate_content(model=self.name, contents=asked, config=config)
        except errors.APIError as error:
            said = f"status {error.code} {error.status or ''}".strip()
            raise NotWritten(said, hopeless=error.code in _WRONG_ASKING) from error
        except (httpx2.HTTPError, OSError) as error:
            raise NotWritten(f"not reached: {type(error).__name__}") from error
        except ValueError as error:  # an answer that is none of the API's
            raise NotWritten(f"not understood: {type(error).__name__}") from error
        return Written(_document(answer), _tokens(answer.usage_metadata))

    async def close(self) -> None:
        await self.http.aclose()


def text_model(
    name: str,
    backend: Backend,
    api_key: str = "",
    *,
    project: str = "",
    location: str = "",
    base_url: str | None = None,
    ca_file: str | None = None,
) -> TextModel:
    """A text model. It costs 100 ms of blocking work."""
    # The SDK takes aiohttp where it finds it, whose certificates are set in another way: so it is told what to take.
    tls = ssl.create_default_context(cafile=ca_file) if ca_file else httpx2.create_ssl_context()
    http = httpx2.AsyncClient(verify=tls, timeout=TIMEOUT_S)
    options = types.HttpOptions(base_url=base_url, api_version=API_VERSIONS[backend], httpx_async_client=http)
    if backend == "developer":
        return TextModel(name, genai.Client(vertexai=False, api_key=api_key or None, http_options=options), http)
    client = genai.Client(
        vertexai=True,
        api_key=api_key or None,
        project=project or None,
        location=location or None,
        http_options=options,
    )
    return TextModel(name, client, http)


def _document(answer: types.GenerateContentResponse) -> object:
    """The JSON that was written whole; what was blocked, cut or is no JSON is not written."""
    blocked = answer.prompt_feedback.block_reason if answer.prompt_feedback else None
    if blocked is not None:
        raise NotWritten(f"blocked: {_word(blocked)}", hopeless=True)
    if not answer.candidates:
        raise NotWritten("no candidate")
    candidate = answer.candidates[0]
    ended = _word(candidate.finish_reason)
    if ended not in ("STOP", "none"):
        raise NotWritten(f"ended with {ended}", hopeless=ended in ("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"))
    parts = (candidate.content.parts if candidate.content else None) or []
    text = "".join(part.text or "" for part in parts if not part.thought)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotWritten("no JSON") from error


def _word(value: object) -> str:
    """An enum's own word, whatever version of the SDK it is from."""
    return str(getattr(value, "value", value or "none"))


def _tokens(usage: types.GenerateContentResponseUsageMetadata | None) -> dict[str, int]:
    if usage is None:
        return {}
    # Thoughts are billed as the response: https://ai.google.dev/gemini-api/docs/thinking#pricing
    response = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return {"prompt": usage.prompt_token_count or 0, "response": response}
