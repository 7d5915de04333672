"""What a span says of the message that is published or handled in it."""

from okevents.messaging.envelope import Message
from okevents.observability.tracing import Described


def describe(span: Described, operation: str, message: Message) -> None:
    """By the names of OpenTelemetry's semantic conventions for messages and for CloudEvents. Of the body nothing is
    said, for it may name guests."""
    span.note("messaging.operation.name", operation)
    span.note("messaging.message.id", message.id)
    span.note("cloudevents.event_id", message.id)
    span.note("cloudevents.event_type", message.name)
    span.note("cloudevents.event_source", message.source)
    span.note("cloudevents.event_subject", message.subject)
