"""The envelope: what okevents knows of a message whatever carries it.

On a broker it is a CloudEvents 1.0 message in binary mode (docs/messages.md).
"""

from datetime import datetime

from msgspec import Struct

from okevents.kernel.ids import MessageId


class Message(Struct, frozen=True, kw_only=True):
    """Something that has happened to an aggregate, and the state that it led to.

    `version` counts the changes of the aggregate named by `subject`. It is what the writer knew; on the receiving
    side it is 0, because consumers trust the body alone.

    `slot` is for messages of which only the newest matters: the outbox keeps one row for each slot, overwritten by
    the next message, and the relay publishes it a few times a second at most.
    """

    id: MessageId
    name: str
    source: str
    subject: str
    version: int
    occurred_at: datetime
    body: bytes
    traceparent: str | None = None
    slot: str | None = None

    @property
    def outbox_key(self) -> str:
        """What the outbox has one row for."""
        return self.slot or self.id
