"""Which pages there are, and by which rule of the API's each is let in."""

from typing import Literal

from msgspec import Struct


class PageOperation(Struct, frozen=True, kw_only=True):
    """One method of one page's path, and the name of what handles it. `rule` names the operation of the API that may
    be done by whoever may do this."""

    method: Literal["get", "post"]
    path: str
    name: str
    rule: str
    summary: str


def _show(path: str, name: str, rule: str, summary: str) -> PageOperation:
    return PageOperation(method="get", path=path, name=name, rule=rule, summary=summary)


def _send(path: str, name: str, rule: str, summary: str) -> PageOperation:
    return PageOperation(method="post", path=path, name=name, rule=rule, summary=summary)


EVENT_PAGES = (
    _show("/whats-on", "show_programme", "list_events", "A page of the events to come, to search and to look through."),
    _show("/whats-on/{event_id}", "show_event", "find_event", "The page of an event."),
)
"""Those of the Events Service."""

BOOKING_FORM = (
    _show("/book/{event_id}", "show_form", "find_availability", "The page to book places of an event on."),
    _send("/book/{event_id}", "book", "book", "Hold places, or wait for them, by that page's form."),
)
"""Where places of an event are booked: a page of the Booking Service."""

BOOKING_PAGES = (
    _show("/booking/open", "show_opening", "find_availability", "The page to open a booking on, with its secret."),
    _send("/booking/open", "open", "book", "Let this browser open a booking, by its secret."),
    _show("/booking/{id}", "show_booking", "find_booking", "The page of a booking, with its tickets."),
    _show("/booking/{id}/calendar.ics", "show_calendar", "show_booking_calendar", "The booking for a calendar."),
    _send("/booking/{id}/confirm", "confirm", "confirm_booking", "Take the held or offered places for good."),
    _send("/booking/{id}/extend", "extend", "extend_booking", "Hold the places longer."),
    _send("/booking/{id}/change", "change", "amend_booking", "Change the guest, or how many places it is for."),
    _send("/booking/{id}/cancel", "cancel", "cancel_booking", "Give the places back."),
    _send("/booking/{id}/decline", "decline", "decline_booking", "Decline an offer."),
    _send("/booking/{id}/close", "close", "book", "Let this browser open the booking no more."),
)
"""Those of a booking, for its guest."""

DOOR_PAGES = (
    _show("/door", "show_doors", "check_in", "The events that people come to now or soon, to choose one of."),
    _show("/door/worker.js", "show_worker", "find_availability", "What opens the door's page without a connection."),
    _show("/door/shell/{language}", "show_shell", "find_availability", "That page, with nothing of any event in it."),
    _show("/door/{event_id}", "show_door", "check_in", "The page of an event's door."),
    _send("/door/{event_id}", "let_in", "check_in", "Let somebody in by that page's form."),
    _send("/door/{event_id}/undo", "undo", "undo_check_in", "Whoever was let in last is outside again, by its form."),
    _show("/door/{event_id}/list", "show_list", "show_door_list", "Who may enter, and the keys, for its script."),
    _send("/door/{event_id}/scans", "take_scans", "take_scans", "Tell what was scanned, by its script."),
    _send("/door/{event_id}/booking", "let_in_booking", "check_in", "Let in one of a booking's guests, by its script."),
    _send("/door/{event_id}/outside", "put_outside", "undo_check_in", "Whoever was let in is outside again, by it."),
)
"""Those of the door, for who stands there."""

OPERATING_PAGES = (
    _show("/operations", "show_operations", "list_dead_letters", "How the process works."),
    _show("/operations/dead-letters", "show_letter", "find_dead_letter", "A dead letter, by `id` and `queue`."),
    _send("/operations/dead-letters/replay", "replay", "replay_dead_letters", "Have one or all handled once more."),
    _send("/operations/dead-letters/drop", "drop", "drop_dead_letters", "Delete one or all of them for good."),
)
"""Those of every process, for who runs it."""

EVENT_SIGNING = (
    _show("/desk/events/sign-in", "show_sign_in", "list_events", "The page to sign in on, with a token."),
    _send("/desk/events/sign-in", "sign_in", "book", "Let this browser show the token on staff's pages."),
    _send("/desk/events/sign-out", "sign_out", "book", "Let this browser forget the token."),
)
"""Where staff of the Events Service sign in."""

BOOKING_SIGNING = (
    _show("/desk/bookings/sign-in", "show_sign_in", "list_availability", "The page to sign in on, with a token."),
    _send("/desk/bookings/sign-in", "sign_in", "book", "Let this browser show the token on staff's pages."),
    _send("/desk/bookings/sign-out", "sign_out", "book", "Let this browser forget the token."),
)
"""Where staff of the Booking Service sign in."""

EVENT_DESK = (
    _show("/desk/events", "show_events", "create_event", "The page of all events, for organisers."),
    _show("/desk/events/new", "show_new", "create_event", "The form of a new event."),
    _send("/desk/events/new", "create", "create_event", "Announce an event by that form."),
    _show("/desk/events/{event_id}", "show_event", "replace_event", "The form of an event, as it is."),
    _send("/desk/events/{event_id}", "change", "patch_event", "Change the event by that form."),
    _show("/desk/events/{event_id}/cancel", "show_cancel", "cancel_event", "Ask whether to cancel the event."),
    _send("/desk/events/{event_id}/cancel", "cancel", "cancel_event", "Cancel the event, and its bookings with it."),
    _send("/desk/events/{event_id}/reinstate", "reinstate", "reinstate_event", "Let a cancelled event take place."),
)
"""For organisers, of the Events Service."""

BOOKING_DESK = (
    _show("/desk/bookings", "show_events", "list_bookings", "The page of the events that can be booked."),
    _show("/desk/bookings/{event_id}", "show_bookings", "list_bookings", "The page of an event's bookings."),
    _show("/desk/bookings/{event_id}/waiting", "show_waiting", "list_bookings", "The page of who waits for places."),
    _show("/desk/bookings/{event_id}/occupancy", "show_occupancy", "find_occupancy", "How the halls have filled."),
    _show("/desk/bookings/{event_id}/bookings.csv", "export_csv", "list_bookings", "An event's bookings as CSV."),
    _show("/desk/bookings/{event_id}/bookings.ndjson", "export_ndjson", "list_bookings", "The same, a JSON a line."),
)
"""For organisers, of the Booking Service."""

START = (_show("/desk", "start", "live", "Where staff begin: what they may do here."),)
"""Of every process."""

PAGES = (
    *START,
    *EVENT_PAGES,
    *EVENT_SIGNING,
    *EVENT_DESK,
    *BOOKING_FORM,
    *BOOKING_PAGES,
    *BOOKING_SIGNING,
    *BOOKING_DESK,
    *DOOR_PAGES,
    *OPERATING_PAGES,
)
"""All of them."""

ASSETS = "/assets/{name}"
"""What pages need: stylesheets, scripts and pictures."""
