"""What kind of queue each is, in AMQP's words. Who declares one must say the very same: the published documents do.

A quorum queue survives any one node. From RabbitMQ 4.0 on it drops what was delivered 20 times unless it is told
otherwise; attempts are counted by the consumer, not there.
"""

from collections.abc import Mapping

from msgspec import Struct

from okevents.messaging.topology import Topology

UNLIMITED = 1_000_000

MAX_LENGTH = 10_000
"""Messages that wait in the broker for a slow process that listens; beyond that the oldest are dropped without a word.
Who listens must look now and then without being told, as live streams do (`POLL` in bookings/live.py)."""


class Queue(Struct, frozen=True, kw_only=True):
    """How it is declared. `exclusive`, `auto_delete`: it is one connection's, and goes with it."""

    arguments: Mapping[str, str | int]
    durable: bool = False
    exclusive: bool = False
    auto_delete: bool = False


PARKING = Queue(durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": UNLIMITED})

# The type is named, for the virtual host's default may be one that can't be exclusive.
LISTENING = Queue(
    exclusive=True,
    auto_delete=True,
    arguments={"x-queue-type": "classic", "x-max-length": MAX_LENGTH, "x-overflow": "drop-head"},
)


def work_queue(topology: Topology, name: str) -> Queue:
    """One that a service takes its messages from; what is rejected there goes to its parking queue."""
    return Queue(
        durable=True,
        arguments={
            **PARKING.arguments,
            "x-dead-letter-exchange": topology.dead_letter_exchange,
            "x-dead-letter-routing-key": name,
        },
    )
