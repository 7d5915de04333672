"""Time as a port, so that tests and simulations may own it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

from msgspec import Meta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
FIRST_MS = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MILLISECOND
LAST_MS = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MILLISECOND
"""Unix milliseconds of the first and the last instant that there is: the years 1 to 9999."""

Rfc3339 = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]
"""An instant in what is published; its schema says how it is written."""


class Clock(Protocol):
    """What time it is. `now` may jump when the machine's clock is set; `monotonic` (seconds) never goes back."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def to_milliseconds(instant: datetime) -> int:
    """Unix milliseconds of an aware instant, rounded down; exact for every year that datetime knows."""
    return (instant - EPOCH) // MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC instant of Unix milliseconds.

    Raises OverflowError outside of the years 1 to 9999.
    """
    return EPOCH + timedelta(milliseconds=milliseconds)
