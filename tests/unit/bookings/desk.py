"""One event and who books it, for examples: what a test doesn't name is as usual."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings.life import present
from okevents.bookings.model import Booking, BookingState, Guest, HallInventory, Inventory
from okevents.bookings.requests import (
    Admitted,
    Amend,
    Book,
    Cancel,
    CheckIn,
    Confirm,
    Decision,
    Done,
    Erase,
    Extend,
    Learn,
    Refused,
    Request,
    Settle,
    Unchanged,
    UndoCheckIn,
    WantedLine,
)
from okevents.bookings.rules import Rules
from okevents.contracts.event import BookingTerms, EventState, HallState
from okevents.errors import Refusal
from okevents.kernel.ids import BookingId, EventId, HallId, LocationId
from tests.unit.bookings.world import MemoryWorld, submit

START = datetime(2030, 1, 1, tzinfo=UTC)
EVENT = EventId("a" * 24)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOLD = Rules().hold + MINUTE
"""After so long a hold of the house's usual length has ended."""

T = TypeVar("T", bound=Struct)


def hall_id(name: str) -> HallId:
    """By which the hall of that name is known here."""
    return HallId(name.encode().hex().rjust(24, "0"))


def booking_id(number: int) -> BookingId:
    return BookingId(f"{number:024x}")


def an_event_state(
    version: int = 1, halls: dict[str, int] | None = None, *, has_halls: bool = True, **changes: Any
) -> EventState:
    """An event with one hall, the lobby, for 10 people, a month from now; nobody has set it any limits."""
    state = EventState(
        id=EVENT,
        name="An evening of zarzuela",
        location_id=LocationId("d" * 24),
        start_time=START + 30 * DAY,
        end_time=START + 30 * DAY + 2 * HOUR,
        version=version,
        halls=hall_states({"lobby": 10} if halls is None else halls) if has_halls else None,
    )
    return replace(state, **changes)


def hall_states(halls: dict[str, int]) -> tuple[HallState, ...]:
    """Halls by their names, for so many people each."""
    return tuple(HallState(id=hall_id(name), name=name, capacity=capacity) for name, capacity in halls.items())


def terms(**given: Any) -> dict[str, Any]:
    """For an event's state: what its organiser has set."""
    return {"booking": BookingTerms(**given)}


class Desk:
    """Everything is asked at `now`. The event is known."""

    def __init__(
        self,
        halls: dict[str, int] | None = None,
        *,
        rules: Rules | None = None,
        world: MemoryWorld | None = None,
        has_halls: bool = True,
        **told: Any,
    ) -> None:
        self.now = START
        self.rules = rules or Rules()
        self.world = world or MemoryWorld()
        self.told = an_event_state(halls=halls, has_halls=has_halls, **told)
        self._booked = 0
        self.ask(Learn(event=self.told))

    def ask(self, *requests: Request) -> Sequence[Decision]:
        """Has them decided as one batch."""
        return submit(self.world, EVENT, requests, self.now, self.rules).decisions

    def book(self, places: int = 1, hall: str = "lobby", *, email: str = "", **asked: Any) -> Booking:
        """Granted, or else it raises the refusal."""
        return self.granted(self.booking(places, hall, email=email, **asked))

    def booking(self, places: int = 1, hall: str = "lobby", *, email: str = "", **asked: Any) -> Book:
        """A request by a new guest, unless the address is given."""
        self._booked += 1
        request = Book(
            event_id=EVENT,
            booking_id=booking_id(self._booked),
            lines=(WantedLine(hall=hall, places=places),),
            guest=Guest(name=f"Guest {self._booked}", email=email or f"guest-{self._booked}@example.org"),
        )
        return replace(request, **asked)

    def book_lines(self, wanted: dict[str, int], **asked: Any) -> Booking:
        lines = tuple(WantedLine(hall=hall, places=places) for hall, places in wanted.items())
        return self.book(**asked, lines=lines)

    def confirmed(self, places: int = 1, hall: str = "lobby", **asked: Any) -> Booking:
        return self.book(places, hall, hold=timedelta(), **asked)

    def waiting(self, places: int = 1, hall: str = "lobby", **asked: Any) -> Booking:
        booking = self.book(places, hall, may_wait=True, **asked)
        assert booking.state is BookingState.WAITING
        return booking

    def confirm(self, booking: Booking, **asked: Any) -> Booking:
        return self.granted(self.of(Confirm, booking, **{"guest_key": booking.guest.key, **asked}))

    def extend(self, booking: Booking, hold: timedelta | None = None, **asked: Any) -> Booking:
        return self.granted(self.of(Extend, booking, hold=hold, **asked))

    def cancel(self, booking: Booking, **asked: Any) -> Booking:
        return self.granted(self.of(Cancel, booking, **asked))

    def decline(self, booking: Booking) -> Booking:
        return self.cancel(booking, is_decline=True)

    def amend(self, booking: Booking, **asked: Any) -> Booking:
        return self.granted(self.of(Amend, booking, **asked))

    def erase(self, booking: Booking) -> Booking:
        return self.granted(self.of(Erase, booking))

    def check_in(self, booking: Booking, ticket: int | None = 1, **asked: Any) -> Admitted:
        return self._admitted(self.of(CheckIn, booking, ticket=ticket, **asked))

    def undo(self, booking: Booking, ticket: int | None = 1, **asked: Any) -> Admitted:
        return self._admitted(self.of(UndoCheckIn, booking, ticket=ticket, **asked))

    def hear(self, **changes: Any) -> Decision:
        """The event's next state: as it was last told, but for the changes."""
        if (halls := changes.pop("halls", None)) is not None:
            changes["halls"] = hall_states(halls)
        self.told = replace(self.told, **{"version": self.told.version + 1, **changes})
        return self.ask(Learn(event=self.told))[0]

    def cancel_event(self, reason: str | None = None) -> Decision:
        return self.hear(status="cancelled", reason=reason, cancellations=self.told.cancellations + 1)

    def reinstate_event(self) -> Decision:
        return self.hear(status="scheduled", last_cancel_reason=self.told.reason, reason=None)

    def settle(self) -> Decision:
        """Once: as much as is done at once."""
        return self.ask(Settle(event_id=EVENT))[0]

    def settle_all(self) -> int:
        """Until nothing is due any more. How many times there was something to do."""
        for count in range(1_000):
            if isinstance(self.settle(), Unchanged):
                due_at = self.inventory.due_at
                assert due_at is None or due_at > self.now
                return count
        raise AssertionError("settling comes to no end")

    def granted(self, request: Request) -> Booking:
        decision = self.ask(request)[0]
        if isinstance(decision, Refused):
            raise decision.error
        assert isinstance(decision, Done)
        return decision.booking

    def refusal(self, request: Request) -> Refusal:
        decision = self.ask(request)[0]
        assert isinstance(decision, Refused)
        return decision.error

    def find(self, booking: Booking) -> Booking:
        """As it is now."""
        return present(self.world.bookings[booking.id], self.inventory, max(self.now, self.inventory.as_of))

    def written(self, booking: Booking) -> Booking:
        """As it is written."""
        return self.world.bookings[booking.id]

    @property
    def inventory(self) -> Inventory:
        return self.world.inventories[EVENT]

    def hall(self, name: str = "lobby") -> HallInventory:
        return next(hall for hall in self.inventory.halls or () if hall.id == hall_id(name))

    def of(self, command: type[T], booking: Booking, **asked: Any) -> T:
        """That request, of that booking."""
        return command(event_id=EVENT, booking_id=booking.id, **asked)

    def _admitted(self, request: Request) -> Admitted:
        decision = self.ask(request)[0]
        if isinstance(decision, Refused):
            raise decision.error
        assert isinstance(decision, Admitted)
        return decision
