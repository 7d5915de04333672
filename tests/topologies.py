"""Topologies for tests that are about fewer queues than there are."""

from okevents.messaging.topology import Topology


class WithoutWebhooks(Topology, frozen=True, kw_only=True):
    """Only the queues by which the two services meet: what they don't tell each other may go unheard."""

    @property
    def bindings(self) -> dict[str, tuple[str, ...]]:
        return {queue: names for queue, names in super().bindings.items() if queue != self.webhooks_queue}
