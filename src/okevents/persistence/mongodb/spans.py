"""Spans of time in queries."""

from datetime import datetime

from okevents.kernel.clock import to_milliseconds
from okevents.persistence.mongodb.server import Document


def created_within(first: datetime | None, before: datetime | None) -> Document:
    """What a query says of `created`, milliseconds: from `first` on, and before `before`. Empty without either."""
    span: Document = {}
    if first is not None:
        span["$gte"] = to_milliseconds(first)
    if before is not None:
        span["$lt"] = to_milliseconds(before)
    return {"created": span} if span else {}
