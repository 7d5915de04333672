"""Refusing at once what can't be granted: the many who come when everything is sold cost no place in a queue."""

from datetime import datetime

from okevents.bookings.ledger import sold_out
from okevents.bookings.model import Inventory
from okevents.bookings.requests import Book


def require_not_full(inventory: Inventory, request: Book, at: datetime) -> None:
    """Raises SoldOut if a hall surely lacks the places, by an inventory that was the newest a moment ago.

    Whatever isn't sure is left to `allocate`: a hold that ends by then, a party that may wait, an event that can't be
    booked for another reason.
    """
    if request.may_wait or inventory.status != "scheduled" or inventory.closes_at <= at:
        return
    if inventory.due_at is not None and inventory.due_at <= at:
        return
    if inventory.terms != type(inventory.terms)():
        return
    for line in request.lines:
        for hall in inventory.halls or ():
            if line.hall in (hall.id, hall.name) and not hall.is_removed and line.places > hall.available:
                raise sold_out(hall, line.places)
