"""What a call is placed with: the app's place, the two numbers, the line, and who is at the end of a dial."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.rehearsal.phone_faults import NO_FAULTS, Faults
from app.rehearsal.phone_twiml import Complain, Dial, Say, parse
from app.rehearsal.phone_webhooks import Place, Webhooks

ACCOUNT_SID = "AC" + "0" * 32
LONGEST_S = 180.0  # a call that does not end by itself

DialStatus = Literal["completed", "busy", "no-answer", "failed", "canceled"]


@dataclass(frozen=True, slots=True)
class Representative:
    """Who is at the other end of a ``<Dial>``: how it ends, after how much ringing and talking."""

    ends: DialStatus = "completed"
    rings_s: float = 1.0
    talks_s: float = 1.5


@dataclass(frozen=True, slots=True)
class Dialling:
    """One call to be placed, and what the phone, its line and its network are like.

    ``pace`` is how fast Twilio's own voice is, in words a second.
    """

    place: Place
    auth_token: str
    to: str
    from_: str
    account_sid: str = ACCOUNT_SID
    noise_db: float | None = None
    echo_db: float | None = None
    typing_db: float | None = None
    representative: Representative = field(default_factory=Representative)
    faults: Faults = NO_FAULTS
    longest_s: float = LONGEST_S
    pace: float = 3.0


async def whispered(
    webhooks: Webhooks, dial: Dial, child: str, caller: Mapping[str, str], complain: Complain
) -> list[str]:
    """What the representative, whose leg is ``child``, is told before the caller of these parameters is put through."""
    if dial.whisper is None:
        return []
    own = {"CallSid": child, "ParentCallSid": caller["CallSid"], "Direction": "outbound-dial"}
    text = await webhooks.document(dial.whisper, {**caller, **own, "To": dial.number, "Called": dial.number})
    verbs = parse(text, dial.whisper, complain) if text is not None else []
    return [said.text for said in verbs if isinstance(said, Say)]
