"""Tickets: what one says, and what the Booking Service needs to sign, verify and print them."""

from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from okevents.kernel.ids import BookingId, EventId, HallId


class TicketClaims(Struct, frozen=True, kw_only=True):
    """What a ticket says. Nothing of it is about the guest, for a ticket is seen by whoever stands beside it.

    `number` counts the booking's tickets from 1, and `issue` how often they were handed out anew: after a transfer
    those of an earlier issue don't admit any more. Whether a ticket admits is decided at the door, by the booking.
    """

    booking_id: BookingId
    event_id: EventId
    number: int
    issue: int
    hall_id: HallId
    hall: str


class TicketSigner(Protocol):
    """Signs with the newest key, and verifies with every key that isn't retired. Pure and quick: no I/O."""

    def sign(self, claims: TicketClaims) -> str:
        """The ticket as ASCII text, at most 1024 characters; a very long name of a hall is cut in it.

        Raises ConfigurationError if every key is retired.
        """
        ...

    def verify(self, token: str) -> TicketClaims:
        """What the ticket says, if it was signed here. The text may come from anybody.

        Raises BadTicket for what isn't a ticket or was changed, UnknownTicketKey and RetiredTicketKey.
        """
        ...

    def jwks(self) -> bytes:
        """The public keys that tickets and documents are verified with: a JSON Web Key Set (RFC 7517)."""
        ...

    def sign_document(self, document: bytes) -> bytes:
        """The document with its signature: a flattened JWS (RFC 7515, 7.2.2), of type application/jose+json.

        It never verifies as a ticket. Raises ConfigurationError if every key is retired.
        """
        ...


class PrintedTicket(Struct, frozen=True, kw_only=True):
    """One ticket as it is printed: its number in the booking, the name of its hall, and the signed text."""

    number: int
    hall: str
    token: str

    def __repr__(self) -> str:
        return f"PrintedTicket({self.number})"


class TicketSheet(Struct, frozen=True, kw_only=True):
    """A booking's tickets as they are printed. Instants are aware; `timezone` is the event's IANA one, if it has it."""

    booking_id: BookingId
    event: str
    starts_at: datetime
    ends_at: datetime
    timezone: str | None
    guest: str
    tickets: tuple[PrintedTicket, ...]


Asset = Literal["tickets.css", "open.html", "open.js"]


class TicketPrinter(Protocol):
    """Makes signed tickets visible. No I/O, but each code costs tens of milliseconds: too long for the event loop, so
    call it in a thread, which every method allows."""

    def page(self, sheet: TicketSheet) -> bytes:
        """A page of HTML in UTF-8, to be shown or printed. It runs no script, and asks its own origin for the
        stylesheet alone, at /tickets/tickets.css."""
        ...

    def asset(self, name: Asset) -> bytes:
        """What the page needs beside it; and a page that opens it with the secret in the address's fragment."""
        ...

    def svg(self, token: str) -> bytes:
        """The ticket as a QR code (ISO/IEC 18004), with its quiet zone: image/svg+xml, of no size of its own."""
        ...

    def png(self, token: str) -> bytes:
        """The same as image/png."""
        ...
