"""The pages of a booking: its state, its tickets, and what its guest may do with it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from markupsafe import Markup
from msgspec.structs import replace
from starlette.requests import Request

from okevents.access.model import Scope
from okevents.bookings.door import Door, TicketPage, TicketShown
from okevents.bookings.model import BOOKED, Booking
from okevents.bookings.reading import Found
from okevents.bookings.service import Booked, BookingService
from okevents.errors import BadInput, BookingNotFound, Conflict, OkeventsError
from okevents.http import calendars
from okevents.http.answers import Answer
from okevents.http.parameters import caller, secret_issue
from okevents.http.problems import STATUS
from okevents.kernel.calendar import CalendarWriter
from okevents.kernel.caller import Caller
from okevents.kernel.ids import BookingId, is_object_id
from okevents.pages import guest_secret, wording
from okevents.pages.catalogue import N_, Text
from okevents.pages.cookies import Cookie
from okevents.pages.formats import time_left
from okevents.pages.forms import Form, read_form
from okevents.pages.problems import NOT_OPENED
from okevents.pages.reader import cookies_of
from okevents.pages.staff.session import session_of
from okevents.pages.views import PRIVATE, Views

DONE = {
    "confirmed": N_("These places are yours. Your tickets are below."),
    "extended": N_("The places are held longer."),
    "changed": N_("Your booking is changed."),
    "cancelled": N_("Your booking is cancelled."),
}
"""What is said once, after it is done."""

Change = Callable[[BookingId, bytes, Caller], Awaitable[Booked]]


class _Passed(msgspec.Struct):
    secret: str | None = None


class BookingPages:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: BookingService, door: Door, calendars: CalendarWriter, views: Views) -> None:
        self._service = service
        self._door = door
        self._calendars = calendars
        self._views = views

    async def show_booking(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.scope["query_string"].decode("latin-1")))
        first = Form(query).whole("from") or 1
        return await self._page(request, first=max(first, 1), done=DONE.get(query.get("done", "")))

    async def show_calendar(self, request: Request) -> Answer:
        origin = calendars.origin_of(request.scope)
        entry = await self._door.entry(booking_id_of(request), origin, secret_issue(request))
        named = {"content-disposition": 'attachment; filename="booking.ics"'}
        return await calendars.single(request, self._calendars, entry, **PRIVATE, **named)

    async def confirm(self, request: Request) -> Answer:
        return await self._do(request, self._service.confirm, "confirmed")

    async def extend(self, request: Request) -> Answer:
        return await self._do(request, self._service.extend, "extended")

    async def cancel(self, request: Request) -> Answer:
        return await self._do(request, self._service.cancel, "cancelled")

    async def decline(self, request: Request) -> Answer:
        async def decline(booking_id: BookingId, body: bytes, who: Caller) -> Booked:
            return await self._service.cancel(booking_id, body, who, is_decline=True)

        return await self._do(request, decline, "cancelled")

    async def change(self, request: Request) -> Answer:
        """If it passes to another e-mail address this browser is given the new secret, to hand it on."""
        form = await read_form(request)
        body: dict[str, Any] = {"guest": {"name": form.text("name"), "email": form.text("email")}}
        if "places" in form.fields:
            body["places"] = form.whole("places") or 0
        return await self._do(request, self._service.amend, "changed", form, body)

    async def show_opening(self, request: Request) -> Answer:
        return self._views.answer(request, "open.html", headers=PRIVATE, form=Form(), booking="")

    async def open(self, request: Request) -> Answer:
        """Leads to the booking's page, which this browser may open from then on."""
        form = await read_form(request)
        named, secret = guest_secret.of_link(form["secret"], form["booking"])
        booking_id = BookingId(named)
        issue = None
        if is_object_id(named) and secret:
            issue = await self._service.opened_issue(booking_id, secret, or_former=False)
        if issue is None:
            faults = {"secret": Text(NOT_OPENED)}
            return self._views.answer(request, "open.html", 422, PRIVATE, form=form.faulty(faults), booking=named)
        found = await self._service.reading.find(booking_id, issue)
        return self._to(request, booking_id, guest_secret.kept(booking_id, secret, *self._times(found)))

    async def close(self, request: Request) -> Answer:
        booking_id = booking_id_of(request)
        cookie = guest_secret.forgotten(booking_id)
        return Answer(303, {"location": "/booking/open", "set-cookie": cookie.header(request.scope)})

    async def _do(
        self,
        request: Request,
        change: Change,
        done: str,
        form: Form | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Changes the booking, and leads to its page; shows the page at once, with the reason, if that can't be."""
        booking_id = booking_id_of(request)
        given = await read_form(request) if form is None else form
        who = replace(caller(request), key=given["key"] or None)
        try:
            booked = await change(booking_id, msgspec.json.encode(body or {}), who)
        except BadInput as error:
            return await self._page(request, form=given.faulty(wording.faults_of(error)), status=422)
        except Conflict as error:
            return await self._page(request, form=form, error=error, status=STATUS[error.kind])
        secret = msgspec.json.decode(booked.body, type=_Passed).secret
        cookie = None
        if secret is not None:
            found = await self._service.reading.find(booking_id)
            cookie = guest_secret.kept(booking_id, secret, *self._times(found))
        return self._to(request, booking_id, cookie, f"?done={done}")

    async def _page(
        self,
        request: Request,
        *,
        first: int = 1,
        done: str | None = None,
        form: Form | None = None,
        error: OkeventsError | None = None,
        status: int = 200,
    ) -> Answer:
        booking_id = booking_id_of(request)
        found = await self._service.reading.find(booking_id, secret_issue(request))
        booking, inventory = found.booking, found.inventory
        page = TicketPage([], None)
        if booking.state in BOOKED:
            page = await self._door.tickets(booking_id, first, secret_issue(request))
        _, now = self._times(found)
        left = None if booking.expires_at is None else (booking.expires_at - now).total_seconds()
        secret = cookies_of(request.scope).get(guest_secret.COOKIE)
        session = session_of(request.scope)
        return self._views.answer(
            request,
            "booking.html",
            status,
            PRIVATE,
            booking=booking,
            inventory=inventory,
            waiting=found.waiting,
            tickets=await self._drawn(page),
            following=page.following,
            first=first,
            now=now,
            seconds_left=None if left is None else max(0, int(left)),
            time_left=time_left,
            address=f"{calendars.origin_of(request.scope)}{guest_secret.path_of(booking_id)}",
            secret=secret,
            form=form or _filled_in(booking),
            is_changing=form is not None,
            refused=error,
            done=done,
            is_staff=session.is_signed_in and session.may("bookings", Scope.BOOKINGS_READ),
            key=token_urlsafe(),
            wording=wording,
        )

    async def _drawn(self, page: TicketPage) -> list[tuple[TicketShown, Markup]]:
        """Each ticket with its code, which is made of numbers alone: the one thing on the page that isn't escaped."""

        def drawn() -> list[tuple[TicketShown, Markup]]:
            svg = self._door.printer.svg
            return [(each, Markup(svg(each.token).decode())) for each in page.tickets]  # noqa: S704

        return await asyncio.to_thread(drawn) if page.tickets else []

    def _to(self, request: Request, booking_id: BookingId, cookie: Cookie | None, query: str = "") -> Answer:
        headers = {"location": f"{guest_secret.path_of(booking_id)}{query}", "cache-control": "no-store"}
        if cookie is not None:
            headers["set-cookie"] = cookie.header(request.scope)
        return Answer(303, headers)

    def _times(self, found: Found) -> tuple[datetime, datetime]:
        """When the event ends, and what time it is."""
        return found.inventory.ends_at, max(self._service.now(), found.inventory.as_of)


def _filled_in(booking: Booking) -> Form:
    """What may be changed of it, as it is."""
    return Form({"name": booking.guest.name, "email": booking.guest.email, "places": str(booking.places)})


def booking_id_of(request: Request) -> BookingId:
    """Of the path. Raises BookingNotFound for what can't be one."""
    text = request.path_params["id"]
    if not is_object_id(text):
        raise BookingNotFound(f"there is no booking {text[:60]!r}")
    return BookingId(text)
