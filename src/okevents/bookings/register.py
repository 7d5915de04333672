"""The register of one event: its inventory and bookings while a batch of requests is decided."""

from collections.abc import Sequence
from datetime import datetime

from okevents.bookings import identity
from okevents.bookings.facts import Facts
from okevents.bookings.ledger import Ledger
from okevents.bookings.life import present
from okevents.bookings.model import HOLDS, Booking, BookingState, Inventory
from okevents.bookings.requests import OfGuest
from okevents.bookings.rules import Rules
from okevents.errors import BookingNotFound
from okevents.kernel.caller import require_version
from okevents.kernel.ids import BookingId


class Register:
    """Every booking is found as it is at the instant of the decision, whatever of that was written down already.

    `steps` are the changes of bookings so far, in order: each booking in each version that it got.
    """

    def __init__(self, inventory: Inventory, facts: Facts, rules: Rules, at: datetime) -> None:
        self.before = inventory
        self.facts = facts
        self.rules = rules
        self.at = at
        self.ledger = Ledger(inventory, rules)
        self.ledger.lapse(at)
        self.steps: list[Booking] = []
        self._bookings = dict(facts.bookings)

    @property
    def inventory(self) -> Inventory:
        """As it is now, but for the counters."""
        return self.ledger.inventory

    def knows(self, booking_id: BookingId) -> bool:
        return booking_id in self._bookings

    def find(self, booking_id: BookingId) -> Booking:
        """Raises BookingNotFound."""
        booking = self._bookings.get(booking_id)
        if booking is None:
            raise BookingNotFound(f"there is no booking {booking_id}")
        return present(booking, self.inventory, self.at)

    def find_for(self, request: OfGuest) -> Booking:
        """The booking, if it is still that of the guest who asks, and in a version that was meant.

        Raises BookingNotFound and PreconditionFailed.
        """
        booking = self.find(request.booking_id)
        identity.require_opened(booking, request.secret_issue)
        require_version(request.if_match, booking.version)
        return booking

    def of_guest(self, key: str) -> Sequence[Booking]:
        """The guest's live bookings, as far as they were looked up."""
        own = [self.find(booking.id) for booking in self._bookings.values() if booking.guest.key == key]
        return [booking for booking in own if booking.is_live]

    def open(self, booking: Booking) -> None:
        """Writes a new booking down."""
        self.ledger.enter(booking)
        self._write(booking)

    def change(self, before: Booking, after: Booking) -> None:
        """Writes a booking down that was found as `before`."""
        self.tell(before)
        if after is before:
            return
        if not before.state is after.state is BookingState.WAITING:  # Who waits keeps its place in line.
            self.ledger.strike(before)
            self.ledger.enter(after)
        self._write(after)

    def tell(self, found: Booking) -> None:
        """Writes down what has become of the booking by itself; its places were counted so already."""
        known = self._bookings[found.id]
        if found.version == known.version:
            return
        if found.state is BookingState.EXPIRED and known.state in HOLDS:
            self.ledger.set(untold=self.inventory.untold - 1)
        self._write(found)

    def _write(self, booking: Booking) -> None:
        self._bookings[booking.id] = booking
        self.steps.append(booking)
