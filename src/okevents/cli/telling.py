"""Events and bookings as people read them."""

from collections.abc import Iterable, Iterator, Sequence

from okevents.bookings.representation import BookingShown, CheckInShown
from okevents.cli.instants import told, told_milliseconds
from okevents.cli.printing import printable
from okevents.cli.tables import fields, table
from okevents.events.representation import EventShown, HallShown
from okevents.events.terms import TermsShown

EVENT_HEADS = ("ID", "STARTS", "STATUS", "FREE", "NAME", "LOCATION")
BOOKING_HEADS = ("ID", "STATE", "ENDS", "PLACES", "HALLS", "GUEST")


def events(shown: Iterable[EventShown]) -> list[str]:
    """A table of them."""
    return table(EVENT_HEADS, ((*_told_of(event), event.name, _place(event)) for event in shown))


def event(shown: EventShown) -> list[str]:
    """Everything about one."""
    zone, location = shown.timezone, shown.location
    because = f": {shown.reason}" if shown.reason else ""
    lines = [
        ("starts", told_milliseconds(shown.startdate, zone)),
        ("ends", told_milliseconds(shown.enddate, zone)),
        ("status", f"{shown.status}{because}"),
        ("version", str(shown.version)),
        ("location", ", ".join(part for part in (location.name, location.address, location.country) if part)),
        *(("halls", _hall(hall)) for hall in location.halls),
        *(("booking", said) for said in _terms(shown.booking, zone)),
        ("organiser", shown.organiser),
        ("tags", ", ".join(shown.tags)),
        *(("description", line) for line in shown.description.splitlines()),
    ]
    return [_title(shown.name, shown.id), *fields(lines)]


def bookings(shown: Iterable[BookingShown]) -> list[str]:
    """A table of them."""
    return table(
        BOOKING_HEADS,
        (
            (
                booking.id,
                booking.state,
                told(booking.expires_at) if booking.expires_at else "",
                str(places(booking)),
                ", ".join(line.hall for line in booking.lines),
                _guest(booking),
            )
            for booking in shown
        ),
    )


def booking(shown: BookingShown, secret: str | None = None) -> list[str]:
    """Everything about one, and the secret that opens it if that is the result."""
    lines = [
        ("event", shown.event_id),
        ("state", state(shown)),
        ("version", str(shown.version)),
        *(("places", f"{line.places} in {line.hall}") for line in shown.lines),
        ("guest", _guest(shown)),
        ("payment", shown.payment_reference),
        *(("admitted", f"ticket {each.ticket}, {told(each.at)}{_at(each.where)}") for each in shown.admissions),
        *(
            ("history", f"{change.version}  {told(change.at)}  {change.state}{_because(change.reason)}")
            for change in shown.history
        ),
        ("secret", secret),
    ]
    return [_title("booking", shown.id), *fields(lines)]


def check_in(shown: CheckInShown) -> list[str]:
    """Who was let in, and how many of the booking have come."""
    come = len(shown.booking.admissions)
    was = "was let in before, by this very scan" if shown.known else "is let in"
    lines = [f"ticket {each.ticket} {was}{_at(each.where)}" for each in shown.admitted]
    whose = shown.booking.guest.name or "a guest"
    return [printable(line) for line in (*lines, f"{come} of {places(shown.booking)} have come, of {whose}")]


def state(shown: BookingShown) -> str:
    """With when it ends, and where in line it is."""
    said = str(shown.state).replace("_", " ")
    if shown.expires_at:
        said += f" until {told(shown.expires_at)}"
    if shown.waiting:
        said += f" at position {shown.waiting.position}"
    return f"{said}, released" if shown.released else said


def places(shown: BookingShown) -> int:
    return sum(line.places for line in shown.lines)


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _title(name: str, ident: str) -> str:
    return printable(f"{name}  {ident}")


def _told_of(event: EventShown) -> tuple[str, str, str, str]:
    return event.id, told_milliseconds(event.startdate, event.timezone), event.status, _free(event.location.halls)


def _free(halls: Sequence[HallShown]) -> str:
    capacity = sum(hall.capacity for hall in halls)
    known = [hall.available for hall in halls if hall.available is not None]
    return f"{sum(known) if len(known) == len(halls) else '?'}/{capacity}"


def _place(event: EventShown) -> str:
    return ", ".join(part for part in (event.location.name, event.location.country) if part)


def _hall(hall: HallShown) -> str:
    where = f" ({hall.location})" if hall.location else ""
    free = "" if hall.available is None else f", {hall.available} free"
    return f"{hall.name}{where}: {counted(hall.capacity, 'place')}{free}"


def _terms(terms: TermsShown, zone: str | None) -> Iterator[str]:
    for name, at in (("opens", terms.opens), ("closes", terms.closes), ("doors open", terms.check_in_opens)):
        if at is not None:
            yield f"{name} {told_milliseconds(at, zone)}"
    if terms.max_places is not None:
        yield f"{counted(terms.max_places, 'place')} at most in one booking"
    if terms.max_places_per_guest is not None:
        yield f"{counted(terms.max_places_per_guest, 'place')} at most for one guest"
    if terms.no_show_release is not None:
        yield f"places of no-shows are released {counted(terms.no_show_release, 'minute')} after the start"


def _guest(booking: BookingShown) -> str:
    return f"{booking.guest.name} <{booking.guest.email}>" if booking.guest.email else "erased"


def _at(where: str | None) -> str:
    return f" at {where}" if where else ""


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""
