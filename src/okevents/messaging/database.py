"""What both services store beside what is their own."""

from typing import Protocol

from okevents.access.ports import TokenStore
from okevents.kernel.database import Database
from okevents.kernel.idempotency import IdempotencyStore
from okevents.messaging.ports import DeadLetterStore, Outbox


class ServiceDatabase(Database, Protocol):
    """A database whose changes are published, whose answers are kept, and which knows who may ask."""

    @property
    def answers(self) -> IdempotencyStore: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def dead_letters(self) -> DeadLetterStore: ...

    @property
    def tokens(self) -> TokenStore: ...
