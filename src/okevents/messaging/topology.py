"""The topology: which queue hears of what. One table, for every broker and every process."""

from msgspec import Struct

BOOKINGS_QUEUE = "okevents.bookings"
EVENTS_QUEUE = "okevents.events"
WEBHOOKS_QUEUE = "okevents.webhooks"

_OF_EVENTS = ("event.created", "event.updated", "event.cancelled")
_OF_BOOKINGS = (
    "booking.held",
    "booking.confirmed",
    "booking.checked_in",
    "booking.waiting",
    "booking.offered",
    "booking.expired",
    "booking.cancelled",
)
_OF_AVAILABILITY = ("availability.changed",)


class Topology(Struct, frozen=True, kw_only=True):
    """Names are settings; the exchange's default is the one that the first program of this name used.

    That program's own queue, `booking`, bound to `event.created`, is its own: it is never declared, read or deleted
    here, and goes on hearing what it heard.
    """

    exchange: str = "okevents"
    dead_letter_exchange: str = "okevents.dead"
    bookings_queue: str = BOOKINGS_QUEUE
    events_queue: str = EVENTS_QUEUE
    webhooks_queue: str = WEBHOOKS_QUEUE

    @property
    def bindings(self) -> dict[str, tuple[str, ...]]:
        """The names of the messages that each durable queue must receive."""
        return {
            self.bookings_queue: _OF_EVENTS,
            self.events_queue: _OF_AVAILABILITY,
            self.webhooks_queue: (*_OF_EVENTS, *_OF_BOOKINGS, *_OF_AVAILABILITY),
        }

    def required_queues(self, name: str) -> tuple[str, ...]:
        """The queues that a message of this name must reach; where there is none, it may go unheard."""
        return tuple(queue for queue, names in self.bindings.items() if name in names)

    def parking_queue(self, queue: str) -> str:
        return f"{queue}.parked"
