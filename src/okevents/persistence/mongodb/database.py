"""A service's whole database on MongoDB."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from okevents.kernel.database import MINIMUM_VERSION, require_usable
from okevents.persistence.mongodb.answers import MongodbIdempotencyStore
from okevents.persistence.mongodb.bookings import MongodbBookingStore, MongodbKeyring
from okevents.persistence.mongodb.dead_letters import MongodbDeadLetterStore
from okevents.persistence.mongodb.events import MongodbEventStore
from okevents.persistence.mongodb.outbox import MongodbOutbox
from okevents.persistence.mongodb.reports import MongodbBookingReports
from okevents.persistence.mongodb.server import Server, insert_new, put
from okevents.persistence.mongodb.tokens import MongodbTokenStore
from okevents.persistence.mongodb.upgrade import number_bookings
from okevents.persistence.mongodb.webhooks import MongodbWebhookDatabase

Indexes = Mapping[str, Sequence[Sequence[str]]]

_COMMON: Indexes = {
    "idempotency": (("key",), ("kept_at",)),
    "outbox": (("leased_until",), ("slot", "version")),
    "leases": (("message",),),
    "dead_letters": (("queue", "parked_at"),),
}

_ACCESS: Indexes = {"api_tokens": (("digest",),)}


class MongodbDatabase:
    """See `Database`. What both services' have in common. A migration here is a set of indexes."""

    service: str
    default_name: str
    migrations: ClassVar[Mapping[str, Indexes]]

    def __init__(self, url: str) -> None:
        self._server = Server(url, self.default_name)
        self.answers = MongodbIdempotencyStore(self._server)
        self.dead_letters = MongodbDeadLetterStore(self._server)
        self.tokens = MongodbTokenStore(self._server)

    async def connect(self) -> None:
        await self._server.open()
        try:
            self._check(await self._schema())
        except BaseException:
            await self._server.close()
            raise

    async def pending(self) -> Sequence[str]:
        applied = (await self._schema()).get("migrations", [])
        return [name for name in self.migrations if name not in applied]

    async def migrate(self) -> Sequence[str]:
        schemas = self._server.collection("okevents_schema")
        schema = {"_id": "schema", "service": self.service, "minimum_version": MINIMUM_VERSION, "migrations": []}
        # The database becomes that of whoever inserts this first.
        await self._server.run(insert_new(schemas, [schema]))
        self._check(await self._schema())
        names = await self.pending()
        if names:
            # Before the data are touched: a program that can't do with what becomes of them must not be started now.
            needed = {"$set": {"minimum_version": MINIMUM_VERSION}}
            await self._server.run(schemas.update_one({"_id": "schema"}, needed))
        for name in names:
            for collection, indexes in self.migrations[name].items():
                for fields in indexes:
                    keys = [(field, 1) for field in fields]
                    await self._server.run(self._server.collection(collection).create_index(keys))
            await self._upgrade(name)
        if names:
            await self._server.run(put(schemas, schema | {"migrations": list(self.migrations)}))
        return names

    async def _upgrade(self, name: str) -> None:
        """Brings the data to what that migration is for. It may have been begun before, or be under way elsewhere."""

    async def check(self) -> None:
        await self._server.run(self._server.collection("okevents_schema").find_one({"_id": "schema"}))

    async def close(self) -> None:
        await self.answers.close()
        await self._server.close()

    async def _schema(self) -> Mapping[str, Any]:
        schemas = self._server.collection("okevents_schema")
        return await self._server.run(schemas.find_one({"_id": "schema"})) or {}

    def _check(self, schema: Mapping[str, Any]) -> None:
        owner, minimum = schema.get("service", self.service), str(schema.get("minimum_version", "0"))
        require_usable(self._server.address, self.service, owner, minimum)


class MongodbEventsDatabase(MongodbDatabase):
    """See `EventsDatabase`. The Go program's own database and collection, taken over as they are."""

    service = "events"
    default_name = "okevents"
    migrations: ClassVar[Mapping[str, Indexes]] = {
        "0001_first": {
            **_COMMON,
            "events": (("startdate", "_id"), ("name", "startdate")),
            "event_commits": (("event", "version"), ("is_applied", "at")),
            "availability": (("event", "version"),),
        },
        "0003_access": _ACCESS,
        "0005_webhooks": {
            "webhooks": (("webhook", "version"), ("is_old",)),
            "webhook_deliveries": (
                ("webhook", "due"),
                ("webhook", "created", "_id"),
                ("created",),
                ("subject",),
                ("state", "due"),
            ),
            "webhook_claims": (("delivery",),),
        },
    }

    @cached_property
    def webhooks(self) -> MongodbWebhookDatabase:
        return MongodbWebhookDatabase(self._server)

    @cached_property
    def events(self) -> MongodbEventStore:
        return MongodbEventStore(self._server)

    @cached_property
    def outbox(self) -> MongodbOutbox:
        return MongodbOutbox(self._server, self.events.apply_left_behind)


class MongodbBookingsDatabase(MongodbDatabase):
    """See `BookingsDatabase`."""

    service = "bookings"
    default_name = "okevents_bookings"
    migrations: ClassVar[Mapping[str, Indexes]] = {
        "0001_first": {
            **_COMMON,
            "commits": (("event", "version"), ("is_applied", "at")),
            "bookings": (("booking", "version"), ("event",)),
        },
        "0002_life": {
            "commits": (("due",), ("version", "event"), ("event", "is_empty")),
            "bookings": (("event", "number"), ("event", "ends"), ("event", "waiting"), ("guest", "event")),
        },
        "0003_access": _ACCESS,
    }

    @cached_property
    def bookings(self) -> MongodbBookingStore:
        return MongodbBookingStore(self._server)

    async def _upgrade(self, name: str) -> None:
        if name == "0002_life":
            await self._server.run(number_bookings(self._server, self.bookings.apply))

    @cached_property
    def reports(self) -> MongodbBookingReports:
        return MongodbBookingReports(self._server)

    @cached_property
    def keyring(self) -> MongodbKeyring:
        return MongodbKeyring(self._server)

    @cached_property
    def outbox(self) -> MongodbOutbox:
        return MongodbOutbox(self._server, self.bookings.apply_left_behind)
