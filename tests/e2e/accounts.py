"""The exact accounting of an event's bookings, from what is read over HTTP alone."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import httpx
from msgspec import Struct

from tests.e2e.guests import availability

TAKING = frozenset({"held", "offered", "confirmed", "checked_in"})
GONE_BY_CHOICE = frozenset({"confirmed", "cancelled"})
"""Nobody but the guest ends these, and no guest goes on after them."""


class Step(Struct, frozen=True):
    """One entry of a booking's history; `until` is the instant of the next, None for the last."""

    state: str
    at: datetime
    until: datetime | None


class Account:
    """A booking as the list shows it. `number` is its place in the order of arrival."""

    def __init__(self, number: int, shown: dict[str, Any]) -> None:
        self.number = number
        self.shown = shown
        self.id: str = shown["id"]
        self.state: str = shown["state"]
        self.places: int = sum(line["places"] for line in shown["lines"])
        states = [change["state"] for change in shown["history"]]
        instants = [datetime.fromisoformat(change["at"]) for change in shown["history"]]
        self.steps = list(map(Step, states, instants, [*instants[1:], None]))

    def first(self, state: str) -> Step | None:
        return next((step for step in self.steps if step.state == state), None)


async def listed(http: httpx.AsyncClient, event_id: str) -> list[Account]:
    """All bookings of the event, in their order of arrival."""
    answer = await http.get("/bookings", params={"event": event_id}, headers={"accept": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    return [Account(number, json.loads(line)) for number, line in enumerate(answer.text.splitlines())]


async def settled(http: httpx.AsyncClient, event_id: str, within: float = 30.0) -> tuple[list[Account], dict[str, Any]]:
    """The bookings and the numbers of the event's total, once time ends nothing more and all of it is written down."""
    numbers: dict[str, Any] = {}
    accounts: list[Account] = []
    try:
        async with asyncio.timeout(within):
            while True:
                before = await availability(http, event_id)
                accounts, numbers = await listed(http, event_id), before["total"]
                is_over = not any(account.state in ("held", "offered") for account in accounts)
                if is_over and (await availability(http, event_id)) == before:
                    return accounts, numbers
                await asyncio.sleep(0.1)
    except TimeoutError:
        states = Counter(account.state for account in accounts)
        raise AssertionError(f"it doesn't come to rest: {states}, {numbers}") from None


def require_sums(accounts: Sequence[Account], numbers: dict[str, Any]) -> None:
    """The places of the bookings in each state are those of the availability."""
    places: Counter[str] = Counter()
    for account in accounts:
        places[account.state] += account.places
    for state in ("held", "offered", "confirmed", "waiting"):
        assert numbers[state] == places[state], (state, numbers, places)
    assert numbers["taken"] == sum(places[state] for state in TAKING)
    assert numbers["free"] == numbers["capacity"] - numbers["taken"]
    assert numbers["overbooked"] == 0


def require_never_oversold(accounts: Sequence[Account], capacity: int) -> int:
    """At no instant of any history more places were taken than there are. The most that ever were."""
    changes = [
        (at, places)
        for account in accounts
        for step in account.steps
        if step.state in TAKING
        for at, places in ((step.at, account.places), (step.until, -account.places))
        if at is not None
    ]
    taken = most = 0
    for at, group in groupby(sorted(changes), key=lambda change: change[0]):
        taken += sum(places for _, places in group)
        assert taken <= capacity, f"{taken} places were taken at {at}, of {capacity}"
        most = max(most, taken)
    return most


def require_whole_histories(accounts: Sequence[Account]) -> None:
    """Each version is there, in order, as are their instants; the last one is the state."""
    for account in accounts:
        history = account.shown["history"]
        assert [change["version"] for change in history] == list(range(1, account.shown["version"] + 1))
        assert history[-1]["state"] == account.state
        instants = [step.at for step in account.steps]
        assert instants == sorted(instants), account.shown


def require_order_of_arrival(accounts: Sequence[Account], max_passes: int) -> int:
    """Nobody overtook those who waited: no new booking got places, and no late confirmation, while somebody waited for
    the hall; no party was offered places before an earlier one that wanted no more; and who wanted more was passed
    over no more than `max_passes` times. What happened in one instant was decided at once, and in order. How many
    were offered places.
    """
    offers = [(account, step) for account in accounts if (step := account.first("offered"))]
    for waiting in accounts:
        in_line = waiting.first("waiting")
        if in_line is None:
            continue
        for other in accounts:
            for before, step in zip([None, *other.steps], other.steps, strict=False):
                is_new = step.state in TAKING and (before is None or before.state == "expired")
                assert not (is_new and _is_within(step.at, in_line)), (waiting.shown, other.shown)
        passes = [other for other, step in offers if other.number > waiting.number and _is_within(step.at, in_line)]
        assert len(passes) <= max_passes, (waiting.shown, len(passes))
        assert all(other.places < waiting.places for other in passes), waiting.shown
    return len(offers)


def _is_within(at: datetime, step: Step) -> bool:
    return step.at < at and (step.until is None or at < step.until)
