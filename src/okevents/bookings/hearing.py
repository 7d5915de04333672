"""What a message about an event says, taken as it was meant."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from okevents.contracts.event import BookingTerms, EventState
from okevents.contracts.reading import read
from okevents.errors import Unprocessable
from okevents.kernel.clock import MILLISECOND
from okevents.kernel.ids import EventId, is_object_id
from okevents.messaging.envelope import Message


def heard_state(message: Message) -> EventState:
    """What the message says, its instants in UTC and exact to the millisecond. Raises Unprocessable."""
    state = read(message, EventState)
    event_id = state.id.lower()
    if not is_object_id(event_id):
        raise Unprocessable(f"id is {state.id!r}; 24 hexadecimal digits are expected")
    _require_sound(state)
    return replace(
        state,
        id=EventId(event_id),
        start_time=_utc(state.start_time, "start_time"),
        end_time=_utc(state.end_time, "end_time"),
        booking=_terms(state.booking),
    )


def _require_sound(state: EventState) -> None:
    """Raises Unprocessable for what no database or no inventory can hold."""
    halls = state.halls or ()
    if len({hall.id for hall in halls}) < len(halls):
        raise Unprocessable("two of the halls have one id")
    texts = (state.name, state.location_id, state.reason, state.timezone, state.last_cancel_reason)
    if any("\x00" in (text or "") for text in (*texts, *(text for hall in halls for text in (hall.id, hall.name)))):
        raise Unprocessable("a text holds NUL, which no text may")


def _terms(terms: BookingTerms) -> BookingTerms:
    return replace(
        terms,
        opens=None if terms.opens is None else _utc(terms.opens, "booking.opens"),
        closes=None if terms.closes is None else _utc(terms.closes, "booking.closes"),
        check_in_opens=None if terms.check_in_opens is None else _utc(terms.check_in_opens, "booking.check_in_opens"),
    )


def _utc(instant: datetime, field: str) -> datetime:
    if instant.tzinfo is None:
        raise Unprocessable(f"{field} is {instant.isoformat()}, without an offset from UTC")
    try:
        exact = instant.astimezone(UTC)
    except OverflowError:
        raise Unprocessable(f"{field} is {instant.isoformat()}, beyond the years 1 to 9999") from None
    return exact - timedelta(microseconds=exact.microsecond) % MILLISECOND
