"""The waiting list's rule: who is next.

Parties are looked at in their order of arrival, and the first that all fits gets an offer, for all of its places at
once. A party that is too large for what is free is passed over by smaller ones behind it, but only so many times:
then whatever becomes free in its halls is kept until it is enough for that party. So small parties fill gaps, and
no large one waits for ever. Who wants places in another hall neither passes nor is passed.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from okevents.bookings.model import HallInventory, Party
from okevents.kernel.ids import HallId


class NextInLine(Struct, frozen=True):
    """Whose turn it is, and those before it that are passed over by that."""

    party: Party
    passed: Sequence[Party]


def next_in_line(waiting: Sequence[Party], halls: Mapping[HallId, HallInventory], max_passes: int) -> NextInLine | None:
    """Who is to be offered places now; None if there is nobody that may have what is free. `waiting` is in order."""
    before: list[Party] = []
    kept: set[HallId] = set()
    for party in waiting:
        if is_too_large(party, halls):
            continue
        if _is_first(party, halls) and kept.isdisjoint(party.places) and _fits(party, halls):
            return NextInLine(party, [each for each in before if not party.places.keys().isdisjoint(each.places)])
        if party.passed_over >= max_passes and _is_first(party, halls):
            kept.update(party.places)
        before.append(party)
    return None


def is_too_large(party: Party, halls: Mapping[HallId, HallInventory]) -> bool:
    """Whether it could never have its places: a hall has shrunk, or is gone."""
    for hall_id, places in party.places.items():
        hall = halls.get(hall_id)
        if hall is None or hall.is_removed or places > hall.capacity:
            return True
    return False


def _fits(party: Party, halls: Mapping[HallId, HallInventory]) -> bool:
    return all(places <= halls[hall_id].free for hall_id, places in party.places.items())


def _is_first(party: Party, halls: Mapping[HallId, HallInventory]) -> bool:
    """Whether all who came before it, for any of its halls, are listed, so that it overtakes none of them unseen."""
    return all(party.number <= halls[hall_id].listed_to for hall_id in party.places)
