"""Query parameters: each is known, stands there once, and is as it should be; or all that is wrong is told at once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar, get_args
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct

from okevents.bookings.model import BookingState
from okevents.bookings.ports import BookingFilter
from okevents.contracts.event import EventStatus
from okevents.errors import BadInput, FieldFault
from okevents.events.ports import EventFilter
from okevents.http.limits import Limits
from okevents.kernel.clock import from_milliseconds
from okevents.kernel.ids import EventId, WebhookId, is_object_id
from okevents.webhooks.model import DeliveryState
from okevents.webhooks.ports import Wanted

MANY = 2**31 - 1
STEPS, MOST_STEPS = 120, 1_000
PAGE = ("limit", "cursor")
FLAG = ("true", "false")
EVENT_FILTERS = ("q", "country", "from", "to", "hall_capacity", "available", "status")

T = TypeVar("T", bound=str)


class Page(Struct, frozen=True, kw_only=True):
    """Which part of a list is wanted. `given` are all parameters, as they were sent to `path`."""

    path: str
    given: Mapping[str, str]
    cursor: str | None
    limit: int

    def links(self, following: str | None) -> str:
        """The Link header (RFC 8288): the first page, and the following one if there is any."""
        first = f'<{self._link(None)}>; rel="first"'
        return first if following is None else f'{first}, <{self._link(following)}>; rel="next"'

    def _link(self, cursor: str | None) -> str:
        query = {name: value for name, value in self.given.items() if name != "cursor"}
        if cursor is not None:
            query["cursor"] = cursor
        return f"{self.path}?{urlencode(query)}" if query else self.path


class EventQuery(Struct, frozen=True, kw_only=True):
    """What is asked of the list of events."""

    filter: EventFilter
    page: Page


class CalendarQuery(Struct, frozen=True, kw_only=True):
    """What is asked of the calendar of events, and the path that asks for just that."""

    filter: EventFilter
    path: str


class ImportQuery(Struct, frozen=True, kw_only=True):
    """How events are to be imported. `source`: whose external ids they are."""

    source: str
    is_dry_run: bool


class BookingQuery(Struct, frozen=True, kw_only=True):
    """What is asked of the list of bookings. `hall`: its id or its name."""

    filter: BookingFilter
    hall: str | None
    page: Page


class DeliveryQuery(Struct, frozen=True, kw_only=True):
    """What is asked of the list of a webhook's deliveries."""

    filter: Wanted
    page: Page


class QueueQuery(Struct, frozen=True, kw_only=True):
    """Which queue's messages are asked for, None: those of all; and how many of each."""

    queue: str | None
    limit: int


def event_query(query: bytes, limits: Limits) -> EventQuery:
    """Raises BadInput with a fault for each bad or unknown parameter."""
    read = _Reader(query, EVENT_FILTERS)
    wanted = _event_filter(read)
    return EventQuery(filter=wanted, page=read.page("/events", limits))


def calendar_query(query: bytes, path: str) -> CalendarQuery:
    """The filters of the list of events. Raises BadInput with a fault for each bad or unknown parameter."""
    read = _Reader(query, EVENT_FILTERS, has_pages=False)
    wanted = _event_filter(read)
    read.require_good()
    return CalendarQuery(filter=wanted, path=read.path(path))


def _event_filter(read: "_Reader") -> EventFilter:
    return EventFilter(
        text=(read.text("q") or "").casefold(),
        country=read.text("country") or "",
        starts_from=read.instant("from"),
        starts_before=read.instant("to"),
        hall_capacity=read.whole("hall_capacity", 1, MANY),
        available=read.whole("available", 1, MANY),
        status=read.choice("status", get_args(EventStatus)),
    )


def booking_query(query: bytes, limits: Limits) -> BookingQuery:
    """Raises BadInput with a fault for each bad or unknown parameter."""
    read = _Reader(query, ("event", "hall", "state", "email", "from", "to"))
    event_id, email, state = read.object_id("event"), read.text("email"), read.choice("state", tuple(BookingState))
    wanted = BookingFilter(
        event_id=None if event_id is None else EventId(event_id),
        state=None if state is None else BookingState(state),
        guest=None if email is None else email.casefold(),
        created_from=read.instant("from"),
        created_before=read.instant("to"),
    )
    return BookingQuery(filter=wanted, hall=read.text("hall"), page=read.page("/bookings", limits))


def delivery_query(query: bytes, path: str, limits: Limits, webhook_id: WebhookId) -> DeliveryQuery:
    """Raises BadInput with a fault for each bad or unknown parameter."""
    read = _Reader(query, ("state", "from", "to"))
    state = read.choice("state", tuple(DeliveryState))
    wanted = Wanted(
        webhook_id=webhook_id,
        state=None if state is None else DeliveryState(state),
        created_from=read.instant("from"),
        created_before=read.instant("to"),
    )
    return DeliveryQuery(filter=wanted, page=read.page(path, limits))


def import_query(query: bytes) -> ImportQuery:
    """Raises BadInput with a fault for each bad or unknown parameter."""
    read = _Reader(query, ("source", "dry_run"), has_pages=False)
    wanted = ImportQuery(source=read.text("source") or "", is_dry_run=read.choice("dry_run", FLAG) == "true")
    read.require_good()
    return wanted


def page_query(query: bytes, path: str, limits: Limits) -> Page:
    """A list without filters. Raises BadInput with a fault for each bad or unknown parameter."""
    return _Reader(query, ()).page(path, limits)


def queue_query(query: bytes, limits: Limits | None = None) -> QueueQuery:
    """`limits`: of what is listed; None: nothing is. Raises BadInput with a fault for each bad or unknown parameter."""
    read = _Reader(query, ("queue",) if limits is None else ("queue", "limit"), has_pages=False)
    queue = read.text("queue")
    limit = None if limits is None else read.whole("limit", 1, limits.max_page_size)
    read.require_good()
    return QueueQuery(queue=queue, limit=limit or (0 if limits is None else limits.page_size))


def first_query(query: bytes) -> int:
    """Where a page of numbered things begins. Raises BadInput with a fault for each bad or unknown parameter."""
    read = _Reader(query, ("from",), has_pages=False)
    first = read.whole("from", 1, MANY)
    read.require_good()
    return first or 1


def steps_query(query: bytes) -> int:
    """At how many instants something is told at the most. Raises BadInput with a fault for each bad or unknown
    parameter."""
    read = _Reader(query, ("steps",), has_pages=False)
    steps = read.whole("steps", 1, MOST_STEPS)
    read.require_good()
    return steps or STEPS


class _Reader:
    """The parameters of one request; what is wrong with them is told at the end."""

    def __init__(self, query: bytes, names: Sequence[str], *, has_pages: bool = True) -> None:
        self._faults: list[FieldFault] = []
        self._given: dict[str, str] = {}
        known = (*names, *(PAGE if has_pages else ()))
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="replace"):
            if name not in known:
                self._fault(name, f"is not a known parameter; known here: {', '.join(known)}")
            elif name in self._given:
                self._fault(name, "stands there twice")
            self._given[name] = value

    def page(self, path: str, limits: Limits) -> Page:
        """Raises BadInput."""
        limit = self.whole("limit", 1, limits.max_page_size)
        self.require_good()
        return Page(path=path, given=self._given, cursor=self._given.get("cursor"), limit=limit or limits.page_size)

    def path(self, path: str) -> str:
        """The path with the parameters that were given."""
        return f"{path}?{urlencode(self._given)}" if self._given else path

    def require_good(self) -> None:
        """Raises BadInput."""
        if self._faults:
            raise BadInput(self._faults)

    def text(self, name: str) -> str | None:
        text = self._given.get(name)
        if text is not None and (len(text) > 200 or "\x00" in text):
            self._fault(name, "up to 200 characters are expected, none of them NUL")
        return text

    def object_id(self, name: str) -> str | None:
        text = self._given.get(name)
        if text is not None and not is_object_id(text):
            self._fault(name, f"is {text[:60]!r}; 24 lower-case hexadecimal digits are expected")
        return text

    def whole(self, name: str, least: int, most: int) -> int | None:
        text = self._given.get(name)
        if text is None:
            return None
        if text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most:
            return int(text)
        self._fault(name, f"is {text[:60]!r}; a whole number from {least} to {most} is expected")
        return None

    def choice(self, name: str, choices: Sequence[T]) -> T | None:
        text = self._given.get(name)
        found = next((choice for choice in choices if choice == text), None)
        if text is not None and found is None:
            expected = ", ".join(f"'{choice}'" for choice in choices[:-1])
            self._fault(name, f"is {text[:60]!r}; {expected} or '{choices[-1]}' is expected")
        return found

    def instant(self, name: str) -> datetime | None:
        text = self._given.get(name)
        if text is None:
            return None
        try:
            if (digits := text.removeprefix("-")).isascii() and digits.isdigit():
                return from_milliseconds(int(text[:20]))
            # A plus sign that nobody escaped arrives as a space.
            instant = msgspec.convert(text.replace(" ", "+"), datetime)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
        except (msgspec.ValidationError, OverflowError, ValueError):
            pass
        self._fault(name, f"is {text[:60]!r}; Unix milliseconds or RFC 3339 text with an offset are expected")
        return None

    def _fault(self, name: str, detail: str) -> None:
        self._faults.append(FieldFault(name, detail))
