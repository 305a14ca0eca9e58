"""The job that tells one endpoint of one event: words and numbers added where they are wanted, signed, sent."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.store import analyses
from app.store.calls import call
from app.store.database import Database
from app.store.outbox import Job
from app.store.worker import Again, Hopeless, Trade
from app.webhooks.endpoints import Endpoint
from app.webhooks.events import KIND
from app.webhooks.sending import LIMIT_S, NotSent, Sender
from app.webhooks.signing import signed

GONE: Final = 410  # "stop sending"

# What stands in an event: ids, times and outcomes only; also what the model wrote of a call; also the caller's number.
Details = Literal["facts", "words", "all"]


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the endpoints of one house."""

    database: Database
    endpoints: Sequence[Endpoint]
    sender: Sender
    details: Details = "facts"
    wall: Callable[[], float] = time.time

    def trade(self) -> Trade:
        """At first after seconds, then after hours, for a day in all: a receiver may be down for a night."""
        return Trade(
            KIND, self.work, at_once=8, limit_s=LIMIT_S + 10, attempts=12, first_s=5, factor=3.5, most_s=18_000
        )

    async def work(self, job: Job) -> None:
        """Tell it. Raises Again, Hopeless."""
        endpoint = next((one for one in self.endpoints if one.id == job.payload["endpoint"]), None)
        if endpoint is None:
            raise Hopeless("the endpoint is not in FRONTLINE_WEBHOOKS any more")
        body = await self.body(job)
        headers = signed(endpoint.secret, str(job.payload["id"]), int(self.wall()), body)
        try:
            reply = await self.sender.post(endpoint.url, body, headers)
        except NotSent as failed:
            raise (Hopeless if failed.refused else Again)(f"{endpoint.host}: {failed.reason}") from failed
        if reply.status == GONE:
            raise Hopeless(f"{endpoint.host}: status {GONE}, it wants no more")
        if not 200 <= reply.status < 300:
            raise Again(f"{endpoint.host}: status {reply.status}", reply.retry_after_s)

    async def body(self, job: Job) -> bytes:
        """The document: https://github.com/standard-webhooks/standard-webhooks#payload-structure."""
        data = {**dict(_mapping(job.payload["data"])), **await self._more(job)}
        told = {"type": job.payload["type"], "timestamp": job.payload["at"], "data": data}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    async def _more(self, job: Job) -> dict[str, object]:
        """What is not kept with the job: it is read where it is kept, as long as it is kept."""
        more: dict[str, object] = {}
        if self.details == "facts" or job.call_sid is None:
            return more
        made = await analyses.of_call(self.database, job.call_sid) if job.payload["type"] == "call.analysed" else None
        if made is not None:
            one = made.analysis
            more = {"summary": one.summary, "reason": one.reason, "tags": list(one.tags), "to_do": list(one.follow_ups)}
        row = await call(self.database, job.call_sid) if self.details == "all" else None
        return more if row is None else {**more, "caller": row.start.caller, "called": row.start.called}


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, Mapping)
    return value
