"""Call control over Twilio's REST API: end a call, give it a new document, text its caller, see whether it answers."""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx2
import stamina
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.response import Response
from twilio.rest import Client

from app.toolkit.texts import TextNotSent
from app.twilio.numbers import MOST_NUMBERS, Hooks, OwnNumber, own_number
from app.twilio.own_word import MOST_NOTICES, Notice, OwnWord, Summary, Unknown, notice, own_call, summary

CONNECT_WITHIN_S: Final = 3.0
ANSWER_WITHIN_S: Final = 5.0
ATTEMPTS: Final = 4
MOST_AT_ONCE: Final = 8
ALL_WITHIN_S: Final = 15.0
MOST_LOOKS: Final = 3  # requests at once of people who look at calls, apart from those that lead calls
LOOKED_WITHIN_S: Final = 12.0
LONGEST_TWIML: Final = 4_000  # characters, of the `twiml` parameter

LONGEST_TEXT: Final = 1_600  # characters

# https://www.twilio.com/docs/voice/api/call-resource#call-status-values
OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
NOT_FOUND_CODE: Final = 20404  # https://www.twilio.com/docs/api/errors/20404
# Why a text was refused, for the assistant: https://www.twilio.com/docs/api/errors, and the code
_OPTED_OUT = "The caller has opted out of our texts. They can text START to this number to get texts again."
_NO_TEXTS = "That number cannot take texts; it may be a landline. Tell the caller in words instead."
_NOT_SET_UP = "Texts cannot be sent from here. Tell the caller in words instead."
_UNCERTAIN = "It is not certain that the text was sent. Ask the caller whether it came; do not send it again unasked."
_LATER = "The text was not sent: too many are on their way. Tell the caller in words instead."
_REFUSALS: Final = {
    21610: _OPTED_OUT,
    **dict.fromkeys((21211, 21217, 21612, 21614, 21635, 30003, 30005, 30006), _NO_TEXTS),
    **dict.fromkeys((20429, 21611), _LATER),
}

# A POST to a resource that has a SID changes it, and may be sent twice; one to a collection creates.
_CHANGES = re.compile(r"/[A-Z]{2}[0-9a-zA-Z]{32}\.json$")

T = TypeVar("T")
log = structlog.get_logger(__name__)


class TwilioUnavailable(Exception):
    """Twilio's REST API did not do what was asked; the text says why, for people.

    ``code`` is that of Twilio's refusal, 0 when there was none: then it may have been done all the same. ``status`` is
    that of HTTP, 0 when none came.
    """

    def __init__(self, why: str, code: int = 0, status: int = 0) -> None:
        super().__init__(why)
        self.code, self.status = code, status


class _TryAgain(Exception):
    """An answer that may be asked for again."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response


class PhoneHttp:
    """What the ``twilio`` package asks of an HTTP client, with the time limits its own has not.

    429 is tried again whatever was asked, for Twilio did not begin with it
    (https://www.twilio.com/docs/api/errors/20429). 5xx and broken connections are tried again only
    where doing it twice does no harm: never when something is created.
    """

    is_async = False

    def __init__(self) -> None:
        limits = httpx2.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S)
        self._client = httpx2.Client(timeout=limits)

    def request(
        self,
        method: str,
        uri: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send, again where that is safe, and give what came last."""
        within = httpx2.USE_CLIENT_DEFAULT if timeout is None else timeout
        request = self._client.build_request(method, uri, params=params, data=data, headers=headers, timeout=within)
        again = _idempotent(method, uri)
        try:
            for attempt in stamina.retry_context(on=_worth_trying(again), attempts=ATTEMPTS, timeout=ALL_WITHIN_S):
                with attempt:
                    response = _judged(self._client.send(request, auth=auth, follow_redirects=allow_redirects), again)
        except _TryAgain as given_up:
            response = given_up.response
        return Response(response.status_code, response.text, response.headers)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


class CallControl:
    """Our hand on calls that are going on. Its methods wait in a thread, within the time limits above."""

    def __init__(
        self,
        account_sid: str,
        secret: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        region: str | None = None,
        edge: str | None = None,
    ) -> None:
        """``secret`` is the auth token, or with ``api_key`` (``SK…``) that key's secret."""
        if bool(region) != bool(edge):
            # A region alone makes a host name that was switched off on 2026-04-28:
            # https://www.twilio.com/docs/global-infrastructure/understanding-edge-locations
            raise ValueError("region and edge go together: set both or none")
        self._http = PhoneHttp()
        # Threads of its own: a Twilio that does not answer must not take those that the house's files need.
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="twilio-rest")
        self._looking = ThreadPoolExecutor(MOST_LOOKS, thread_name_prefix="twilio-look")
        self._client = Client(
            api_key or account_sid,
            secret,
            account_sid,
            region=region,
            edge=edge,
            http_client=self._http,
            environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""},  # ours are the settings, not what happens to be set
        )
        if base_url:
            self._client.api.base_url = self._client.insights.base_url = base_url.rstrip("/")

    async def hang_up(self, call_sid: str) -> bool:
        """End a call. True when it is over, also when it already was; False when Twilio could not be moved."""
        try:
            await self._ask(lambda: self._client.calls(call_sid).update(status="completed"))
        except TwilioUnavailable as failed:
            log.warning("hang-up failed", call_sid=call_sid, problem=str(failed))
            return False
        return True

    async def is_over(self, call_sid: str) -> bool:
        """Whether a call is over by Twilio's word; False also when Twilio cannot be asked."""
        try:
            call = await self._ask(lambda: self._client.calls(call_sid).fetch())
        except TwilioUnavailable as failed:
            log.warning("call not looked up", call_sid=call_sid, problem=str(failed))
            return False
        return call is None or str(call.status) in OVER

    async def redirect(self, call_sid: str, twiml: str) -> bool:
        """Give a call a new document, at once. False when it is over already, or Twilio could not be moved."""
        if len(twiml) > LONGEST_TWIML:
            raise ValueError(f"TwiML of {len(twiml)} characters; Twilio takes {LONGEST_TWIML}")
        try:
            return await self._ask(lambda: self._client.calls(call_sid).update(twiml=twiml)) is not None
        except TwilioUnavailable as failed:
            log.warning("redirect failed", call_sid=call_sid, problem=str(failed))
            return False

    async def send_text(self, to: str, body: str, *, from_: str) -> None:
        """Text a number (E.164) once, from one of ours. Raises TextNotSent with what the assistant may say of it.

        Sent means taken by Twilio: what becomes of it on the way to the telephone is not waited for.
        """
        if not body.strip() or len(body) > LONGEST_TEXT:
            raise TextNotSent(f"A text has 1 to {LONGEST_TEXT} characters; this one has {len(body)}.")
        try:
            sent = await self._ask(lambda: self._client.messages.create(to=to, from_=from_, body=body))
        except TwilioUnavailable as failed:
            log.warning("text not sent", code=failed.code, problem=str(failed), next=_look_at(failed.code))
            raise TextNotSent(_REFUSALS.get(failed.code, _NOT_SET_UP if failed.code else _UNCERTAIN)) from failed
        if sent is None:
            raise TextNotSent(_NOT_SET_UP)

    async def check(self) -> str:
        """The account's status (``active``); raises TwilioUnavailable with what to do about it."""
        account = await self._ask(lambda: self._client.api.v2010.accounts(self._client.account_sid).fetch())
        if account is None:
            raise TwilioUnavailable("there is no such account: see TWILIO_ACCOUNT_SID")
        return str(account.status)

    async def numbers(self) -> list[OwnNumber]:
        """The account's numbers that calls may come to. Raises TwilioUnavailable."""
        found = await self._ask(lambda: self._client.incoming_phone_numbers.list(limit=MOST_NUMBERS))
        return [own_number(one) for one in found or ()]

    async def connect(self, number_sid: str, hooks: Hooks) -> OwnNumber | None:
        """Have Twilio ask these addresses about a number; None where there is no such number. Raises TwilioUnavailable.

        An application that the number had is taken from it: Twilio would ask that one's addresses instead
        (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
        """
        number = self._client.incoming_phone_numbers(number_sid)
        changed = await self._ask(lambda: number.update(**hooks.as_twilio()))
        return None if changed is None else own_number(changed)

    async def own_word(self, call_sid: str) -> OwnWord:
        """What Twilio says of a call, for people who look at it. Raises TwilioUnavailable.

        Its sound is told of where the account has Voice Insights' Advanced Features, from minutes after its end on.
        """
        try:
            async with asyncio.timeout(LOOKED_WITHIN_S):
                call = await self._looked(lambda: own_call(self._client.calls(call_sid).fetch()))
                if call is None:
                    return OwnWord(None)
                return OwnWord(call, await self._notices(call_sid), await self._summary(call_sid))
        except TimeoutError as late:
            raise TwilioUnavailable(f"Twilio did not answer within {LOOKED_WITHIN_S:g} s") from late

    async def _notices(self, call_sid: str) -> list[Notice] | None:
        def noted() -> list[Notice]:
            return [notice(one) for one in self._client.calls(call_sid).notifications.list(limit=MOST_NOTICES)]

        try:
            return await self._looked(noted)
        except TwilioUnavailable as failed:
            log.warning("call's errors not looked up", call_sid=call_sid, problem=str(failed))
            return None

    async def _summary(self, call_sid: str) -> Summary | Unknown:
        """An account without the feature is refused, which is no failure; nor is one that has it and no summary yet."""

        def summed_up() -> Summary:  # all of it in the thread: the package reads its modules as they are named
            return summary(self._client.insights.v1.calls(call_sid).summary().fetch())

        try:
            return await self._looked(summed_up) or "not_there"
        except TwilioUnavailable as refused:
            if refused.status in (401, 403):
                return "off"
            log.warning("call's summary not looked up", call_sid=call_sid, problem=str(refused))
            return "not_there" if refused.status == 404 else "unasked"

    def close(self) -> None:
        """Give the connections and the threads back."""
        for threads in (self._threads, self._looking):
            threads.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    async def _looked(self, call: Callable[[], T]) -> T | None:
        """The same for who only looks: they must not take the threads that calls are led with."""
        return await self._ask(call, self._looking)

    async def _ask(self, call: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> T | None:
        """Run one request in a thread; None when Twilio knows no such thing (any more)."""
        try:
            return await asyncio.get_running_loop().run_in_executor(threads or self._threads, call)
        except TwilioRestException as refused:
            if refused.code == NOT_FOUND_CODE:
                return None
            code = refused.code if refused.code and refused.status < 500 else 0
            raise TwilioUnavailable(_explained(refused), code, refused.status) from refused
        except (TwilioException, httpx2.HTTPError, ValueError) as failed:  # a body that is no JSON is the last
            raise TwilioUnavailable(f"{type(failed).__name__}: {failed}") from failed


def _explained(refused: TwilioRestException) -> str:
    if refused.status == 401:
        return "Twilio refused the credentials (401): see TWILIO_ACCOUNT_SID, the token or key, and their region"
    return f"Twilio answered {refused.status} (code {refused.code}): {refused.msg}"


def _look_at(code: int) -> str:
    return f"look at https://www.twilio.com/docs/api/errors/{code}" if code else "look at https://status.twilio.com"


def _idempotent(method: str, uri: str) -> bool:
    return method in ("GET", "DELETE") or _CHANGES.search(uri) is not None


def _judged(response: httpx2.Response, again: bool) -> httpx2.Response:
    if response.status_code == 429 or (again and response.status_code >= 500):
        raise _TryAgain(response)
    return response


def _worth_trying(again: bool) -> Callable[[Exception], bool]:
    def worth(problem: Exception) -> bool:
        # A connection that never came up has carried nothing.
        harmless = (_TryAgain, httpx2.ConnectError, httpx2.ConnectTimeout)
        return isinstance(problem, harmless) or (again and isinstance(problem, httpx2.TransportError))

    return worth


@dataclass(frozen=True, slots=True)
class TwilioTexts:
    """Texts to callers from one number of ours: what ``send_text`` and one-time codes go through."""

    control: CallControl
    from_: str

    async def send(self, to: str, body: str) -> None:
        """Send one text. Raises TextNotSent."""
        await self.control.send_text(to, body, from_=self.from_)
