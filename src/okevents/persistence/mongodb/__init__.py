"""MongoDB, and servers that speak its protocol, by PyMongo's asynchronous client.

It relies on two things alone: a document is inserted whole or not at all, and `_id` is unique. So it is right on a
single server, a replica set, a sharded cluster and on compatible servers, some of which update without atomicity.
"""

from okevents.persistence.mongodb.database import MongodbBookingsDatabase, MongodbEventsDatabase
from okevents.persistence.mongodb.transfer import MongodbTransfer


def open_events(url: str) -> MongodbEventsDatabase:
    """The Events Service's database, not opened yet; `okevents` where the URL names none."""
    return MongodbEventsDatabase(url)


def open_bookings(url: str) -> MongodbBookingsDatabase:
    """The Booking Service's database, not opened yet; `okevents_bookings` where the URL names none."""
    return MongodbBookingsDatabase(url)


def open_transfer(url: str) -> MongodbTransfer:
    """The database as where a copy comes from or goes to, not opened yet."""
    return MongodbTransfer(url)
