"""Traces by OTLP: spans are taken in at once, and sent in batches by a thread beside everything else."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.util.re import parse_env_headers

CLOSE_WITHIN_S: Final = 5.0  # at the end, what waits has this long

Value = str | bool | int | float

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Target:
    """Where spans go, and which process they are of. ``headers`` are written as in ``OTEL_EXPORTER_OTLP_HEADERS``."""

    address: str
    headers: str = ""
    instance: str = ""


class _Ids(RandomIdGenerator):
    """Gives the next trace the id it is told. (The SDK takes generators by inheritance.)"""

    next_trace = 0

    def generate_trace_id(self) -> int:
        return self.next_trace or super().generate_trace_id()


class Traces:
    """Where spans go. ``words``: what was said goes with them, as it stands on record.

    Nothing here waits: a span is put into a bounded queue, which drops the oldest where its thread does not keep up.
    """

    def __init__(self, exporter: SpanExporter, resource: Resource, *, words: bool = False) -> None:
        self.words = words
        self._exporter = exporter
        self._ids = _Ids()
        # Never made the global one: libraries that trace by themselves would send callers' words. Nor does it end by
        # itself with the process, which it would hold up for half a minute.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False, id_generator=self._ids)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("frontline")

    def begin(self, trace: int, name: str, at: float, about: Mapping[str, Value]) -> Span:
        """The first span of a trace, on which the others hang; ``at`` is in seconds of the epoch."""
        self._ids.next_trace = trace
        return self._tracer.start_span(name, Context(), start_time=_ns(at), attributes=about)

    def add(
        self,
        of: Span,
        name: str,
        started: float,
        ended: float,
        about: Mapping[str, Value],
        *,
        to_peer: bool = False,
        fault: str = "",
    ) -> None:
        """A span that is complete; ``to_peer``: it is what another service did for us."""
        kind = SpanKind.CLIENT if to_peer else SpanKind.INTERNAL
        span = self._tracer.start_span(
            name, set_span_in_context(of, Context()), kind, attributes=about, start_time=_ns(started)
        )
        self.end(span, ended, fault)

    def end(self, span: Span, at: float, fault: str = "") -> None:
        """A span is over; ``fault`` names, in a word, what went wrong."""
        if fault:
            span.set_attribute("error.type", fault)
            span.set_status(Status(StatusCode.ERROR))
        span.end(_ns(at))

    async def close(self) -> None:
        """Send what waits, for a while: a receiver that does not answer holds nobody up."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces' end", daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, CLOSE_WITHIN_S)
        if closing.is_alive():
            self._exporter.shutdown()  # or its thread would go on trying
            log.warning("traces not sent", next="look at the receiver that OTEL_EXPORTER_OTLP_ENDPOINT names")


def moment(of: Span, name: str, at: float, about: Mapping[str, Value]) -> None:
    """Something that happened in a span, at a time in seconds of the epoch."""
    of.add_event(name, about, _ns(at))


def start_traces(target: Target, *, words: bool = False) -> Traces:
    """Begin to send spans. What else the SDK reads from the environment, such as a sampler, it takes from there."""
    ours = Resource.create({"service.name": "frontline", "service.instance.id": target.instance})
    resource = ours.merge(OTELResourceDetector().detect())  # OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES
    exporter = OTLPSpanExporter(target.address, headers=parse_env_headers(target.headers, liberal=True))
    return Traces(exporter, resource, words=words)


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)
