"""Receivers of traces on this machine: one that reads what it is sent, one that never answers."""

import http.server
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True)
class Received:
    """A span as it came: ids as they are written, times in seconds of the epoch."""

    name: str
    trace: str
    id: str
    parent: str
    started: float
    ended: float
    about: dict[str, object]
    moments: tuple[str, ...]
    failed: bool
    kind: int


@dataclass(slots=True)
class Receiver:
    """What came until now: whole requests, their headers, and the spans in them."""

    address: str
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    spans: list[Received] = field(default_factory=list)
    resource: dict[str, object] = field(default_factory=dict)

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        self.bodies.append(body)
        self.headers.append(headers)
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = _values(of_resource.resource.attributes)
            for of_scope in of_resource.scope_spans:
                self.spans += map(_received, of_scope.spans)

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans if span.name == name]


def _received(span: Span) -> Received:
    return Received(
        *(span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()),
        *(span.start_time_unix_nano / 1e9, span.end_time_unix_nano / 1e9),
        _values(span.attributes),
        tuple(event.name for event in span.events),
        span.status.code == 2,
        span.kind,
    )


def _values(attributes: Iterable[KeyValue]) -> dict[str, object]:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: AnyValue) -> object:
    return getattr(value, value.WhichOneof("value") or "string_value")


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that is there while the block lasts."""

    class Taking(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take(body, {name.lower(): value for name, value in self.headers.items()})
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            serving.join()


@contextmanager
def silent() -> Iterator[str]:
    """The address of one that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
