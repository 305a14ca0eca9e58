"""A number of the account's: what it is called, and whom Twilio asks when something comes to it."""

from dataclasses import dataclass
from typing import Final, Protocol

MOST_NUMBERS: Final = 200


@dataclass(frozen=True, slots=True)
class Hooks:
    """The addresses that Twilio asks; an empty one is none. ``fallback`` must be on another host."""

    voice: str
    status: str
    texts: str
    fallback: str = ""

    def as_twilio(self) -> dict[str, str]:
        """The parameters of Twilio's; without a fallback, the number keeps the one it has."""
        fallback = {"voice_fallback_url": self.fallback, "voice_fallback_method": "POST"} if self.fallback else {}
        return {
            "voice_url": self.voice,
            "voice_method": "POST",
            "voice_application_sid": "",
            "status_callback": self.status,
            "status_callback_method": "POST",
            "sms_url": self.texts,
            "sms_method": "POST",
            "sms_application_sid": "",
            **fallback,
        }


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number. ``elsewhere`` names what leads its calls away from its addresses, such as a trunk; mostly nothing."""

    sid: str
    number: str
    name: str
    hooks: Hooks
    elsewhere: str = ""

    def asks(self, hooks: Hooks) -> bool:
        """Whether Twilio asks these addresses when a call comes."""
        ours = (hooks.voice, hooks.status, hooks.texts)
        return not self.elsewhere and (self.hooks.voice, self.hooks.status, self.hooks.texts) == ours


class TwilioNumber(Protocol):
    """What of Twilio's own object is read here."""

    sid: str | None
    phone_number: str | None
    friendly_name: str | None
    voice_url: str | None
    status_callback: str | None
    sms_url: str | None
    voice_fallback_url: str | None
    voice_application_sid: str | None
    trunk_sid: str | None


def own_number(told: TwilioNumber) -> OwnNumber:
    hooks = Hooks(told.voice_url or "", told.status_callback or "", told.sms_url or "", told.voice_fallback_url or "")
    names = (told.sid or "", told.phone_number or "", told.friendly_name or "")
    return OwnNumber(*names, hooks, told.trunk_sid or told.voice_application_sid or "")
