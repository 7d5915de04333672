"""The pages of the door: which event, and who is let in."""

from collections.abc import Awaitable
from functools import cached_property
from secrets import token_urlsafe
from typing import Any

import msgspec
from babel import Locale
from msgspec.structs import replace
from starlette.requests import Request

from okevents.bookings.door import Door
from okevents.bookings.model import Inventory
from okevents.bookings.service import Booked, BookingService
from okevents.errors import NotFound, OkeventsError, Refusal
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.asgi import Scope
from okevents.http.parameters import caller, has_same_tag
from okevents.http.problems import STATUS, problem, problem_of
from okevents.http.routing import json_body
from okevents.http.scans import encoded_scans
from okevents.kernel.ids import is_object_id
from okevents.pages.door.answers import KINDS, Shown, of_check_in, of_error
from okevents.pages.door.doors import OPEN_AFTER, DoorFinder
from okevents.pages.door.worker import Worker
from okevents.pages.events import event_id_of
from okevents.pages.forms import Form, read_form
from okevents.pages.reader import LANGUAGES, Reader
from okevents.pages.routing import TYPES
from okevents.pages.staff.views import StaffViews
from okevents.pages.views import PRIVATE, Views

_NOWHERE: Scope = {"method": "", "path": "/door", "query_string": b"", "headers": []}


class DoorPages:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: BookingService, door: Door, staff: StaffViews, views: Views) -> None:
        self._service = service
        self._door = door
        self._staff = staff
        self._views = views
        self._finder = DoorFinder(service.reading)

    async def show_doors(self, request: Request) -> Answer:
        now = self._service.now()
        return self._staff.answer(
            request, "door/choose.html", doors=await self._finder.find(now), now=now, coming=places
        )

    async def show_door(self, request: Request) -> Answer:
        inventory = await self._service.reading.availability(event_id_of(request))
        return self._page(request, inventory, Form())

    async def let_in(self, request: Request) -> Answer:
        """By a ticket's text, or by a booking's number for one of its guests."""
        form = await read_form(request)
        code, event_id = form.text("code"), event_id_of(request)
        named = {"booking_id": code} if is_object_id(code) else {"token": code}
        body = {**named, "event_id": event_id, **_where(form.text("where"))}
        check_in = self._door.check_in(msgspec.json.encode(body), replace(caller(request), key=form["key"] or None))
        return await self._answered(request, form, check_in, "in")

    async def undo(self, request: Request) -> Answer:
        form = await read_form(request)
        code = form.text("code")
        named = {"booking_id": code} if is_object_id(code) else {"token": code}
        undo = self._door.undo(msgspec.json.encode(named), replace(caller(request), key=form["key"] or None))
        return await self._answered(request, Form({"where": form["where"]}), undo, "out")

    async def show_list(self, request: Request) -> Answer:
        """The signed list, and what the page needs beside it."""
        event_id = event_id_of(request)
        inventory = await self._service.reading.availability(event_id)
        told = {
            "list": msgspec.Raw(await self._door.door_list(event_id)),
            "keys": msgspec.Raw(await self._door.jwks()),
            "timezone": inventory.timezone,
            "keep_until": inventory.ends_at + OPEN_AFTER,
            "now": self._service.now(),
        }
        return answers.json(msgspec.json.encode(told), headers=PRIVATE)

    async def take_scans(self, request: Request) -> Answer:
        path = request.scope["path"]
        try:
            scans = await self._door.take_scans(await json_body(request), caller(request))
        except Refusal as error:
            return _problem(error, path)
        return answers.json(encoded_scans(scans, path), headers=PRIVATE)

    async def let_in_booking(self, request: Request) -> Answer:
        check_in = self._door.check_in(await json_body(request), caller(request))
        return await self._told(request, check_in, "in")

    async def put_outside(self, request: Request) -> Answer:
        return await self._told(request, self._door.undo(await json_body(request), caller(request)), "out")

    async def show_worker(self, request: Request) -> Answer:
        script, tag = self._worker.script, f'"{self._worker.version}"'
        headers = {"etag": tag, "cache-control": "no-cache"}
        if has_same_tag(request, tag):
            return Answer(304, headers)
        return Answer(200, {"content-type": TYPES["js"], **headers}, script)

    async def show_shell(self, request: Request) -> Answer:
        path = request.scope["path"]
        if path not in self._shells:
            raise NotFound(f"there is nothing at {path}")
        headers = self._views.headers(_reader(request.path_params["language"]))
        return Answer(200, {**headers, "cache-control": "no-cache"}, self._shells[path])

    @cached_property
    def _shells(self) -> dict[str, bytes]:
        """By path: the page with nothing of any event, nor of anybody, in it."""
        return {
            f"/door/shell/{language}": self._views.render(
                _NOWHERE, "door/door.html", _reader(language), **_shown(None, Form(), None, "door/bare.html")
            )
            for language in LANGUAGES
        }

    @cached_property
    def _worker(self) -> Worker:
        return Worker(self._shells)

    async def _answered(self, request: Request, form: Form, asked: Awaitable[Booked], name: str) -> Answer:
        inventory = await self._service.reading.availability(event_id_of(request))
        has_guest = is_object_id(form.text("code"))
        try:
            shown = of_check_in((await asked).body, name, has_guest=has_guest)
        except OkeventsError as error:
            refused = of_error(error)
            if refused is None:
                raise
            return self._page(request, inventory, form, refused, STATUS[error.kind])
        # Who has come is counted with them.
        inventory = await self._service.reading.availability(inventory.event_id)
        return self._page(request, inventory, form, shown)

    def _page(
        self, request: Request, inventory: Inventory, form: Form, shown: Shown | None = None, status: int = 200
    ) -> Answer:
        told = _shown(inventory, form, shown, "staff/layout.html")
        return self._staff.answer(request, "door/door.html", status, **told)

    async def _told(self, request: Request, asked: Awaitable[Booked], name: str) -> Answer:
        """For the script, as of a scan: no more than it shows, or the problem. A refusal is an answer like any other:
        a browser would note another status as something that went wrong."""
        try:
            shown = of_check_in((await asked).body, name, has_guest=True)
        except Refusal as error:
            told: dict[str, Any] = {"result": "refused", "problem": problem_of(error, request.scope["path"])}
        else:
            told = {"result": "admitted", "hall": shown.hall, "ticket": shown.ticket, "guest": shown.guest}
        return answers.json(msgspec.json.encode(told), headers=PRIVATE)


def _shown(inventory: Inventory | None, form: Form, shown: Shown | None, base: str) -> dict[str, Any]:
    return {
        "base": base,
        "inventory": inventory,
        "counts": (0, 0) if inventory is None else places(inventory),
        "form": form,
        "key": token_urlsafe() if inventory is not None else "",
        "shown": shown,
        "kinds": KINDS,
    }


def places(inventory: Inventory) -> tuple[int, int]:
    """How many have come, and how many were to come."""
    halls = inventory.halls or ()
    return sum(each.admitted for each in halls), sum(each.confirmed for each in halls)


def _where(where: str) -> dict[str, str]:
    return {"where": where} if where else {}


def _reader(language: str) -> Reader:
    return Reader(language, Locale.parse(language))


def _problem(error: OkeventsError, path: str) -> Answer:
    status, headers, body = problem(error, path)
    return Answer(status, {**headers, **PRIVATE}, body)
