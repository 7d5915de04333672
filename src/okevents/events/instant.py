"""An instant as clients send it: Unix milliseconds, or RFC 3339 text with an offset."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import Meta

from okevents.errors import FieldFault
from okevents.kernel.clock import FIRST_MS, LAST_MS, MILLISECOND, from_milliseconds

Instant = Annotated[
    Annotated[int, Meta(extra_json_schema={"minimum": FIRST_MS, "maximum": LAST_MS})]
    | Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})],
    Meta(
        description="Unix milliseconds, or RFC 3339 text with an offset.",
        examples=[1924977600000],
    ),
]


def utc(given: int | datetime, pointer: str, faults: list[FieldFault]) -> datetime | None:
    """The instant in UTC, cut to the millisecond; None, with a fault added, if there is no such one."""
    try:
        if isinstance(given, int):
            return from_milliseconds(given)
        if given.tzinfo is None:
            faults.append(
                FieldFault(
                    pointer,
                    f"is {given.isoformat()}, without an offset; add 'Z' or '+02:00'",
                )
            )
            return None
        instant = given.astimezone(UTC)
        return instant - timedelta(microseconds=instant.microsecond) % MILLISECOND
    except OverflowError:
        faults.append(FieldFault(pointer, f"is {given}; an instant of the years 1 to 9999 is expected"))
        return None
