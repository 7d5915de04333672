"""One message on its way to one subscriber within the process."""

import logging
from datetime import UTC, datetime
from enum import Enum, auto

from okevents.errors import OkeventsError
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetter, DeadLetterStore

log = logging.getLogger(__name__)


class Fate(Enum):
    """What became of a delivery."""

    ACKNOWLEDGED = auto()
    PARKED = auto()
    RELEASED = auto()


class LocalDelivery:
    """See `Delivery`. `fate` is what it was answered with; unanswered, it is given back."""

    earlier_deliveries = 0

    def __init__(self, message: Message, queue: str, dead_letters: DeadLetterStore) -> None:
        self.message = message
        self.fate = Fate.RELEASED
        self._queue = queue
        self._dead_letters = dead_letters

    async def acknowledge(self) -> None:
        self.fate = Fate.ACKNOWLEDGED

    async def park(self, reason: str) -> None:
        letter = DeadLetter(
            id=self.message.id, queue=self._queue, message=self.message, reason=reason, parked_at=datetime.now(UTC)
        )
        try:
            await self._dead_letters.park(letter)
        except OkeventsError as error:
            log.warning("%s couldn't be parked, and comes again: %s", self.message.id, error.detail)
        else:
            self.fate = Fate.PARKED

    async def release(self) -> None:
        self.fate = Fate.RELEASED
