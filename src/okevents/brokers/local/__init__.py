"""The broker that needs nothing: messages go from service to service within one process.

It is durable because the outbox is: a message leaves the outbox when every subscriber has committed its effect.
"""

from okevents.brokers.local.broker import LocalBroker

__all__ = ["LocalBroker"]
