"""The events as other systems get them: a JSON schema each, and the page that tells of them."""

import json
from collections.abc import Mapping
from typing import Final

from app.call import dispositions, flags
from app.store.analyses import RESOLUTIONS, SENTIMENTS
from app.webhooks.endpoints import EVENTS

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "number"}
WHOLE: Final = {"type": "integer"}
TIME: Final = {"type": "string", "format": "date-time"}
_TEXTS: Final = {"type": "array", "items": TEXT}

_CALL: Final = {"call": TEXT, "line": TEXT, "language": TEXT, "version": TEXT, "started_at": TIME}
_ALERT: Final = {
    "alert": TEXT,
    "rule": TEXT,
    "severity": TEXT,
    "told": TEXT,
    "value": NUMBER,
    "calls": _TEXTS,
    "opened_at": TIME,
}


def _or_null(schema: Mapping[str, object]) -> dict[str, object]:
    return {**schema, "type": [schema["type"], "null"]}


# What each event's ``data`` always has.
DATA: Mapping[str, Mapping[str, object]] = {
    "call.started": _CALL,
    "call.ended": {
        **_CALL,
        "disposition": {"enum": list(dispositions.ALL)},
        "ended_by": {"enum": ["caller", "assistant", "house"]},
        "duration_s": NUMBER,
        "first_sound_ms": _or_null(WHOLE),
        "barge_ins": WHOLE,
        "sessions": WHOLE,
        "cost_usd": _or_null(NUMBER),
    },
    "call.handed_off": {**_CALL, "duration_s": NUMBER},
    "call.flagged": {**_CALL, "flag": {"enum": list(flags.ALL)}, "at_s": NUMBER},
    "call.analysed": {
        **_CALL,
        "resolution": {"enum": list(RESOLUTIONS)},
        "sentiment": {"enum": list(SENTIMENTS)},
        "score": _or_null(WHOLE),
        "criteria": {"type": "object", "additionalProperties": TEXT},
        "follow_ups": WHOLE,
        "model": TEXT,
        "cost_usd": _or_null(NUMBER),
    },
    "alert.opened": _ALERT,
    "alert.resolved": {**_ALERT, "resolved_at": TIME},
}
# And what is added with FRONTLINE_WEBHOOK_DETAILS=words, or =all.
WORDS: Final = {"summary": TEXT, "reason": TEXT, "tags": _TEXTS, "to_do": _TEXTS}
NUMBERS: Final = {"caller": TEXT, "called": TEXT}

_WHEN: Mapping[str, str] = {
    "call.started": "A call was taken, or declined for want of room (then its end has `shed`).",
    "call.ended": "A call's one end.",
    "call.handed_off": "A representative has the caller. `call.ended` comes with it.",
    "call.flagged": "Something about the call is worth a look; it may go on.",
    "call.analysed": "A text model has said what became of the call.",
    "alert.opened": "A rule on many calls is broken (`infra/README.md`, *Alerts*).",
    "alert.resolved": "It is well again.",
}
_PAGE: Final = """\
# Events

Other systems are told of these, if `FRONTLINE_WEBHOOKS` names them: a POST with a JSON document, signed as
[Standard Webhooks](https://www.standardwebhooks.com) say, with `webhook-id`, `webhook-timestamp` and
`webhook-signature` (`v1`, HMAC-SHA256). There are libraries that check it in most languages.

```json
{"type": "call.ended", "timestamp": "2026-11-23T14:31:12+00:00", "data": {"call": "CA...", "disposition": "completed"}}
```

* Answer with any 2xx within 10 s. Anything else is tried again after seconds, then minutes, then hours, twelve times in
  about a day; `410` ends it. What was given up waits in `frontline jobs list --kind webhook`.
* The same event may come twice, with the same `webhook-id`: drop what you have. Events of one call may come out of
  order: their `timestamp` tells when each happened.
* There are no words and no numbers of callers in them. `FRONTLINE_WEBHOOK_DETAILS=words` adds what the model wrote of a
  call ({words}), `=all` also {numbers}.
* To see them come: `frontline events listen`.

Fields may be added; those there are stay. This page is made from `app/webhooks/schemas.py`.
"""


def schema_of(type: str) -> dict[str, object]:
    """The JSON schema of an event's document."""
    data = DATA[type]
    more = {**(WORDS if type == "call.analysed" else {}), **(NUMBERS if type.startswith("call.") else {})}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "type": {"const": type},
            "timestamp": TIME,
            "data": {"type": "object", "properties": {**data, **more}, "required": list(data)},
        },
        "required": ["type", "timestamp", "data"],
    }


def page() -> str:
    """The page, in Markdown."""
    words, numbers = (", ".join(f"`{name}`" for name in names) for names in (WORDS, NUMBERS))
    told = [_PAGE.replace("{words}", words).replace("{numbers}", numbers)]
    for type in EVENTS:
        told.append(f"## {type}\n\n{_WHEN[type]}\n\n```json\n{json.dumps(schema_of(type), indent=2)}\n```\n")
    return "\n".join(told)
