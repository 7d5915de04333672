"""The pages of the Events Service: what is on, and each event."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from okevents.errors import EventNotFound
from okevents.events.ports import StoredEvent
from okevents.events.service import EventService
from okevents.http.answers import Answer
from okevents.kernel.ids import EventId, is_object_id
from okevents.pages.programme import FIELDS, Programme, Search, search_of
from okevents.pages.views import Views

FEW = 10
"""So many places, or fewer, are said to be few."""


class EventPages:
    """A method for each operation, by its name in the table."""

    def __init__(self, service: EventService, views: Views) -> None:
        self._service = service
        self._views = views
        self._programme = Programme(service)

    async def show_programme(self, request: Request) -> Answer:
        fields = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), errors="replace"))
        search, now = search_of(fields), datetime.now(UTC)
        found = await self._programme.find(search, fields.get("cursor"), now)
        return self._views.answer(
            request,
            "programme.html",
            status=422 if search.form.faults else 200,
            search=search,
            found=found,
            countries=await self._programme.countries(now),
            more=_more(fields, found.next_cursor),
            calendar=_calendar(search),
            free_in=free_in,
            few=FEW,
        )

    async def show_event(self, request: Request) -> Answer:
        event_id = event_id_of(request)
        stored = await self._service.find(event_id)
        event = stored.event
        return self._views.answer(
            request,
            "event.html",
            event=event,
            free={hall.id: hall.available for hall in stored.availability.halls} if stored.availability else {},
            is_over=event.over_at <= datetime.now(UTC),
            few=FEW,
        )


def event_id_of(request: Request) -> EventId:
    """Of the path. Raises EventNotFound for what can't be one."""
    text = request.path_params["event_id"]
    if not is_object_id(text):
        raise EventNotFound(f"there is no event {text[:60]!r}")
    return EventId(text)


def free_in(stored: StoredEvent) -> int | None:
    """Free places in all halls; None where that isn't known."""
    return sum(hall.available for hall in stored.availability.halls) if stored.availability else None


def _calendar(search: Search) -> str:
    """The same search for calendar programs; by days they look themselves."""
    wanted = {"q": search.form.text("q"), "country": search.form.text("country")}
    given = {name: value for name, value in wanted.items() if value}
    return f"/events.ics?{urlencode(given)}" if given else "/events.ics"


def _more(fields: dict[str, str], cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {name: fields[name] for name in FIELDS if fields.get(name)}
    return f"/whats-on?{urlencode(kept | {'cursor': cursor})}"
