"""All pages of a process, put together."""

from starlette.routing import Route

from okevents.http.app import Bookings, Events
from okevents.http.gate import Gate
from okevents.http.presentation import Presentation
from okevents.pages.addresses import Addresses
from okevents.pages.booking_form import BookingForm
from okevents.pages.bookings import BookingPages
from okevents.pages.door.pages import DoorPages
from okevents.pages.events import EventPages
from okevents.pages.guest_secret import COOKIE
from okevents.pages.operating import Operated, OperatingPages
from okevents.pages.operations import (
    BOOKING_DESK,
    BOOKING_FORM,
    BOOKING_PAGES,
    BOOKING_SIGNING,
    DOOR_PAGES,
    EVENT_DESK,
    EVENT_PAGES,
    EVENT_SIGNING,
    OPERATING_PAGES,
    START,
)
from okevents.pages.problems import PagePresentation
from okevents.pages.routing import asset_route, page_routes
from okevents.pages.staff.bookings import BookingDesk
from okevents.pages.staff.events import EventDesk
from okevents.pages.staff.session import COOKIES, ServiceName, Sessions
from okevents.pages.staff.signing import SigningPages
from okevents.pages.staff.views import StaffViews
from okevents.pages.views import Views


class Pages:
    """See `okevents.http.site.Site`."""

    prefixes = ("/whats-on", "/book/", "/booking/", "/assets/", "/desk", "/door", "/operations")

    def __init__(
        self,
        events: Events | None,
        bookings: Bookings | None,
        addresses: Addresses,
        site_name: str,
        operated: Operated,
    ) -> None:
        self._events = events
        self._bookings = bookings
        self._operated = operated
        self._views = Views(site_name, addresses)
        services: dict[ServiceName, Events | Bookings | None] = {"events": events, "bookings": bookings}
        own = {name: service.authenticator for name, service in services.items() if service is not None}
        self._sessions = Sessions(own)
        self._staff = StaffViews(self._views, tuple(own))
        self.presentation: Presentation = PagePresentation(self._views, self._staff)
        self.origins = addresses.others
        self.home = "/booking/open" if addresses.events is None else f"{addresses.events}/whats-on"

    def routes(self, events: Gate, bookings: Gate) -> list[Route]:
        found, note = [asset_route()], self._sessions.note
        signing = SigningPages(self._sessions, self._staff)
        found += page_routes(START, signing, events, note=note)
        if self._events is not None:
            found += page_routes(EVENT_PAGES, EventPages(self._events.service, self._views), events)
            found += page_routes(EVENT_SIGNING, signing, events, note=note)
            desk = EventDesk(self._events.service, self._staff)
            found += page_routes(EVENT_DESK, desk, events, [COOKIES["events"]], note)
        if self._bookings is not None:
            form = BookingForm(self._bookings.service, self._views)
            pages = BookingPages(self._bookings.service, self._bookings.door, self._bookings.calendars, self._views)
            found += page_routes(BOOKING_FORM, form, bookings)
            # Staff see a booking's own page by their token, where the browser hasn't got its secret.
            found += page_routes(BOOKING_PAGES, pages, bookings, [COOKIE, COOKIES["bookings"]], note)
            found += page_routes(BOOKING_SIGNING, signing, bookings, note=note)
            bookings_desk = BookingDesk(self._bookings.service, self._staff)
            found += page_routes(BOOKING_DESK, bookings_desk, bookings, [COOKIES["bookings"]], note)
            door = DoorPages(self._bookings.service, self._bookings.door, self._staff, self._views)
            found += page_routes(DOOR_PAGES, door, bookings, [COOKIES["bookings"]], note)
        operating = OperatingPages(self._operated, self._staff, has_bookings=self._bookings is not None)
        gate, cookie = (events, COOKIES["events"]) if self._bookings is None else (bookings, COOKIES["bookings"])
        found += page_routes(OPERATING_PAGES, operating, gate, [cookie], note)
        return found
