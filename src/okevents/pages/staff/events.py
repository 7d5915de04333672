"""Organisers' pages of the Events Service: all events, the form of one, and cancelling."""

from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import get_args
from urllib.parse import parse_qsl, urlencode
from zoneinfo import available_timezones

import msgspec
from msgspec.structs import replace
from starlette.requests import Request

from okevents.contracts.event import EventStatus
from okevents.errors import BadCursor, BadInput, Conflict, KeyReused, OkeventsError, PreconditionFailed
from okevents.events.model import Event
from okevents.events.ports import EventFilter
from okevents.events.service import EventService
from okevents.http.answers import Answer
from okevents.http.parameters import caller
from okevents.http.problems import STATUS
from okevents.kernel.caller import Caller
from okevents.pages import wording
from okevents.pages.catalogue import N_
from okevents.pages.events import event_id_of, free_in
from okevents.pages.forms import Form, read_form
from okevents.pages.staff import event_form
from okevents.pages.staff.views import StaffViews

PAGE = 25
FIELDS = ("q", "status")
STATUSES = {"scheduled": N_("Takes place"), "cancelled": N_("Cancelled")}
DONE = {
    "created": N_("The event is announced. It can be booked in a moment."),
    "changed": N_("The event is changed."),
    "cancelled": N_("The event is cancelled, and so are its bookings."),
    "reinstated": N_("The event takes place after all. Bookings that were cancelled stay so."),
}
"""What is said once, after it is done."""


class EventDesk:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: EventService, views: StaffViews) -> None:
        self._service = service
        self._views = views

    async def show_events(self, request: Request) -> Answer:
        """Those to come first, then the latest of those that are over."""
        fields = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace"))
        search = Form({name: fields.get(name, "") for name in FIELDS})
        wanted = EventFilter(text=search.text("q")[:200].replace("\x00", "").casefold(), status=_status(search))
        try:
            page = await self._service.page(wanted, fields.get("cursor"), PAGE)
        except BadCursor:
            page = await self._service.page(wanted, None, PAGE)
        kept = {name: search[name] for name in FIELDS if search[name]}
        more = None if page.next_cursor is None else f"/desk/events?{urlencode(kept | {'cursor': page.next_cursor})}"
        return self._views.answer(
            request,
            "staff/events.html",
            search=search,
            statuses=STATUSES,
            events=page.events,
            is_any=not kept,
            more=more,
            now=datetime.now(UTC),
            free_in=free_in,
        )

    async def show_new(self, request: Request) -> Answer:
        return self._form(request, None, event_form.blank())

    async def create(self, request: Request) -> Answer:
        form = await read_form(request)
        if (other := _rows_changed(form)) is not None:
            return self._form(request, None, other)
        body, faults = event_form.body_of(form, None)
        if faults:
            return self._form(request, None, form.faulty(faults), status=422)
        try:
            written = await self._service.create(msgspec.json.encode(body), _caller(request, form))
        except BadInput as error:
            return self._form(request, None, form.faulty(event_form.faults_of(error, form)), status=422)
        except (Conflict, KeyReused) as error:
            return self._form(request, None, form, error)
        return _to(f"/desk/events/{written.event_id}?done=created")

    async def show_event(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.scope["query_string"].decode("latin-1")))
        event = (await self._service.find(event_id_of(request))).event
        return self._form(request, event, event_form.filled_in(event), done=DONE.get(query.get("done", "")))

    async def change(self, request: Request) -> Answer:
        event_id, form = event_id_of(request), await read_form(request)
        event = (await self._service.find(event_id)).event
        if (other := _rows_changed(form)) is not None:
            return self._form(request, event, other)
        body, faults = event_form.body_of(form, event)
        if faults:
            return self._form(request, event, form.faulty(faults), status=422)
        try:
            await self._service.patch(event_id, msgspec.json.encode(body), _caller(request, form))
        except BadInput as error:
            return self._form(request, event, form.faulty(event_form.faults_of(error, form)), status=422)
        except (Conflict, KeyReused, PreconditionFailed) as error:
            present = (await self._service.find(event_id)).event
            return self._form(request, present, form, error)
        return _to(f"/desk/events/{event_id}?done=changed")

    async def show_cancel(self, request: Request) -> Answer:
        event = (await self._service.find(event_id_of(request))).event
        return self._cancelling(request, event, Form({"key": token_urlsafe(), "version": str(event.version)}))

    async def cancel(self, request: Request) -> Answer:
        event_id, form = event_id_of(request), await read_form(request)
        body = msgspec.json.encode({"reason": form.text("reason") or None})
        try:
            await self._service.cancel(event_id, body, _caller(request, form))
        except (BadInput, Conflict, KeyReused, PreconditionFailed) as error:
            event = (await self._service.find(event_id)).event
            return self._cancelling(request, event, form, error)
        return _to(f"/desk/events/{event_id}?done=cancelled")

    async def reinstate(self, request: Request) -> Answer:
        event_id, form = event_id_of(request), await read_form(request)
        try:
            await self._service.reinstate(event_id, b"", _caller(request, form))
        except (Conflict, KeyReused, PreconditionFailed) as error:
            event = (await self._service.find(event_id)).event
            return self._form(request, event, event_form.filled_in(event), error)
        return _to(f"/desk/events/{event_id}?done=reinstated")

    def _form(
        self,
        request: Request,
        event: Event | None,
        form: Form,
        error: OkeventsError | None = None,
        *,
        status: int = 200,
        done: str | None = None,
    ) -> Answer:
        """`error`: why the event isn't what was typed. Sent once more, the form is a new try, on what is there now."""
        form = form.faulty(event_form.in_order(form.faults, form))
        differing: list[event_form.Difference] = []
        if error is not None:
            status = STATUS[error.kind]
            anew = {"key": token_urlsafe()} | ({} if event is None else {"version": str(event.version)})
            differing = [] if event is None else event_form.differences(form, event)
            form = Form({**form.fields, **anew}, form.faults)
        return self._views.answer(
            request,
            "staff/event.html",
            status,
            event=event,
            form=form,
            rows=event_form.rows_of(form),
            has_terms=any(form.text(name) or name in form.faults for name in event_form.TERMS),
            refused=error,
            is_overtaken=isinstance(error, PreconditionFailed),
            differing=differing,
            wording=wording,
            done=done,
            zones=sorted(available_timezones()),
        )

    def _cancelling(self, request: Request, event: Event, form: Form, error: OkeventsError | None = None) -> Answer:
        if error is not None:
            form = Form({**form.fields, "key": token_urlsafe(), "version": str(event.version)})
        status = 200 if error is None else STATUS[error.kind]
        return self._views.answer(request, "staff/cancel.html", status, event=event, form=form, refused=error)


def _status(search: Form) -> EventStatus | None:
    return next((each for each in get_args(EventStatus) if each == search["status"]), None)


def _rows_changed(form: Form) -> Form | None:
    """The form with a hall more or fewer, if that is what was asked for, and nothing else."""
    if "add" in form.fields:
        return event_form.with_row(form)
    row = form.whole("remove")
    return None if row is None else event_form.without_row(form, row)


def _caller(request: Request, form: Form) -> Caller:
    version = form.whole("version")
    if_match = None if version is None else frozenset({version})
    return replace(caller(request), key=form["key"] or None, if_match=if_match)


def _to(path: str) -> Answer:
    return Answer(303, {"location": path, "cache-control": "no-store"})
