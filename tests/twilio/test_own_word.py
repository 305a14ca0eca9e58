"""Twilio's own word of a call: asked over HTTP of the stand-in, read in any shape, and its absence told apart."""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import stamina

from app.rehearsal.twilio_calls import Noted, ToldCall
from app.rehearsal.twilio_rest import TwilioRest
from app.twilio import rest as rest_module
from app.twilio.own_word import Summary, notice, own_call, summary
from app.twilio.rest import CallControl, TwilioUnavailable

ACCOUNT, TOKEN, SID = "AC" + "0" * 32, "x" * 32, "CA" + "1" * 32
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOOK = "https://calls.example.com/voice/incoming?token=secret"
FAILED = Noted(11200, "Got HTTP 502 response", "502", HOOK)
CALL = ToldCall(SID, "+12025550143", "+12025550199", AT, 61.0, (FAILED, Noted(31951)), ("high_jitter",), 1.5)
HOSTILE: tuple[object, ...] = (
    None,
    True,
    7,
    -1.5,
    float("nan"),
    10**400,
    "1e999",
    "<script>",
    "x" * 10_000,
    [],
    [[]],
    {},
    {"metrics": [1]},
    object(),
)


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioRest]:
    rest = TwilioRest(ACCOUNT, TOKEN)
    rest.told.tell(CALL)
    async with rest.serving():
        yield rest


@pytest.fixture
def control(twilio: TwilioRest) -> Iterator[CallControl]:
    made = CallControl(ACCOUNT, TOKEN, base_url=twilio.url)
    yield made
    made.close()


async def test_a_call_that_was_is_told_of_whole(control: CallControl) -> None:
    word = await control.own_word(SID)
    assert word.call is not None and word.notices is not None and isinstance(word.summary, Summary)
    assert (word.call.status, word.call.duration_s, word.call.price, word.call.currency) == (
        "completed",
        61.0,
        -0.017,
        "USD",
    )
    assert word.call.started_at == AT
    failed, unread = word.notices
    assert (failed.code, failed.error, failed.said, failed.http_status) == (11200, True, "Got HTTP 502 response", "502")
    assert failed.path == "calls.example.com/voice/incoming"
    assert (unread.code, unread.error, unread.said) == (31951, False, "")
    assert (word.summary.tags, word.summary.disconnected_by) == (["high_jitter"], "caller")
    assert [(way.edge, way.way, way.lost) for way in word.summary.ways] == [
        ("carrier", "inbound", 1.5),
        ("carrier", "outbound", 1.5),
    ]


async def test_a_call_that_goes_on_has_no_price_and_no_summary(control: CallControl, twilio: TwilioRest) -> None:
    twilio.told.tell(replace(CALL, duration_s=None))
    word = await control.own_word(SID)
    assert word.call is not None
    assert (word.call.status, word.call.price, word.summary) == ("in-progress", None, "not_there")


async def test_a_call_that_twilio_does_not_know_is_no_failure(control: CallControl) -> None:
    assert (await control.own_word("CA" + "9" * 32)).call is None


@pytest.mark.parametrize(
    ("status", "told"), [(401, "off"), (403, "off"), (404, "not_there"), (429, "unasked"), (500, "unasked")]
)
async def test_an_account_without_the_summary_still_tells_the_rest(
    control: CallControl, twilio: TwilioRest, status: int, told: str
) -> None:
    twilio.told.refusing["summary"] = status
    word = await control.own_word(SID)
    assert word.summary == told
    assert word.call is not None and word.notices


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_errors_that_cannot_be_had_are_not_taken_for_none(
    control: CallControl, twilio: TwilioRest, status: int
) -> None:
    twilio.told.refusing["notifications"] = status
    assert (await control.own_word(SID)).notices is None


@pytest.mark.parametrize(("status", "said"), [(401, "TWILIO_ACCOUNT_SID"), (429, "429"), (500, "500")])
async def test_a_refusal_says_why(control: CallControl, twilio: TwilioRest, status: int, said: str) -> None:
    twilio.told.refusing["call"] = status
    with pytest.raises(TwilioUnavailable, match=said):
        await control.own_word(SID)


async def test_a_twilio_that_takes_its_time_is_not_waited_for(
    control: CallControl, twilio: TwilioRest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_module, "LOOKED_WITHIN_S", 0.1)
    twilio.slow_s = 2.0
    with pytest.raises(TwilioUnavailable, match="did not answer within"):
        await control.own_word(SID)


async def test_a_thread_that_leads_calls_is_free_while_people_look(control: CallControl, twilio: TwilioRest) -> None:
    assert await control.is_over(SID)
    assert all(thread.name.startswith("twilio-rest") for thread in control._threads._threads)
    await control.own_word(SID)
    assert all(thread.name.startswith("twilio-look") for thread in control._looking._threads)
    key = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    assert twilio.answer("GET", f"/v1/Voice/{SID}/Summary", f"Basic {key}", "").status == 200
    assert twilio.answer("GET", f"/v1/Voice/{SID}/Summary", "", "").status == 401


@pytest.mark.parametrize("odd", HOSTILE, ids=lambda odd: type(odd).__name__)
def test_whatever_comes_has_a_place_or_is_left_out(odd: object) -> None:
    names = (
        "status",
        "duration",
        "price",
        "start_time",
        "forwarded_from",
        "error_code",
        "log",
        "message_text",
        "message_date",
    )
    told = SimpleNamespace(
        **dict.fromkeys((*names, "request_url", "tags", "properties", "carrier_edge", "sip_edge"), odd)
    )
    call, noted, sound = own_call(told), notice(told), summary(told)
    for text in (call.status, noted.http_status, *sound.tags, sound.disconnected_by):
        assert "<" not in text and len(text) <= 60
    assert len(call.forwarded_from) <= 300 and len(noted.said) <= 300 and len(noted.path) <= 300
