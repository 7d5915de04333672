"""The judge: what must be true of what clients were told and of what is there.

I1: never more places than capacity. I2: every acknowledged write exists exactly once, nothing exists that nobody
attempted. I3: for every committed change exactly one effect on the other side. I4: versions contiguous and never
backwards, the two pictures equal. I5: in the end nothing waits, and only what was planted is parked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from okevents.bookings.model import BOOKED, HOLDS, Booking, BookingState
from tests.faults import report
from tests.faults.evidence import Evidence, differences
from tests.faults.history import History, Operation, Outcome
from tests.faults.observer import Heard
from tests.unit.bookings.invariants import assert_counters_add_up

REFUSALS = frozenset({404, 409, 412, 422, 429})
"""What a client that asks properly may be refused with."""

PROPER = frozenset(map(str, REFUSALS | {503}))

STATE_AFTER = {"confirm": BookingState.CONFIRMED, "cancel": BookingState.CANCELLED}


class Violation(Struct, frozen=True):
    """An invariant that doesn't hold, and what shows it."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


def violations(history: History, evidence: Evidence, planted: Mapping[str, int] | None = None) -> list[Violation]:
    """All that is wrong. `planted`: how many dead letters each queue is to have."""
    judged = {
        "I0": _answers(history),
        "I1": _capacity(history, evidence),
        "I2": _exactly_once(history, evidence),
        "I3": _effects(evidence),
        "I4": _versions(history, evidence),
        "I5": _remains(evidence, planted or {}),
    }
    return [Violation(invariant, what) for invariant, found in judged.items() for what in found]


def require_none(history: History, evidence: Evidence, planted: Mapping[str, int] | None = None) -> None:
    """Raises AssertionError that shows the first violations of each kind."""
    found = violations(history, evidence, planted)
    if found:
        counts = Counter(violation.invariant for violation in found)
        shown = "\n".join(str(violation)[:500] for violation in found[:12])
        file = history.write(report.CACHE)
        log = file.with_suffix(".log")
        log.write_text("\n".join(evidence.printed))
        where = f"the history is in {file}, what processes said in {log.name}"
        raise AssertionError(f"{len(found)} violations, {dict(counts)}; {where}:\n{shown}")


def _answers(history: History) -> Iterator[str]:
    """Whatever is broken, a client is told in the agreed way, in the end."""
    for status, count in Counter(each.said for each in history.tries).items():
        if status[0].isdigit() and status not in PROPER and status >= "300":
            yield f"{count} answers {status}"
    for operation in history.operations:
        if operation.outcome is Outcome.UNKNOWN:
            yield f"{operation.kind} {operation.key} was never answered: {operation.tries[-5:]}"


def _capacity(history: History, evidence: Evidence) -> Iterator[str]:
    taken: Counter[tuple[str, str]] = Counter()
    by_event: dict[str, list[Booking]] = defaultdict(list)
    for booking in evidence.bookings.values():
        by_event[booking.event_id].append(booking)
        if booking.state in HOLDS | BOOKED:
            taken.update({(booking.event_id, line.hall_id): line.places for line in booking.lines})
    for event_id, inventory in evidence.inventories.items():
        for hall in inventory.halls or ():
            if taken[event_id, hall.id] > hall.capacity:
                yield f"{taken[event_id, hall.id]} places of {hall.capacity} in {hall.name} of {event_id} are taken"
        try:
            assert_counters_add_up(inventory, by_event[event_id])
        except AssertionError as error:
            yield f"the counters of {event_id} don't add up: {str(error)[:200]}"
    yield from _told(history, evidence)


def _told(history: History, evidence: Evidence) -> Iterator[str]:
    """What guests were told is theirs, whatever the database says: those who were told that it is confirmed, and never
    asked for an end."""
    ended = {operation.subject for operation in history.of_kind("cancel")}
    confirmed: dict[str, dict[str, object]] = {}
    for operation in history.of_kind("book", "confirm"):
        if operation.outcome is Outcome.OK and operation.answer["state"] == BookingState.CONFIRMED:
            confirmed[operation.answer["id"]] = operation.answer
    places: Counter[tuple[str, str]] = Counter()
    for booking_id, told in confirmed.items():
        if booking_id not in ended:
            lines: list[dict[str, object]] = told["lines"]  # type: ignore[assignment]
            for line in lines:
                places[str(told["event_id"]), str(line["hall_id"])] += int(str(line["places"]))
    for (event_id, hall_id), count in places.items():
        inventory = evidence.inventories.get(event_id)
        halls = (inventory.halls if inventory else None) or ()
        capacity = sum(hall.capacity for hall in halls if hall.id == hall_id)
        if count > capacity:
            yield f"guests were told that {count} places of {capacity} in hall {hall_id} of {event_id} are theirs"


def _exactly_once(history: History, evidence: Evidence) -> Iterator[str]:
    named: dict[str, list[str]] = defaultdict(list)
    for event_id, stored in evidence.stored.items():
        named[stored.event.organiser].append(event_id)
    yield from _once("event", history.of_kind("create"), named)
    guests: dict[str, list[str]] = defaultdict(list)
    for booking in evidence.bookings.values():
        guests[booking.guest.name].append(booking.id)
    yield from _once("booking", history.of_kind("book"), guests)
    for operation in history.operations:
        if operation.outcome is not Outcome.OK:
            continue
        if operation.kind in ("change", "cancel-event"):
            yield from _acknowledged_event(operation, evidence)
        elif operation.kind in ("book", "confirm", "cancel"):
            yield from _acknowledged_booking(operation, evidence)
        elif operation.kind == "repeat" and "another answer" in operation.tries[-1]:
            yield f"a repeat of {operation.path} with the key {operation.key} had {operation.tries[-1]}"
    for operation in history.of_kind("repeat"):
        if operation.outcome is Outcome.FAILED:
            yield f"a repeat of {operation.path} with the key {operation.key} was refused: {operation.content!r}"


def _once(what: str, operations: Iterable[Operation], there: Mapping[str, list[str]]) -> Iterator[str]:
    """By the key, which the client has put into what it made."""
    attempted: set[str] = set()
    for operation in operations:
        name = operation.key
        attempted.add(name)
        ids = there.get(name, [])
        if operation.outcome is Outcome.OK and ids != [operation.answer["id"]]:
            yield f"the {what} {name} was acknowledged as {operation.answer['id']}, and there is {ids or 'none'}"
        if operation.outcome is Outcome.FAILED and ids:
            yield f"the {what} {name} was refused, and there is {ids}"
        if operation.outcome is Outcome.UNKNOWN and len(ids) > 1:
            yield f"the {what} {name} is there {len(ids)} times"
    for name in there.keys() - attempted:
        yield f"nobody attempted the {what} {name}"


def _acknowledged_event(operation: Operation, evidence: Evidence) -> Iterator[str]:
    stored = evidence.stored.get(str(operation.subject))
    version = operation.answer["version"]
    if stored is None or stored.event.version < version:
        yield f"version {version} of event {operation.subject} was acknowledged ({operation.key}), and isn't there"


def _acknowledged_booking(operation: Operation, evidence: Evidence) -> Iterator[str]:
    told = operation.answer
    booking = evidence.bookings.get(told["id"])
    if booking is None:
        yield f"{operation.kind} of booking {told['id']} was acknowledged, and it isn't there"
        return
    states = {change.version: change.state for change in booking.history}
    if states.get(told["version"]) != told["state"]:
        said = (
            f"{operation.kind} of booking {booking.id} was acknowledged as version {told['version']}, {told['state']}"
        )
        yield f"{said}; its history has {states}"


def _effects(evidence: Evidence) -> Iterator[str]:
    """What was committed was told to the world, every version of it and nothing else; and saved there at most once."""
    for line, count in Counter(evidence.lines).items():
        if count > 1:
            yield f"the Booking Service saved {count} times: {line}"
    if evidence.observed is not None:
        yield from _told_to_the_world(evidence, evidence.observed)


def _told_to_the_world(evidence: Evidence, observed: Iterable[Heard]) -> Iterator[str]:
    told: dict[str, dict[int, set[bytes]]] = defaultdict(lambda: defaultdict(set))
    for heard in observed:
        if not heard.is_persistent:
            yield f"{heard.subject}, version {heard.version}, was published so that a broker may lose it"
        told[heard.subject][heard.version].add(heard.body)
    there = {f"event:{event_id}": stored.event.version for event_id, stored in evidence.stored.items()}
    there |= {f"booking:{booking.id}": booking.version for booking in evidence.bookings.values()}
    numbers = {f"availability:{event_id}": each.version for event_id, each in evidence.inventories.items()}
    for subject, version in there.items():
        if lost := set(range(1, version + 1)) - told[subject].keys():
            yield f"{subject} is at version {version}, and nobody was told of {sorted(lost)}"
    for subject, version in numbers.items():
        if version not in told[subject]:
            yield f"{subject} is at version {version}, and nobody was told"
    for subject, versions in told.items():
        last = (there | numbers).get(subject, 0)
        if unexpected := [version for version in versions if version > last]:
            yield f"{subject} was told in versions {unexpected}, and is at {last}"
        if twofold := [version for version, bodies in versions.items() if len(bodies) > 1]:
            yield f"{subject} was told in two ways as version {twofold}"


def _versions(history: History, evidence: Evidence) -> Iterator[str]:
    for booking in evidence.bookings.values():
        versions = [change.version for change in booking.history]
        if versions != list(range(1, booking.version + 1)):
            yield f"booking {booking.id} is at version {booking.version}, and its history has {versions}"
    yield from _changes_of_events(history, evidence)
    yield from _reads(history)
    yield from differences(evidence)


def _changes_of_events(history: History, evidence: Evidence) -> Iterator[str]:
    """As many versions as there were changes."""
    acknowledged: dict[str, list[int]] = defaultdict(list)
    unknown: Counter[str] = Counter()
    for operation in history.of_kind("create", "change", "cancel-event"):
        if operation.outcome is Outcome.OK:
            acknowledged[operation.answer["id"]].append(operation.answer["version"])
        elif operation.outcome is Outcome.UNKNOWN:
            unknown[str(operation.subject)] += 1
    for event_id, versions in acknowledged.items():
        if twice := [version for version, count in Counter(versions).items() if count > 1]:
            yield f"two changes of event {event_id} were acknowledged as version {twice}"
        stored = evidence.stored.get(event_id)
        expected = range(len(versions), len(versions) + unknown[event_id] + 1)
        if stored is not None and stored.event.version not in expected:
            yield f"event {event_id} was changed {len(versions)} times, and is at version {stored.event.version}"


def _reads(history: History) -> Iterator[str]:
    """Who looks after somebody else has seen a version never sees an older one."""
    seen: dict[tuple[str, str], list[tuple[float, float, int]]] = defaultdict(list)
    for read in history.reads:
        seen[read.aggregate, read.subject].append((read.invoked_at, read.completed_at, read.version))
    for operation in history.of_kind("create", "change", "cancel-event"):
        if operation.outcome is Outcome.OK:
            there = operation.answer
            seen["event", there["id"]].append((operation.invoked_at, operation.completed_at, there["version"]))
    for (aggregate, subject), all_seen in seen.items():
        ends = sorted((completed, version) for _, completed, version in all_seen)
        newest, at = 0, 0
        for invoked, _, version in sorted(all_seen):
            while at < len(ends) and ends[at][0] < invoked:
                newest = max(newest, ends[at][1])
                at += 1
            if version < newest:
                yield f"{aggregate} {subject} was seen in version {version} after version {newest}"


def _remains(evidence: Evidence, planted: Mapping[str, int]) -> Iterator[str]:
    if evidence.problem:
        yield f"it was not quiet after {evidence.quiet_after:.0f} s: {evidence.problem}"
    for name, count in (evidence.outbox | evidence.queues).items():
        if count:
            yield f"{count} messages wait in {name}"
    for queue, count in evidence.parked.items():
        if count != planted.get(queue, 0):
            yield f"{count} messages of {queue} are parked, and {planted.get(queue, 0)} were to be"
