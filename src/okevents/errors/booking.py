"""What a booking is refused with."""

from okevents.errors.tree import Conflict, NotFound


class EventNotFound(NotFound):
    """There is no such event."""

    slug = "event-not-found"
    title = "There is no such event"


class BookingNotFound(NotFound):
    """There is no such booking."""

    slug = "booking-not-found"
    title = "There is no such booking"


class SoldOut(Conflict):
    """Fewer places are free than were asked for; `free` says how many there are."""

    slug = "sold-out"
    title = "Not enough free places"


class EventOver(Conflict):
    """The event has ended."""

    slug = "event-over"
    title = "The event is over"


class EventCancelled(Conflict):
    """The event was cancelled."""

    slug = "event-cancelled"
    title = "The event is cancelled"


class HallsUnknown(Conflict):
    """The event is known by a message that doesn't tell its halls, so it can't be booked."""

    slug = "halls-unknown"
    title = "The halls of the event are not known"


class BookingNotOpen(Conflict):
    """The organiser has said when booking opens, in the member `opens`, and that is later."""

    slug = "booking-not-open"
    title = "Booking has not opened yet"


class BookingClosed(Conflict):
    """The organiser has said when booking closes, in the member `closes`, and that is over."""

    slug = "booking-closed"
    title = "Booking has closed"


class TooManyPlaces(Conflict):
    """More places than the organiser lets one booking have; `max_places` says how many."""

    slug = "too-many-places"
    title = "Too many places for one booking"


class GuestLimitReached(Conflict):
    """More places than the organiser lets one guest have in all bookings; `left` says how many are left."""

    slug = "guest-limit-reached"
    title = "The guest has as many places as a guest may have"


class HoldLimitReached(Conflict):
    """The hold lasts as long as a hold may in total, with all extensions; `expires_at` says until when."""

    slug = "hold-limit-reached"
    title = "The hold can't be extended any more"
