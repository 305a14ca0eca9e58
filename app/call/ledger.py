"""What tools did in the call, for a session that knows nothing of it: done with their answers, or begun."""

import json
from collections.abc import Mapping

from app.call.memory import Memory

LONGEST_ANSWER = 400  # characters
_HEAD = "Tools used in this call so far. Do not use one again for the same:"
_PENDING = "begun and not finished; its answer will be told to you"


def answered(m: Memory, name: str, args: Mapping[str, object], response: Mapping[str, object], status: str) -> None:
    """A tool has come to its end. What a refusal told the model to do next was for then."""
    said = response.get("message") or json.dumps(dict(response), ensure_ascii=False, default=str)
    said = said if status == "ok" else f"not done ({status})"
    m.ledger.append(f"- {_use(name, args)}: {' '.join(str(said).split())[:LONGEST_ANSWER]}")


def story(m: Memory, now: float) -> str:
    """The call so far in words, with what tools did; empty if nothing happened yet."""
    words = m.transcript.story(m.playout.heard_ms(now))
    pending = [f"- {_use(tool.name, tool.args)}: {_PENDING}" for tool in m.tools.values()]
    used = [*m.ledger, *pending]
    return "\n".join([*([words] if words else []), *([_HEAD, *used] if used else [])])


def _use(name: str, args: Mapping[str, object]) -> str:
    """In words and values: a declared name with named arguments reads like an order to use the tool again."""
    values = ", ".join(" ".join(str(value).split()) for value in args.values())
    return f"{name.replace('_', ' ')} ({values})"[:LONGEST_ANSWER]
