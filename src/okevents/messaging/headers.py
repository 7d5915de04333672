"""A message's headers on a broker: CloudEvents 1.0 in AMQP's binary mode, and the Go program's header beside it."""

from okevents.messaging.envelope import Message

NAME = "x-event-name"
TRACEPARENT = "traceparent"
REASON = "x-okevents-reason"
PARKED_AT = "x-okevents-parked-at"
"""Why and when it was parked: in parking queues only."""


def headers_of(message: Message) -> dict[str, str]:
    """All that are sent with it. `traceparent` is there where the message belongs to a request."""
    headers = {
        NAME: message.name,
        "cloudEvents_specversion": "1.0",
        "cloudEvents_id": message.id,
        "cloudEvents_source": message.source,
        "cloudEvents_type": message.name,
        "cloudEvents_subject": message.subject,
        "cloudEvents_time": message.occurred_at.isoformat(),
    }
    if message.traceparent is not None:
        headers[TRACEPARENT] = message.traceparent
    return headers
