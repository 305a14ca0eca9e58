"""The numbers of a stand-in's account, as Twilio's REST API shows and changes them.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

NUMBERS: Final = "/IncomingPhoneNumbers.json"
ONE = re.compile(r"/IncomingPhoneNumbers/(PN[0-9a-f]{32})\.json")
CHANGED: Final = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "VoiceApplicationSid": "voice_application_sid",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsApplicationSid": "sms_application_sid",
}
Resource = dict[str, object]


@dataclass(slots=True)
class Numbers:
    """The numbers by their SID; ``changes`` are the forms taken, the last one last."""

    account_sid: str
    owned: dict[str, Resource] = field(default_factory=dict)
    changes: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def buy(self, number: str, **known: str) -> str:
        """The account has this number from now on; gives its SID."""
        sid = f"PN{len(self.owned):032x}"
        empty = dict.fromkeys((*CHANGED.values(), "trunk_sid"), "")
        named = {"sid": sid, "account_sid": self.account_sid, "phone_number": number, "friendly_name": number}
        self.owned[sid] = {**empty, **named, **known}
        return sid

    def listed(self) -> Resource:
        """The one page there is."""
        found = list(self.owned.values())
        places = {"first_page_uri": "", "next_page_uri": None, "previous_page_uri": None, "uri": ""}
        pages = {"page": 0, "page_size": 50, "start": 0, "end": max(0, len(found) - 1)}
        return {"incoming_phone_numbers": found, **places, **pages}

    def change(self, sid: str, body: str) -> Resource | str:
        """One of them as it is now, or what is wrong with the form."""
        form = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        if unknown := set(form) - set(CHANGED):
            return f"Unknown parameter {sorted(unknown)[0]}"
        if problem := _problem(form):
            return problem
        self.changes.append((sid, form))
        self.owned[sid] |= {CHANGED[name]: value for name, value in form.items()}
        return self.owned[sid]


def _problem(form: Mapping[str, str]) -> str:
    urls = [value for name, value in form.items() if name.endswith("Url") or name == "StatusCallback"]
    return "" if all(not url or url.startswith(("http://", "https://")) for url in urls) else "Url is not valid"
