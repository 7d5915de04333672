"""What a guest is told who can't have what was asked for."""

from collections.abc import Mapping
from typing import Any

from okevents.errors import (
    BadInput,
    BookingClosed,
    BookingNotOpen,
    EventCancelled,
    EventOver,
    GuestLimitReached,
    HallsUnknown,
    HoldLimitReached,
    IllegalTransition,
    KeyReused,
    OkeventsError,
    SoldOut,
    TooManyPlaces,
)
from okevents.pages.catalogue import N_, Text
from okevents.pages.formats import Formats

_PLAIN: Mapping[type[OkeventsError], str] = {
    EventOver: N_("This event is over, so it can’t be booked any more."),
    EventCancelled: N_("This event is cancelled, so it can’t be booked."),
    BookingClosed: N_("Booking for this event has closed."),
    HallsUnknown: N_("This event can’t be booked yet: its halls aren’t announced."),
    HoldLimitReached: N_("These places can’t be held any longer. Please confirm them now."),
    IllegalTransition: N_("That isn’t possible any more, because the booking has changed. This is how it is now."),
    KeyReused: N_("This form was sent before with other data. If that wasn’t you, send it once more."),
}

_FIELDS: Mapping[str, tuple[str, str]] = {
    "/hall": ("hall", N_("Choose one of the halls.")),
    "/lines/0/hall": ("hall", N_("Choose one of the halls.")),
    "/places": ("places", N_("Give a number of places from 1 on.")),
    "/guest/name": ("name", N_("Give your name: up to 200 characters in one line.")),
    "/guest/email": ("email", N_("Give an e-mail address such as name@example.org.")),
}
"""By the JSON pointer that the service names, the form's field and what would be right."""


def faults_of(error: BadInput) -> dict[str, Text]:
    """What is wrong with a form, by its fields."""
    found: dict[str, Text] = {}
    for fault in error.faults:
        field, said = _FIELDS.get(fault.pointer, ("", N_("Something in this form isn’t right.")))
        found.setdefault(field, Text(said))
    return found


def refusal(error: OkeventsError, formats: Formats, timezone: str | None) -> Text:
    """Why it can't be had, and what could be done; instants by the clocks of the place."""
    members: Mapping[str, Any] = error.members
    if isinstance(error, SoldOut):
        if not members.get("free"):
            return Text(N_("There is no place free in this hall any more. You may wait for places that come free."))
        return Text(
            N_("Only %(free)s of the places are free. Choose fewer, or wait for places that come free."),
            {"free": members["free"]},
        )
    if isinstance(error, BookingNotOpen):
        return Text(N_("Booking opens on %(opens)s."), {"opens": formats.moment(members["opens"], timezone)})
    if isinstance(error, TooManyPlaces):
        return Text(N_("The most places in one booking: %(most)s."), {"most": members["max_places"]})
    if isinstance(error, GuestLimitReached):
        return Text(
            N_("Places of this event that you may still book, counting all your bookings: %(left)s."),
            {"left": members["left"]},
        )
    return Text(_PLAIN.get(type(error), N_("That isn’t possible at the moment. Please try again.")))
