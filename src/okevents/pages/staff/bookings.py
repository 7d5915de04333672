"""Organisers' pages of the Booking Service: who comes, who waits, and how the halls fill."""

from collections.abc import AsyncIterator, Callable, Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import StreamingResponse

from okevents.bookings.model import Booking, BookingState, Inventory
from okevents.bookings.ports import BookingFilter
from okevents.bookings.service import BookingService
from okevents.errors import BadCursor, BadInput
from okevents.http.answers import NDJSON, Answer
from okevents.http.asgi import App
from okevents.http.bookings import Chunks, lines, rows
from okevents.kernel.ids import EventId
from okevents.pages.catalogue import N_
from okevents.pages.events import event_id_of
from okevents.pages.formats import local_date
from okevents.pages.forms import Form
from okevents.pages.staff.plot import HEIGHT, WIDTH, plotted
from okevents.pages.staff.views import StaffViews
from okevents.pages.views import PRIVATE

PAGE = 50
WAITING_SHOWN = 500
STEPS, STEPS_TOLD = 120, 12
FIELDS = ("email", "state", "hall")
STATES = {
    BookingState.HELD: N_("Held"),
    BookingState.CONFIRMED: N_("Confirmed"),
    BookingState.CHECKED_IN: N_("Checked in"),
    BookingState.WAITING: N_("Waiting"),
    BookingState.OFFERED: N_("Offered"),
    BookingState.EXPIRED: N_("Expired"),
    BookingState.CANCELLED: N_("Cancelled"),
}

Written = Callable[[Chunks], AsyncIterator[bytes]]


class BookingDesk:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: BookingService, views: StaffViews) -> None:
        self._service = service
        self._reading = service.reading
        self._views = views

    async def show_events(self, request: Request) -> Answer:
        query = _query(request)
        try:
            page = await self._reading.inventories(query.get("cursor"), PAGE)
        except BadCursor:
            page = await self._reading.inventories(None, PAGE)
        now = self._service.now()
        return self._views.answer(
            request,
            "staff/booked-events.html",
            inventories=sorted(page.inventories, key=lambda each: (each.ends_at <= now, each.starts_at)),
            more=None if page.next_cursor is None else f"/desk/bookings?{urlencode({'cursor': page.next_cursor})}",
            now=now,
        )

    async def show_bookings(self, request: Request) -> Answer:
        """What can't be found is nothing, whatever was typed."""
        inventory = await self._reading.availability(event_id_of(request))
        query = _query(request)
        search = Form({name: query.get(name, "") for name in FIELDS})
        wanted = _wanted(inventory.event_id, search)
        hall, status = search.text("hall") or None, 200
        try:
            try:
                page = await self._reading.page(wanted, hall, query.get("cursor"), PAGE)
            except BadCursor:
                page = await self._reading.page(wanted, hall, None, PAGE)
            bookings, cursor = page.bookings, page.next_cursor
        except BadInput:  # a hall that there isn't
            bookings, cursor, status = [], None, 422
        kept = {name: search[name] for name in FIELDS if search[name]}
        path = f"/desk/bookings/{inventory.event_id}"
        return self._views.answer(
            request,
            "staff/bookings.html",
            status,
            inventory=inventory,
            search=search,
            states=STATES,
            bookings=bookings,
            is_any=not kept,
            exported=f"?{urlencode(kept)}" if kept else "",
            more=None if cursor is None else f"{path}?{urlencode(kept | {'cursor': cursor})}",
            now=self._service.now(),
        )

    async def show_waiting(self, request: Request) -> Answer:
        """In the order in which places are offered."""
        inventory = await self._reading.availability(event_id_of(request))
        wanted = BookingFilter(event_id=inventory.event_id, state=BookingState.WAITING)
        waiting: list[Booking] = []
        async for chunk in await self._reading.stream(wanted, None):
            waiting += chunk[: WAITING_SHOWN - len(waiting)]
            if len(waiting) == WAITING_SHOWN:
                break
        return self._views.answer(
            request,
            "staff/waiting.html",
            inventory=inventory,
            waiting=list(zip(_places_in_line(waiting), waiting, strict=True)),
            is_cut=len(waiting) == WAITING_SHOWN,
        )

    async def show_occupancy(self, request: Request) -> Answer:
        filled = await self._reading.occupancy(event_id_of(request), STEPS)
        inventory, steps, capacity = filled.inventory, filled.steps, filled.capacity or 0
        every = max(1, -(-len(steps) // STEPS_TOLD))
        return self._views.answer(
            request,
            "staff/occupancy.html",
            inventory=inventory,
            plot=plotted(steps, capacity) if steps else None,
            steps=steps,
            told=steps[::-1][::every][::-1],
            capacity=capacity,
            size=(WIDTH, HEIGHT),
            is_one_day=len({local_date(each.at, inventory.timezone) for each in steps}) == 1,
        )

    async def export_csv(self, request: Request) -> App:
        return await self._export(request, "csv", "text/csv; charset=utf-8", rows)

    async def export_ndjson(self, request: Request) -> App:
        return await self._export(request, "ndjson", NDJSON, lines)

    async def _export(self, request: Request, ending: str, media_type: str, written: Written) -> App:
        """What the page shows with that search, all of it."""
        inventory: Inventory = await self._reading.availability(event_id_of(request))
        search = Form(_query(request))
        chunks = await self._reading.stream(_wanted(inventory.event_id, search), search.text("hall") or None)
        named = f'attachment; filename="bookings-{inventory.event_id}.{ending}"'
        headers = PRIVATE | {"content-disposition": named}
        return StreamingResponse(written(chunks), media_type=media_type, headers=headers)


def _places_in_line(waiting: Sequence[Booking]) -> list[int]:
    """Of each, as its guest is told it: among those who want a place in one of its halls."""
    wanted = [{line.hall_id for line in each.lines} for each in waiting]
    return [1 + sum(not halls.isdisjoint(before) for before in wanted[:place]) for place, halls in enumerate(wanted)]


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace"))


def _wanted(event_id: EventId, search: Form) -> BookingFilter:
    state = next((each for each in BookingState if each == search["state"]), None)
    email = search.text("email")[:254].replace("\x00", "").casefold()
    return BookingFilter(event_id=event_id, state=state, guest=email or None)
