"""The door of an event: tickets are handed out, and let people in, once each, with or without a connection."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings import identity
from okevents.bookings.calendar import entry_of
from okevents.bookings.door_list import door_list
from okevents.bookings.draft import CheckInDraft, DoorDraft, ScanDraft, ScansDraft, UndoDraft, instant_of
from okevents.bookings.model import BOOKED, Admission, Booking
from okevents.bookings.ports import BookingFilter
from okevents.bookings.reading import Found
from okevents.bookings.representation import CheckInShown
from okevents.bookings.requests import CheckIn, UndoCheckIn
from okevents.bookings.service import Booked, BookingService, decoded
from okevents.bookings.ticket_keys import TicketKeys
from okevents.bookings.tickets import PrintedTicket, TicketClaims, TicketPrinter, TicketSheet
from okevents.errors import (
    BadInput,
    BookingNotConfirmed,
    FieldFault,
    KeyReused,
    NoSuchTicket,
    OkeventsError,
    Unavailable,
)
from okevents.kernel import validation
from okevents.kernel.calendar import Entry
from okevents.kernel.caller import Caller
from okevents.kernel.ids import BookingId, EventId

TICKETS_AT_ONCE = 100
"""On one page: a code takes some hundredths of a second to be drawn."""

_encoder = msgspec.json.Encoder()


class TicketShown(Struct, kw_only=True):
    """A ticket: `token` is what its QR code says. `admission`: when and where its holder was let in."""

    number: int
    hall: str
    token: str
    admission: Admission | None

    def __repr__(self) -> str:
        return f"TicketShown({self.number})"


class TicketPage(Struct, frozen=True):
    """Some of a booking's tickets, and the number of the first of those that follow; None if none do."""

    tickets: list[TicketShown]
    following: int | None


class Scanned(Struct, frozen=True, kw_only=True):
    """What became of one scan that was told later: let in (`was_known`: that was told before), or why not."""

    admission: Admission | None = None
    booking_id: BookingId | None = None
    was_known: bool = False
    error: OkeventsError | None = None


class Door:
    """Bodies are JSON as docs/api.md describes it. Every method raises StoreUnavailable, and writes Overloaded.

    `secret_issue`: which of the booking's secrets is shown for its tickets; None: whoever asks needs none.
    """

    def __init__(self, service: BookingService, keys: TicketKeys, printer: TicketPrinter) -> None:
        self._service = service
        self._keys = keys
        self.printer = printer

    async def jwks(self) -> bytes:
        """The public keys that tickets and door lists are verified with (RFC 7517)."""
        return (await self._keys.current()).jwks()

    async def tickets(self, booking_id: BookingId, first: int, secret_issue: int | None = None) -> TicketPage:
        """One for each place, from number `first` on. Raises BookingNotFound, BookingNotConfirmed."""
        return await self._page(await self._booked(booking_id, secret_issue), first)

    async def ticket(self, booking_id: BookingId, number: int, secret_issue: int | None = None) -> str:
        """One ticket's text. Raises BookingNotFound, BookingNotConfirmed, NoSuchTicket."""
        found = await self._booked(booking_id, secret_issue)
        claims = _claims(found.booking)
        if not 1 <= number <= len(claims):
            raise NoSuchTicket(f"the booking has {len(claims)} tickets, and none of number {number}", left=0)
        return (await self._keys.current()).sign(claims[number - 1])

    async def sheet(
        self, booking_id: BookingId, first: int, secret_issue: int | None = None
    ) -> tuple[bytes, int | None]:
        """The page of tickets from number `first` on, to be printed, and the number that the next page begins with.

        Raises BookingNotFound, BookingNotConfirmed.
        """
        found = await self._booked(booking_id, secret_issue)
        page = await self._page(found, first)
        sheet = TicketSheet(
            booking_id=booking_id,
            event=found.inventory.name,
            starts_at=found.inventory.starts_at,
            ends_at=found.inventory.ends_at,
            timezone=found.inventory.timezone,
            guest=found.booking.guest.name,
            tickets=tuple(PrintedTicket(number=each.number, hall=each.hall, token=each.token) for each in page.tickets),
        )
        return await asyncio.to_thread(self.printer.page, sheet), page.following

    async def entry(self, booking_id: BookingId, origin: str, secret_issue: int | None = None) -> Entry:
        """The booking for its guest's calendar, whatever its state. Raises BookingNotFound."""
        found = await self._service.reading.find(booking_id, secret_issue)
        return entry_of(found.booking, found.inventory, origin)

    async def check_in(self, body: bytes, caller: Caller) -> Booked:
        """Lets in the holder of a ticket, or so many guests of a booking. Raises what `admission.check_in` does, and
        BadInput, BadTicket, UnknownTicketKey, RetiredTicketKey, BookingNotFound, KeyReused, KeyInFlight."""
        draft = validation.decode(body, CheckInDraft)
        if (draft.token is None) == (draft.booking_id is None):
            raise BadInput([FieldFault("/token", "give the `token` of a ticket, or a `booking_id`, and not both")])
        if draft.booking_id is not None:
            return await self._admit(BookingId(draft.booking_id), draft, body, caller)
        claims = await self._keys.verify(draft.token or "")
        request = CheckIn(
            event_id=claims.event_id,
            booking_id=claims.booking_id,
            ticket=claims.number,
            issue=claims.issue,
            at_event=_event_id(draft.event_id),
            where=draft.where,
        )
        return await self._service.change_booking(request, body, caller)

    async def check_in_booking(self, booking_id: BookingId, body: bytes, caller: Caller) -> Booked:
        """The same for so many guests of that booking. Raises PreconditionFailed too."""
        return await self._admit(booking_id, decoded(body, DoorDraft), body, caller, caller.if_match)

    async def undo(self, body: bytes, caller: Caller) -> Booked:
        """Whoever was let in by mistake is outside again. Raises IllegalTransition, NoSuchTicket, BookingNotFound, and
        what `check_in` does of tickets."""
        draft = validation.decode(body, UndoDraft)
        if (draft.token is None) == (draft.booking_id is None):
            raise BadInput([FieldFault("/token", "give the `token` of a ticket, or a `booking_id`, and not both")])
        if draft.booking_id is not None:
            booking_id = BookingId(draft.booking_id)
            event_id = await self._service.event_of(booking_id)
            request = UndoCheckIn(event_id=event_id, booking_id=booking_id, count=draft.count, reason=draft.reason)
        else:
            claims = await self._keys.verify(draft.token or "")
            request = UndoCheckIn(
                event_id=claims.event_id, booking_id=claims.booking_id, ticket=claims.number, reason=draft.reason
            )
        return await self._service.change_booking(request, body, caller)

    async def take_scans(self, body: bytes, caller: Caller) -> Sequence[Scanned]:
        """What became of each scan, in the order they were sent; the earliest of one ticket lets in.

        Sent again, each is known. Raises BadInput, KeyReused, KeyInFlight.
        """
        draft = validation.decode(body, ScansDraft)
        faults: list[FieldFault] = []
        now = self._service.now()
        instants = [instant_of(scan, f"/scans/{i}/at", now, faults) for i, scan in enumerate(draft.scans)]
        if faults:
            raise BadInput(faults)
        in_time = sorted(range(len(draft.scans)), key=instants.__getitem__)
        outcomes = await asyncio.gather(
            *(self._take_scan(draft.scans[i], instants[i], _event_id(draft.event_id), i, caller) for i in in_time)
        )
        placed = dict(zip(in_time, outcomes, strict=True))
        return [placed[i] for i in range(len(draft.scans))]

    async def door_list(self, event_id: EventId) -> bytes:
        """Who may enter, signed: a flattened JWS whose payload is a `DoorList`. Raises EventNotFound."""
        reading = self._service.reading
        inventory = await reading.availability(event_id)
        bookings: list[Booking] = []
        async for chunk in await reading.stream(BookingFilter(event_id=event_id), None):
            bookings += [booking for booking in chunk if booking.is_live]
        told = door_list(inventory, bookings)
        return (await self._keys.current()).sign_document(_encoder.encode(told))

    async def _admit(
        self,
        booking_id: BookingId,
        draft: DoorDraft,
        body: bytes,
        caller: Caller,
        if_match: frozenset[int] | None = None,
    ) -> Booked:
        request = CheckIn(
            event_id=await self._service.event_of(booking_id),
            booking_id=booking_id,
            count=draft.count,
            at_event=_event_id(draft.event_id),
            where=draft.where,
            if_match=if_match,
        )
        return await self._service.change_booking(request, body, caller)

    async def _take_scan(
        self, scan: ScanDraft, at: datetime, at_event: EventId | None, place: int, caller: Caller
    ) -> Scanned:
        if caller.key is not None:
            caller = replace(caller, key=identity.scan_key(caller.key, place))
        claims: TicketClaims | None = None
        try:
            claims = await self._keys.verify(scan.token)
            request = CheckIn(
                event_id=claims.event_id,
                booking_id=claims.booking_id,
                ticket=claims.number,
                issue=claims.issue,
                at_event=at_event,
                scanned_at=at,
                where=scan.where,
            )
            booked = await self._service.change_booking(request, _encoder.encode(scan), caller)
        except (KeyReused, Unavailable):
            raise
        except OkeventsError as error:
            return Scanned(booking_id=claims.booking_id if claims else None, error=error)
        shown = msgspec.json.decode(booked.body, type=CheckInShown)
        return Scanned(booking_id=booked.booking_id, admission=shown.admitted[0], was_known=shown.known)

    async def _page(self, found: Found, first: int) -> TicketPage:
        signer = await self._keys.current()
        by_ticket = {admission.ticket: admission for admission in found.booking.admissions}
        claims = _claims(found.booking)[first - 1 : first - 1 + TICKETS_AT_ONCE]
        tickets = [
            TicketShown(
                number=each.number, hall=each.hall, token=signer.sign(each), admission=by_ticket.get(each.number)
            )
            for each in claims
        ]
        following = first + TICKETS_AT_ONCE
        return TicketPage(tickets, following if following <= found.booking.places else None)

    async def _booked(self, booking_id: BookingId, secret_issue: int | None) -> Found:
        found = await self._service.reading.find(booking_id, secret_issue)
        if found.booking.state not in BOOKED:
            said = f"the booking {booking_id} is {found.booking.state}; only a confirmed one has tickets"
            raise BookingNotConfirmed(said, state=found.booking.state)
        return found


def _claims(booking: Booking) -> list[TicketClaims]:
    """What its tickets say, line by line."""
    lines = [line for line in booking.lines for _ in range(line.places)]
    return [
        TicketClaims(
            booking_id=booking.id,
            event_id=booking.event_id,
            number=number,
            issue=booking.ticket_issue,
            hall_id=line.hall_id,
            hall=line.hall,
        )
        for number, line in enumerate(lines, start=1)
    ]


def _event_id(given: str | None) -> EventId | None:
    return None if given is None else EventId(given)
