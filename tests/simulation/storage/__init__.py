"""A database that keeps the promises of the real ones, in dictionaries.

What is written is decided at one instant: whole, on the version that was expected, or not at all. What happens on the
way there and back is the wire's business.
"""

from datetime import UTC, datetime

from tests.simulation.storage.data import Data
from tests.simulation.storage.database import SimulatedBookingsDatabase, SimulatedEventsDatabase
from tests.simulation.wire import straight

_at: dict[str, Data] = {}


def open_events(url: str) -> SimulatedEventsDatabase:
    """The Events Service's at that URL, which lasts as long as this process."""
    return SimulatedEventsDatabase(_data(url), straight)


def open_bookings(url: str) -> SimulatedBookingsDatabase:
    """The Booking Service's."""
    return SimulatedBookingsDatabase(_data(url), straight)


def _data(url: str) -> Data:
    return _at.setdefault(url, Data(lambda: datetime.now(UTC)))
