"""The Booking Service: the door."""

from collections.abc import Mapping
from typing import Any

import msgspec

from okevents.bookings.representation import CheckInShown
from okevents.client.transport import Call, Transport


class Door:
    """Where tickets are shown. Every method raises Problem, of which NotAdmitted says that somebody isn't let in,
    Unreachable and UnexpectedAnswer. `key` is the idempotency key; without one each call draws its own."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def check_in(
        self, ticket: str, *, event_id: str | None = None, where: str | None = None, key: str | None = None
    ) -> CheckInShown:
        """Lets the holder of a ticket in, at the doors of that event if it is told; `ticket` is what its QR code says.

        Raises AlreadyAdmitted, WrongEvent, CheckInNotOpen, TicketReplaced and others of NotAdmitted, BadInput.
        """
        return await self._told("/check-in", {"token": ticket, "event_id": event_id, "where": where}, key)

    async def undo(self, ticket: str, *, reason: str | None = None, key: str | None = None) -> CheckInShown:
        """The holder of a ticket is outside again. Raises NoSuchTicket, BadInput."""
        return await self._told("/check-in/undo", {"token": ticket, "reason": reason}, key)

    async def undo_of(
        self, booking_id: str, count: int = 1, *, reason: str | None = None, key: str | None = None
    ) -> CheckInShown:
        """So many guests of a booking are outside again, the last ones first. Raises BookingNotFound, NoSuchTicket."""
        return await self._told("/check-in/undo", {"booking_id": booking_id, "count": count, "reason": reason}, key)

    async def _told(self, path: str, body: Mapping[str, Any], key: str | None) -> CheckInShown:
        call = Call(method="POST", path=path, body=msgspec.json.encode(body), key=key)
        return (await self._transport.ask(call)).read(CheckInShown)
