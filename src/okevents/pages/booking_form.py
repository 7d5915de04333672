"""The page to book on: live availability, and a form that holds places or puts on the waiting list."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from secrets import token_urlsafe

import msgspec
from msgspec.structs import replace
from starlette.requests import Request

from okevents.bookings.model import HallInventory, Inventory
from okevents.bookings.service import Booked, BookingService
from okevents.bookings.taking import require_bookable
from okevents.errors import (
    BadInput,
    Conflict,
    EventCancelled,
    EventOver,
    HallsUnknown,
    KeyInFlight,
    KeyReused,
    OkeventsError,
)
from okevents.http.answers import Answer
from okevents.http.parameters import caller
from okevents.http.problems import STATUS
from okevents.kernel.caller import Caller
from okevents.kernel.ids import EventId
from okevents.pages import guest_secret, wording
from okevents.pages.events import FEW, event_id_of
from okevents.pages.forms import Form, read_form
from okevents.pages.views import Views

IN_FLIGHT_TRIES = 20
IN_FLIGHT_WAIT = 0.1
"""Who sends a form twice at once is shown what became of the first."""

_GONE = (EventCancelled, EventOver)


class _Made(msgspec.Struct):
    secret: str


class BookingForm:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: BookingService, views: Views) -> None:
        self._service = service
        self._views = views

    async def show_form(self, request: Request) -> Answer:
        inventory = await self._service.reading.availability(event_id_of(request))
        return self._page(request, inventory, Form({"places": "1", "key": token_urlsafe()}))

    async def book(self, request: Request) -> Answer:
        """Leads to the booking's page, which this browser may open from then on."""
        event_id, form = event_id_of(request), await read_form(request)
        inventory = await self._service.reading.availability(event_id)
        try:
            booked = await self._booked(_body(event_id, form), replace(caller(request), key=form["key"] or None))
        except BadInput as error:
            return self._page(request, inventory, form.faulty(wording.faults_of(error)), status=422)
        except (Conflict, KeyReused) as error:
            if isinstance(error, KeyReused):
                form = Form({**form.fields, "key": token_urlsafe()})
            return self._page(request, inventory, form, error)
        secret = msgspec.json.decode(booked.body, type=_Made).secret
        cookie = guest_secret.kept(booked.booking_id, secret, inventory.ends_at, self._service.now())
        headers = {"location": guest_secret.path_of(booked.booking_id), "set-cookie": cookie.header(request.scope)}
        return Answer(303, headers)

    async def _booked(self, body: bytes, who: Caller) -> Booked:
        for _ in range(IN_FLIGHT_TRIES):
            try:
                return await self._service.book(body, who)
            except KeyInFlight:
                await asyncio.sleep(IN_FLIGHT_WAIT)
        return await self._service.book(body, who)

    def _page(
        self,
        request: Request,
        inventory: Inventory,
        form: Form,
        error: OkeventsError | None = None,
        status: int = 200,
    ) -> Answer:
        barrier = _barrier(inventory, self._service)
        refused = error or barrier
        if refused is not None:
            status = 410 if isinstance(refused, _GONE) else 200 if error is None else STATUS[refused.kind]
        return self._views.answer(
            request,
            "book.html",
            status,
            {"cache-control": "private, no-store"},
            inventory=inventory,
            halls=_halls(inventory),
            form=form,
            refused=refused,
            is_bookable=barrier is None,
            wording=wording,
            hold=_minutes(self._service.rules.hold),
            few=FEW,
        )


def _minutes(length: timedelta) -> int:
    """Whole ones, of which the last may have begun."""
    return -(-length // timedelta(minutes=1))


def _halls(inventory: Inventory) -> Sequence[HallInventory]:
    """Those that can be booked."""
    return [hall for hall in inventory.halls or () if not hall.is_removed]


def _barrier(inventory: Inventory, service: BookingService) -> OkeventsError | None:
    """Why nobody can book it now, if that is so."""
    try:
        require_bookable(inventory, max(service.now(), inventory.as_of))
    except Conflict as error:
        return error
    return None if _halls(inventory) else HallsUnknown(f"the event {inventory.event_id} has no hall")


def _body(event_id: EventId, form: Form) -> bytes:
    """What is asked of the service. What is no number asks for none, which it refuses."""
    return msgspec.json.encode(
        {
            "event_id": event_id,
            "hall": form.text("hall"),
            "places": form.whole("places") or 0,
            "guest": {"name": form.text("name"), "email": form.text("email")},
            "waitlist": form["wait"] == "yes",
        }
    )
