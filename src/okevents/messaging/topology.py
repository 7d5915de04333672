"""The topology: which queue hears of what. One table, for every broker and every process."""

from msgspec import Struct

BOOKINGS_QUEUE = "okevents.bookings"
EVENTS_QUEUE = "okevents.events"


class Topology(Struct, frozen=True, kw_only=True):
    """Names are settings; the exchange's default is the one that the first program of this name used.

    That program's own queue, `booking`, bound to `event.created`, is its own: it is never declared, read or deleted
    here, and goes on hearing what it heard.
    """

    exchange: str = "okevents"
    dead_letter_exchange: str = "okevents.dead"
    bookings_queue: str = BOOKINGS_QUEUE
    events_queue: str = EVENTS_QUEUE

    @property
    def bindings(self) -> dict[str, tuple[str, ...]]:
        """The names of the messages that each durable queue must receive."""
        return {
            self.bookings_queue: ("event.created", "event.updated", "event.cancelled"),
            self.events_queue: ("availability.changed",),
        }

    def required_queues(self, name: str) -> tuple[str, ...]:
        """The queues that a message of this name must reach; where there is none, it may go unheard."""
        return tuple(queue for queue, names in self.bindings.items() if name in names)

    def parking_queue(self, queue: str) -> str:
        return f"{queue}.parked"
