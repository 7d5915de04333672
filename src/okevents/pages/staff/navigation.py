"""What there is for staff: the one table of where they can go, shown to whoever may go there."""

from msgspec import Struct

from okevents.access.model import Scope
from okevents.http.asgi import Scope as Request
from okevents.pages.addresses import Addresses
from okevents.pages.catalogue import N_
from okevents.pages.staff.session import ServiceName, Session


class Place(Struct, frozen=True):
    """A page that is a beginning. `scope`: who sees it; `services`: those that have such a page."""

    path: str
    label: str
    about: str
    scope: Scope
    services: tuple[ServiceName, ...]


PLACES = (
    Place(
        "/desk/events",
        N_("Events"),
        N_("Announce events, change them, and cancel them."),
        Scope.EVENTS_WRITE,
        ("events",),
    ),
    Place(
        "/desk/bookings",
        N_("Bookings"),
        N_("Who comes, who waits, and how the halls fill."),
        Scope.BOOKINGS_READ,
        ("bookings",),
    ),
    Place(
        "/door",
        N_("Door"),
        N_("Let guests in by their tickets, also without a connection."),
        Scope.CHECK_IN,
        ("bookings",),
    ),
    Place(
        "/operations",
        N_("Operations"),
        N_("How the process works, and messages that couldn’t be handled."),
        Scope.ADMIN,
        ("events", "bookings"),
    ),
)
"""In the order of the navigation."""


class Offered(Struct, frozen=True):
    """A place as it is shown. `origin`: empty for this process, else where it is; there one signs in once more."""

    place: Place
    origin: str
    is_here: bool


def offered(session: Session, addresses: Addresses, request: Request) -> list[Offered]:
    """Where somebody may go from this page. What another process would let them do isn't known here, so its pages are
    offered to everybody who is signed in."""
    found: list[Offered] = []
    origins: dict[ServiceName, str | None] = {"events": addresses.events, "bookings": addresses.bookings}
    for place in PLACES:
        own = [service for service in place.services if service in session.principals]
        if any(session.may(service, place.scope) for service in own):
            found.append(Offered(place, "", _is_at(request["path"], place.path)))
        elif not own and (session.is_signed_in or session.is_open):
            others = [origin for service in place.services if (origin := origins[service])]
            found += [Offered(place, origin, is_here=False) for origin in others[:1]]
    return found


def _is_at(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")
