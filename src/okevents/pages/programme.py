"""What is on: which events are shown of those that are searched for, and where they can be."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from msgspec import Struct

from okevents.errors import BadCursor
from okevents.events.ports import EventFilter, StoredEvent
from okevents.events.service import EventService
from okevents.pages.catalogue import N_, Text
from okevents.pages.formats import local_date
from okevents.pages.forms import Form

PAGE = 24
COUNTRIES_OF = 500
COUNTRIES_FOR = 60.0
"""The countries to choose from are those of so many events to come, and looked up after so many seconds anew."""

FIELDS = ("q", "country", "from", "to", "places")
_FURTHEST = timedelta(hours=14)
"""How far the clocks of a place may be from UTC: so much earlier and later a day there may begin and end."""


class Search(Struct, frozen=True):
    """What is searched for. `days`: the first and the last one, by the clocks of each event's place."""

    form: Form
    days: tuple[date | None, date | None]
    filter: EventFilter

    @property
    def is_any(self) -> bool:
        """Whether everything to come is wanted."""
        return not any(self.form.text(name) for name in FIELDS)

    def has(self, stored: StoredEvent) -> bool:
        """Whether the event is on one of the days."""
        first, last = self.days
        day = local_date(stored.event.starts_at, stored.event.timezone)
        return (first is None or first.isoformat() <= day) and (last is None or day <= last.isoformat())


class Found(Struct, frozen=True):
    """The events that are shown, and the cursor of those that follow; None if none do."""

    events: Sequence[StoredEvent]
    next_cursor: str | None


def search_of(fields: Mapping[str, str]) -> Search:
    """What was asked for. What can't be understood is a fault of the form, and searched for no further."""
    form = Form(fields)
    faults: dict[str, Text] = {}
    first, last = (_day(form, name, faults) for name in ("from", "to"))
    if first and last and last < first:
        faults["to"] = Text(N_("This day is before the first one."))
        last = None
    places = form.whole("places")
    if form.text("places") and not places:
        faults["places"] = Text(N_("Give a number from 1 on."))
    wanted = EventFilter(
        text=form.text("q")[:200].replace("\x00", "").casefold(),
        country=form.text("country")[:200].replace("\x00", ""),
        starts_from=_instant(first, -_FURTHEST),
        starts_before=_instant(last, timedelta(days=1) + _FURTHEST),
        available=places or None,
    )
    return Search(form.faulty(faults), (first, last), wanted)


class Programme:
    """The events to come, and those that are on now, the soonest first."""

    def __init__(self, service: EventService) -> None:
        self._service = service
        self._countries: tuple[float, Sequence[str]] = (0.0, ())

    async def find(self, search: Search, cursor: str | None, now: datetime) -> Found:
        """A cursor that can't be used leads to the beginning."""
        try:
            page = await self._service.page(search.filter, cursor or None, PAGE)
        except BadCursor:
            page = await self._service.page(search.filter, None, PAGE)
        shown = [each for each in page.events if each.event.over_at > now]
        # Those that are over follow all others.
        is_end = len(shown) < len(page.events)
        return Found([each for each in shown if search.has(each)], None if is_end else page.next_cursor)

    async def countries(self, now: datetime) -> Sequence[str]:
        """Where the next events are."""
        known_until, countries = self._countries
        if known_until < monotonic():
            page = await self._service.page(EventFilter(starts_from=now), None, COUNTRIES_OF)
            countries = sorted({country for each in page.events if (country := each.event.location.country)})
            self._countries = monotonic() + COUNTRIES_FOR, countries
        return countries


def _day(form: Form, name: str, faults: dict[str, Text]) -> date | None:
    text = form.text(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults[name] = Text(N_("Give a day such as 2031-05-09."))
        return None


def _instant(day: date | None, later: timedelta) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + later
    except OverflowError:  # the first or the last day that there is
        return None
