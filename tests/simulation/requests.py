"""Requests that clients make, each recognisable by a tag in what it leaves behind."""

import json
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from okevents.bootstrap.parts import Parts
from okevents.config.shape import Shape
from okevents.kernel.caller import Caller
from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import BookingId, EventId
from tests.simulation.plan import Plan


class Asked(Struct, eq=False, kw_only=True):
    """One request, whatever number of times it is sent. `effects`: how many traces of it one effect leaves behind;
    None where it leaves none that can be told from others'."""

    name: str
    tag: str
    key: str | None
    shape: Shape
    send: Callable[[Parts], Awaitable[Any]]
    effects: int | None = 1


class Known(Struct):
    """What clients have been told of, and may ask for more of."""

    events: list[EventId] = []
    bookings: list[BookingId] = []


class Requests:
    """Draws requests."""

    def __init__(self, plan: Plan, chance: random.Random, now: Callable[[], datetime]) -> None:
        self.known = Known()
        self._plan = plan
        self._chance = chance
        self._now = now
        self._count = 0

    def draw(self) -> Asked:
        """Any request that can be made by now."""
        known, chance = self.known, self._chance
        self._count += 1
        tag = f"t{self._count}"
        if not known.events or chance.random() < 0.03:
            return self._create(tag)
        kinds = [self._book] * 10 + [self._patch] * 2 + [self._cancel_event, self._reinstate]
        if known.bookings:
            kinds += [self._confirm] * 4 + [self._cancel] * 3 + [self._extend, self._amend, self._decline]
            kinds += [self._check_in] * 2
        return chance.choice(kinds)(tag)

    def _asked(self, name: str, tag: str, shape: Shape, send: Any, effects: int | None = 1) -> Asked:
        """`send` is given the parts, and what is to be said of the caller."""
        chance = self._chance
        key = f"key-{tag}" if chance.random() < 0.85 else None
        method, _, path = name.partition(" ")
        caller = Caller(method=method, path=path, key=key)
        return Asked(name=name, tag=tag, key=key, shape=shape, effects=effects, send=lambda parts: send(parts, caller))

    def _create(self, tag: str) -> Asked:
        body = _json({**self._event(), "name": tag})
        return self._asked(
            "POST /events", tag, Shape.EVENTS, lambda parts, caller: parts.events.service.create(body, caller)
        )

    def _event(self) -> dict[str, Any]:
        """What its owner decides of an event, but for its name."""
        chance = self._chance
        starts_at = self._now() + timedelta(seconds=chance.choice([5, 20, 60, 3600]))
        ends_at = starts_at + timedelta(seconds=chance.choice([10, 60, 3600]))
        names = ("lobby", "attic", "cellar")[: chance.randint(1, self._plan.halls)]
        halls = [{"name": name, "capacity": chance.randint(1, self._plan.largest_hall)} for name in names]
        terms = {
            "max_places_per_guest": chance.choice([None, None, 4]),
            "no_show_release": chance.choice([None, None, 0]),
        }
        return {
            "startdate": to_milliseconds(starts_at),
            "enddate": to_milliseconds(ends_at),
            "location": {"name": "Teatro Real", "halls": halls},
            "booking": terms,
        }

    def _patch(self, tag: str) -> Asked:
        event = self._event()
        chosen = self._chance.choice(["location", "location", "booking", "startdate"])
        changes = {name: event[name] for name in ([chosen, "enddate"] if chosen == "startdate" else [chosen])}
        return self._of_event("PATCH", "", tag, "patch", _json({**changes, "description": tag}))

    def _cancel_event(self, tag: str) -> Asked:
        return self._of_event("POST", "/cancel", tag, "cancel", _json({"reason": tag}))

    def _reinstate(self, tag: str) -> Asked:
        return self._of_event("POST", "/reinstate", tag, "reinstate", b"{}", effects=None)

    def _of_event(self, method: str, path: str, tag: str, does: str, body: bytes, effects: int | None = 1) -> Asked:
        event_id = self._chance.choice(self.known.events)

        def send(parts: Any, caller: Caller) -> Any:
            return getattr(parts.events.service, does)(event_id, body, caller)

        return self._asked(f"{method} /events/id/{event_id}{path}", tag, Shape.EVENTS, send, effects)

    def _book(self, tag: str) -> Asked:
        chance = self._chance
        guest = chance.randrange(self._plan.guests)
        body = _json(
            {
                "event_id": self._recent(self.known.events),
                "hall": chance.choice(["lobby"] * 4 + ["attic"]),
                "places": chance.choice([1, 1, 2, 3]),
                "guest": {"name": f"Guest {guest}", "email": f"guest{guest}@example.org"},
                "hold": chance.choice([None, 0, 1, 3, 10]),
                "waitlist": chance.random() < 0.4,
                "payment_reference": tag,
            }
        )
        return self._asked(
            "POST /bookings", tag, Shape.BOOKINGS, lambda parts, caller: parts.bookings.service.book(body, caller)
        )

    def _confirm(self, tag: str) -> Asked:
        return self._of_booking("POST", "/confirm", tag, "confirm", _json({"payment_reference": tag}))

    def _extend(self, tag: str) -> Asked:
        body = _json({"hold": self._chance.choice([5, 20])})
        return self._of_booking("POST", "/extend", tag, "extend", body, effects=None)

    def _cancel(self, tag: str) -> Asked:
        return self._of_booking("POST", "/cancel", tag, "cancel", _json({"reason": tag}))

    def _decline(self, tag: str) -> Asked:
        booking_id = self._recent(self.known.bookings)
        body = _json({"reason": tag})

        def send(parts: Any, caller: Caller) -> Any:
            return parts.bookings.service.cancel(booking_id, body, caller, is_decline=True)

        return self._asked(f"POST /bookings/{booking_id}/decline", tag, Shape.BOOKINGS, send)

    def _amend(self, tag: str) -> Asked:
        changes: dict[str, Any] = {"payment_reference": tag}
        if self._chance.random() < 0.5:
            changes["guest"] = {"email": f"guest{self._chance.randrange(self._plan.guests)}@example.org"}
        return self._of_booking("PATCH", "", tag, "amend", _json(changes))

    def _check_in(self, tag: str) -> Asked:
        booking_id, count = self._recent(self.known.bookings), self._chance.choice([1, 1, 2])
        body = _json({"booking_id": booking_id, "count": count, "where": tag})
        return self._asked(
            "POST /check-ins",
            tag,
            Shape.BOOKINGS,
            lambda parts, caller: parts.bookings.door.check_in(body, caller),
            effects=count,
        )

    def _of_booking(self, method: str, path: str, tag: str, does: str, body: bytes, effects: int | None = 1) -> Asked:
        booking_id = self._recent(self.known.bookings)

        def send(parts: Any, caller: Caller) -> Any:
            return getattr(parts.bookings.service, does)(booking_id, body, caller)

        return self._asked(f"{method} /bookings/{booking_id}{path}", tag, Shape.BOOKINGS, send, effects)

    def _recent(self, ids: list[Any]) -> Any:
        """The last ones mostly: of those there is most to be had."""
        return self._chance.choice(ids[-3:] if self._chance.random() < 0.7 else ids)


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
