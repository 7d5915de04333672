"""Spans by OpenTelemetry's SDK, sent by OTLP over HTTP. Where to, how many and what else is said by its own variables
(OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, …)."""

import threading

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from okevents import __version__
from okevents.errors import ConfigurationError
from okevents.observability import correlation
from okevents.observability.masking import masked
from okevents.observability.tracing import Kind, Span
from okevents.telemetry.sending import Told

CLOSE_WITHIN = 2.0
"""Seconds in which the end of the process may send what is left."""

_KINDS = {
    Kind.INTERNAL: trace.SpanKind.INTERNAL,
    Kind.SERVER: trace.SpanKind.SERVER,
    Kind.PRODUCER: trace.SpanKind.PRODUCER,
    Kind.CONSUMER: trace.SpanKind.CONSUMER,
}


class OpenTelemetry:
    """See `Recorder`. A thread of its own sends spans in batches; those that can't be sent are dropped."""

    def __init__(self, service_name: str) -> None:
        """`service_name` holds unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES name another. Raises
        ConfigurationError."""
        try:
            own = Resource({SERVICE_NAME: service_name, SERVICE_VERSION: __version__})
            resource = Resource.create().merge(own).merge(OTELResourceDetector().detect())
            # Its end is ours to choose: by itself it would wait for as long as a collector doesn't answer.
            self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
            self._provider.add_span_processor(BatchSpanProcessor(Told(OTLPSpanExporter())))
        except (ValueError, OSError) as error:
            said = f"OpenTelemetry's own settings (OTEL_…) can't be used: {masked(str(error))}"
            raise ConfigurationError([said]) from error
        self._tracer = self._provider.get_tracer("okevents", __version__)

    def begin(self, name: str, kind: Kind, parent: str | None) -> Span:
        known = correlation.accepted(parent)
        return _Span(self._tracer.start_span(name, _context(known), _KINDS[kind]), known)

    def close(self, within: float = CLOSE_WITHIN) -> None:
        """Sends what is left, for so many seconds. Waits; call it from a thread."""
        closing = threading.Thread(target=self._provider.shutdown, name="close traces", daemon=True)
        closing.start()
        closing.join(within)


class _Span:
    """See `Span`."""

    def __init__(self, span: trace.Span, parent: str | None) -> None:
        self._span = span
        known = span.get_span_context()
        if not known.is_valid:  # OpenTelemetry is switched off by OTEL_SDK_DISABLED
            self.traceparent = parent or correlation.fresh()
            return
        ids = f"{trace.format_trace_id(known.trace_id)}-{trace.format_span_id(known.span_id)}"
        self.traceparent = f"00-{ids}-{known.trace_flags:02x}"

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, name: str, value: str | int) -> None:
        self._span.set_attribute(name, value)

    def fail(self, why: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR, masked(why))

    def end(self) -> None:
        self._span.end()


def _context(parent: str | None) -> Context:
    """As the SDK takes a parent that is elsewhere. Its own context variables aren't used: `correlation` has it."""
    if parent is None:
        return Context()
    _, trace_id, span_id, flags = parent.split("-")
    known = trace.SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(int(flags, 16))
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(known), Context())
