"""What a stand-in's account knows of calls that were: the call itself, the errors noted down, and how the sound was.

https://www.twilio.com/docs/voice/api/call-resource
https://www.twilio.com/docs/voice/api/call-notification-resource
https://www.twilio.com/docs/voice/voice-insights/api/call/call-summary-resource
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlencode

CALL: Final = re.compile(r"/Calls/(CA[0-9a-f]{32})\.json")
NOTIFICATIONS: Final = re.compile(r"/Calls/(CA[0-9a-f]{32})/Notifications\.json")
SUMMARY: Final = re.compile(r"/v1/Voice/(CA[0-9a-f]{32})/Summary")
USD_A_MINUTE: Final = 0.0085
WARNINGS: Final = frozenset({31931, 31950, 31951})
Resource = dict[str, object]


@dataclass(frozen=True, slots=True)
class Noted:
    """An error or a warning: its code, what Twilio says of it, and for a request that failed its status and address."""

    code: int
    said: str = ""
    http_status: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ToldCall:
    """A call as its network knows it; ``duration_s`` is None while it goes on. ``tags`` are Voice Insights'."""

    sid: str
    caller: str
    called: str
    started_at: datetime
    duration_s: float | None = None
    noted: Sequence[Noted] = ()
    tags: Sequence[str] = ()
    lost: float = 0.0


@dataclass(slots=True)
class ToldCalls:
    """By CallSid. ``refusing`` has the statuses that ``call``, ``notifications`` and ``summary`` are refused with."""

    account_sid: str
    calls: dict[str, ToldCall] = field(default_factory=dict)
    refusing: dict[str, int] = field(default_factory=dict)

    def tell(self, call: ToldCall) -> None:
        self.calls[call.sid] = call

    def asked(self, part: str) -> Resource | int | None:
        """What a GET of this part of the account brings: a resource, or a status; None where it is no business here."""
        for kind, place in (("call", CALL), ("notifications", NOTIFICATIONS), ("summary", SUMMARY)):
            if found := place.fullmatch(part):
                if kind in self.refusing:
                    return self.refusing[kind]
                call = self.calls.get(found[1])
                return None if call is None else self._resource(kind, call)
        return None

    def _resource(self, kind: str, call: ToldCall) -> Resource | int:
        if kind == "call":
            return self._call(call)
        if kind == "notifications":
            return self._notifications(call)
        return 404 if call.duration_s is None else self._summary(call, call.duration_s)

    def _call(self, call: ToldCall) -> Resource:
        ended = None if call.duration_s is None else call.started_at + timedelta(seconds=call.duration_s)
        minutes = 0 if call.duration_s is None else -(-int(call.duration_s) // 60)
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Calls/{call.sid}"
        empty = ("answered_by", "parent_call_sid", "forwarded_from", "caller_name", "group_sid", "trunk_sid")
        return {
            **dict.fromkeys(empty),
            "sid": call.sid,
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "direction": "inbound",
            "from": call.caller,
            "to": call.called,
            "status": "in-progress" if ended is None else "completed",
            "start_time": format_datetime(call.started_at),
            "end_time": None if ended is None else format_datetime(ended),
            "duration": None if call.duration_s is None else str(round(call.duration_s)),
            "price": None if ended is None else f"-{minutes * USD_A_MINUTE:.5f}",
            "price_unit": "USD",
            "queue_time": "0",
            "uri": f"{uri}.json",
            "subresource_uris": {"notifications": f"{uri}/Notifications.json"},
        }

    def _notifications(self, call: ToldCall) -> Resource:
        """The one page there is."""
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Calls/{call.sid}/Notifications.json"
        found = [self._notification(call, one, number) for number, one in enumerate(call.noted)]
        places = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None, "uri": uri}
        pages = {"page": 0, "page_size": 50, "start": 0, "end": max(0, len(found) - 1)}
        return {"notifications": found, **places, **pages}

    def _notification(self, call: ToldCall, one: Noted, number: int) -> Resource:
        level = "WARN" if one.code in WARNINGS else "ERROR"
        asked = {"httpResponse": one.http_status, "url": one.url}
        text = {"LogLevel": level, "Msg": one.said, "EmailNotification": "false", "ErrorCode": str(one.code)}
        at = format_datetime(call.started_at + timedelta(seconds=call.duration_s or 0))
        return {
            "sid": f"NO{number:032x}",
            "account_sid": self.account_sid,
            "call_sid": call.sid,
            "api_version": "2010-04-01",
            "date_created": at,
            "date_updated": at,
            "message_date": at,
            "error_code": str(one.code),
            "log": "1" if level == "WARN" else "0",
            "message_text": urlencode(text | {name: value for name, value in asked.items() if value}),
            "more_info": f"https://www.twilio.com/docs/errors/{one.code}",
            "request_method": "POST",
            "request_url": one.url,
        }

    def _summary(self, call: ToldCall, duration_s: float) -> Resource:
        sound = {"codec": 0, "codec_name": "pcmu", "packets_lost": round(call.lost * duration_s / 2)}
        way = {**sound, "packet_loss_percentage": call.lost, "jitter": {"avg": 1.25, "max": 4.88}}
        return {
            "account_sid": self.account_sid,
            "call_sid": call.sid,
            "call_type": "carrier",
            "call_state": "completed",
            "processing_state": "complete",
            "start_time": call.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "duration": round(duration_s),
            "connect_duration": round(duration_s),
            "tags": list(call.tags),
            "properties": {
                "direction": "inbound",
                "disconnected_by": "caller",
                "last_sip_response_num": 200,
                "pdd_ms": 0,
            },
            "carrier_edge": {"metrics": {"inbound": way, "outbound": way}, "properties": {"region": "us1"}},
        }
