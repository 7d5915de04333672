"""A collector of traces, as OpenTelemetry's programs send them: OTLP over HTTP, in Protocol Buffers."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


class Seen(Struct, frozen=True):
    """A span that was sent; its ids in hexadecimal digits, `parent` empty where it is the first of its trace."""

    service: str
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    notes: dict[str, str | int]
    has_failed: bool
    said: str


class Collector:
    """Keeps what it is sent. While `is_ill` it refuses everything, and counts that; while `is_hanging` is set it
    answers nothing."""

    def __init__(self, address: str) -> None:
        self.spans: list[Seen] = []
        self.is_ill = False
        self.refused = 0
        self.is_hanging = threading.Event()
        self.environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
        }

    def take(self, body: bytes) -> None:
        """One request's spans."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_seen(about["service.name"], span) for span in scope.spans]

    async def until(self, is_enough: Callable[["Collector"], bool], within: float = 20.0) -> list[Seen]:
        """What was sent, once it is enough."""
        try:
            async with asyncio.timeout(within):
                while not is_enough(self):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"this is all that was sent: {self.spans}") from None
        return list(self.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    """One that listens on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            while collector.is_hanging.is_set():
                time.sleep(0.01)
            is_right = self.path == "/v1/traces" and not collector.is_ill
            if is_right:
                collector.take(body)
            else:
                collector.refused += 1
            self.send_response(200 if is_right else 400)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _seen(service: str, span: Span) -> Seen:
    return Seen(
        service=service,
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        notes={each.key: each.value.string_value or each.value.int_value for each in span.attributes},
        has_failed=span.status.code == Status.STATUS_CODE_ERROR,
        said=span.status.message,
    )
