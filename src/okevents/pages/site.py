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
from okevents.pages.operations import BOOKING_FORM, BOOKING_PAGES, DOOR_PAGES, EVENT_PAGES, OPERATING_PAGES
from okevents.pages.problems import PagePresentation
from okevents.pages.routing import asset_route, page_routes
from okevents.pages.views import Views


class Pages:
    """See `okevents.http.site.Site`."""

    prefixes = ("/whats-on", "/book/", "/booking/", "/door", "/operations", "/assets/")

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
        self.presentation: Presentation = PagePresentation(self._views)
        self.origins = addresses.others
        self.home = "/booking/open" if addresses.events is None else f"{addresses.events}/whats-on"

    def routes(self, events: Gate, bookings: Gate) -> list[Route]:
        found = [asset_route()]
        if self._events is not None:
            found += page_routes(EVENT_PAGES, EventPages(self._events.service, self._views), events)
        if self._bookings is not None:
            form = BookingForm(self._bookings.service, self._views)
            pages = BookingPages(self._bookings.service, self._bookings.door, self._bookings.calendars, self._views)
            found += page_routes(BOOKING_FORM, form, bookings)
            found += page_routes(BOOKING_PAGES, pages, bookings, COOKIE)
            door = DoorPages(self._bookings.service, self._bookings.door, self._views)
            found += page_routes(DOOR_PAGES, door, bookings)
        operating = OperatingPages(self._operated, self._views, has_bookings=self._bookings is not None)
        found += page_routes(OPERATING_PAGES, operating, events if self._bookings is None else bookings)
        return found
