"""The pages of those who run okevents: how the process works, and the messages that couldn't be handled."""

from collections.abc import Sequence
from itertools import islice
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct
from starlette.requests import Request

from okevents.errors import BadInput, FieldFault, MessagingError, StoreUnavailable
from okevents.http.answers import Answer
from okevents.http.dead_letters import opened, reached
from okevents.http.health import Health
from okevents.http.metrics import Asked
from okevents.http.samples import EVERY, Samples, oldest_age
from okevents.messaging.parked import ParkedMessages, Swept
from okevents.messaging.ports import DeadLetter
from okevents.pages.catalogue import N_
from okevents.pages.charts import HEIGHT, WIDTH, charts, drawn
from okevents.pages.forms import Form, read_form
from okevents.pages.staff.views import StaffViews

LISTED = 50
"""Dead letters of each queue that the page shows."""

EACH_MINUTE = round(60 / EVERY)

PARTS = {
    "events-database": N_("Events database"),
    "bookings-database": N_("Bookings database"),
    "broker": N_("Broker"),
}
STATES = {"ok": N_("works"), "failing": N_("doesn’t answer"), "unavailable": N_("is away")}


class Operated(Struct, frozen=True):
    """What is shown of a process."""

    samples: Samples
    health: Health


class Queue(Struct, frozen=True, kw_only=True):
    """What there is to say of one queue; None: it can't be told now."""

    name: str
    waiting: int | None
    consumers: int | None
    handled: int
    failed: int
    parked: int | None


class OperatingPages:
    """A method for each operation, by its name in the table."""

    def __init__(self, operated: Operated, views: StaffViews, *, has_bookings: bool) -> None:
        self._samples = operated.samples
        self._health = operated.health
        self._parked = ParkedMessages(operated.samples.counted.carried.dead_letters)
        self._views = views
        self._charts = charts(has_bookings=has_bookings)

    async def show_operations(self, request: Request) -> Answer:
        query = _query(request)
        asked, samples = await self._samples.ask(), list(self._samples)
        counted = self._samples.counted
        return self._views.answer(
            request,
            "staff/operations.html",
            health=self._health.shown(),
            parts=PARTS,
            states=STATES,
            outboxes={name: asked.backlogs.get(name) for name in counted.carried.outboxes},
            oldest_age=oldest_age(counted),
            queues=self._queues(asked),
            has_webhooks=counted.carried.sent is not None,
            webhooks=asked.waiting,
            charts=[drawn(each, samples) for each in self._charts],
            minutes=list(islice(reversed(samples), 0, None, EACH_MINUTE)),
            size=(WIDTH, HEIGHT),
            letters=await self._letters(),
            done=query["done"],
            count=query.whole("count") or 0,
            has_more=bool(query["more"]),
        )

    async def show_letter(self, request: Request) -> Answer:
        query = _query(request)
        if not query["id"]:
            raise BadInput([FieldFault("id", "is missing; the message's id is expected")])
        with reached():
            letter = await self._parked.find(query["id"], query["queue"] or None)
        return self._views.answer(request, "staff/dead-letter.html", letter=opened(letter))

    async def replay(self, request: Request) -> Answer:
        form = await read_form(request)
        with reached():
            if form["id"]:
                return _led("replayed", await self._parked.replay(form["id"], form["queue"] or None))
            return _swept("replayed", await self._parked.replay_all(form["queue"] or None))

    async def drop(self, request: Request) -> Answer:
        form = await read_form(request)
        with reached():
            if form["id"]:
                return _led("dropped", await self._parked.drop(form["id"], form["queue"] or None))
            return _swept("dropped", await self._parked.drop_all(form["queue"] or None))

    def _queues(self, asked: Asked) -> list[Queue]:
        consumers = self._samples.counted.carried.consumers
        return [
            Queue(
                name=name,
                waiting=state.waiting if (state := asked.queues.get(name)) else None,
                consumers=state.consumers if state else None,
                handled=statistics.handled,
                failed=statistics.failed,
                parked=asked.parked.get(name),
            )
            for name, statistics in consumers.items()
        ]

    async def _letters(self) -> Sequence[DeadLetter] | None:
        """None where they can't be looked at now."""
        try:
            return await self._parked.list(None, LISTED)
        except (MessagingError, StoreUnavailable):
            return None


def _query(request: Request) -> Form:
    return Form(dict(parse_qsl(request.scope["query_string"].decode("latin-1"))))


def _swept(done: str, swept: Swept) -> Answer:
    return _led(done, swept.count, has_more=swept.has_more)


def _led(done: str, count: int, *, has_more: bool = False) -> Answer:
    """Back to where they are listed, which says what was done."""
    told = {"done": done, "count": count} | ({"more": "yes"} if has_more else {})
    return Answer(303, {"location": f"/operations?{urlencode(told)}", "cache-control": "no-store"})
