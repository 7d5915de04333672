"""What must be true when nothing goes wrong any more and everything is quiet."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from okevents.bookings.difference import differences
from okevents.bookings.messages import availability_message
from okevents.events.messages import state
from okevents.messaging.envelope import Message
from okevents.messaging.topology import Topology
from tests.simulation.broker import BrokerServer
from tests.simulation.client import Outcome
from tests.simulation.history import History
from tests.simulation.storage.data import Data
from tests.simulation.witness import Witness


def judge_end(history: History, events: Data, bookings: Data, broker: BrokerServer, planted: Iterable[str]) -> None:
    """The two services' databases and the broker."""
    for name, data in (("events", events), ("bookings", bookings)):
        if data.outbox:
            history.accuse("I5", f"the outbox of the {name} database holds {', '.join(data.outbox)}")
    for queue, left in broker.left().items():
        history.accuse("I5", f"{queue} holds {', '.join(left)}")
    parked = {letter.id for queue in Topology().bindings for letter in broker.parked(queue).values()}
    if parked != set(planted):
        history.accuse("I5", f"{sorted(parked)} are parked, and should be {sorted(planted)}")
    for event in events.events.values():
        inventory = bookings.inventories.get(event.id)
        for said in differences(inventory, state(event)):
            history.accuse("I4", f"the event {event.id} {said}")
        if inventory is None or inventory.halls is None:
            continue
        heard, told = events.availability.get(event.id), availability_message(inventory, inventory.as_of)
        if heard is None or msgspec.json.encode(heard) != told.body:
            history.accuse("I4", f"of {event.id} the numbers shown are those of version {heard and heard.version}")


def judge_messages(history: History, witness: Witness) -> None:
    """Every change was told; of numbers the last ones were."""
    told: list[Message] = sorted(witness.told.values(), key=lambda message: (message.outbox_key, message.version))
    for _, group in groupby(told, key=lambda message: message.outbox_key):
        last = list(group)[-1]
        if not witness.published[last.id]:
            history.accuse("I3", f"{last.id} was committed and never published")


def judge_requests(history: History, witness: Witness, outcomes: Sequence[Outcome]) -> None:
    """Each had the effect that was said, once."""
    known = {outcome.asked.tag for outcome in outcomes}
    for outcome in outcomes:
        asked, count = outcome.asked, witness.effects[outcome.asked.tag]
        if len(set(outcome.bodies)) > 1:
            history.accuse("I2", f"{asked.tag} was answered differently: {outcome.bodies}")
        if asked.effects is None:
            continue
        allowed = {asked.effects} if outcome.bodies else {0, asked.effects} if outcome.may_be_done else {0}
        if count not in allowed:
            history.accuse("I2", f"{asked.tag} {asked.name} left {count} traces, not {sorted(allowed)}")
    for event_versions in witness.events.values():
        if event_versions[0].name not in known:
            history.accuse("I2", f"nobody asked for the event {event_versions[0].name}")
    for (booking_id, version), step in witness.steps.items():
        if version == 1 and step.payment_reference not in known:
            history.accuse("I2", f"nobody asked for the booking {booking_id}")
