"""The Booking Service: bookings."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, Literal, TypedDict, TypeVar, Unpack
from urllib.parse import quote

import msgspec

from okevents.bookings.door import TicketShown
from okevents.bookings.draft import BookingDraft, BookingPatch
from okevents.bookings.model import BookingState
from okevents.bookings.representation import BookingMade, BookingShown, CheckInShown
from okevents.client.lines import lines_of
from okevents.client.listing import Listing, query_of
from okevents.client.transport import MERGE_PATCH, NDJSON, Call, Transport, read

T = TypeVar("T")

Format = Literal["ndjson", "csv"]
_MEDIA_TYPES: Mapping[Format, str] = {"ndjson": NDJSON, "csv": "text/csv"}
_QUERY = {"created_from": "from", "created_before": "to"}


class BookingFilter(TypedDict, total=False):
    """Which bookings are wanted; None, or left out: whatever it is.

    `event` is its id; `hall` its id, or with an event its name. Instants are aware; `created_before` isn't included.
    """

    event: str | None
    hall: str | None
    state: BookingState | str | None
    email: str | None
    created_from: datetime | None
    created_before: datetime | None


class How(TypedDict, total=False):
    """How a booking is changed. `secret` is what came with it, shown in place of the client's token. `if_version`: only
    if that is the present version, else PreconditionFailed. `key` is the idempotency key; without one each call draws
    its own."""

    secret: str | None
    if_version: int | None
    key: str | None


class BookingAmended(BookingShown, kw_only=True):
    """A booking after a change of its guest. `secret` is there if it has passed to another e-mail address: the old one
    opens it no more."""

    secret: str | None = None

    def __repr__(self) -> str:
        return f"BookingAmended({self.id})"


class Bookings:
    """Every method raises Problem, Unreachable and UnexpectedAnswer; streams Interrupted, too. Those that are about one
    booking raise BookingNotFound. How it is changed, by whom, and by which key, `How` has."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, page_size: int | None = None, **wanted: Unpack[BookingFilter]) -> Listing[BookingShown]:
        """By event, in their order of arrival."""
        query = query_of(wanted, _QUERY, page_size)
        return Listing(self._transport, Call(path="/bookings", query=query), list[BookingShown])

    async def stream(self, **wanted: Unpack[BookingFilter]) -> AsyncGenerator[BookingShown, None]:
        """The same in one request, as they arrive. A stream that breaks off can't be gone on with: a list can."""
        async with self._transport.open(_export("ndjson", wanted)) as chunks, aclosing(lines_of(chunks)) as lines:
            async for line in lines:
                yield read(line, BookingShown)

    async def export(self, form: Format = "ndjson", **wanted: Unpack[BookingFilter]) -> AsyncGenerator[bytes, None]:
        """The same as NDJSON, a line for each booking, or as CSV (RFC 4180), a row for each of its lines; in pieces as
        they arrive."""
        async with self._transport.open(_export(form, wanted)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def get(self, booking_id: str, *, secret: str | None = None) -> BookingShown:
        """With its history, and its place in line while it waits."""
        return (await self._transport.ask(Call(path=_path(booking_id), secret=secret))).read(BookingShown)

    async def create(self, draft: BookingDraft | Mapping[str, Any], *, key: str | None = None) -> BookingMade:
        """Its `secret` opens it; it can't be read later, but the same call with the same key tells it again.

        Raises SoldOut and the other Conflicts that keep it from being booked, EventNotFound, BadInput.
        """
        call = Call(method="POST", path="/bookings", body=msgspec.json.encode(draft), key=key)
        return (await self._transport.ask(call)).read(BookingMade)

    async def confirm(self, booking_id: str, payment_reference: str | None = None, **how: Unpack[How]) -> BookingShown:
        """What is held or offered is taken for good. Raises IllegalTransition, SoldOut if the hold has ended."""
        body = {"payment_reference": payment_reference}
        return await self._changed(_change(booking_id, "confirm", body, how), BookingShown)

    async def extend(self, booking_id: str, hold: int | None = None, **how: Unpack[How]) -> BookingShown:
        """It is held from now on for so many seconds. Raises IllegalTransition, HoldLimitReached."""
        return await self._changed(_change(booking_id, "extend", {"hold": hold}, how), BookingShown)

    async def cancel(self, booking_id: str, reason: str | None = None, **how: Unpack[How]) -> BookingShown:
        """Its places are given back. Raises IllegalTransition."""
        return await self._changed(_change(booking_id, "cancel", {"reason": reason}, how), BookingShown)

    async def decline(self, booking_id: str, reason: str | None = None, **how: Unpack[How]) -> BookingShown:
        """An offer goes to the next in line. Raises IllegalTransition."""
        return await self._changed(_change(booking_id, "decline", {"reason": reason}, how), BookingShown)

    async def amend(
        self, booking_id: str, changes: BookingPatch | Mapping[str, Any], **how: Unpack[How]
    ) -> BookingAmended:
        """Another guest, number of places or payment reference, by a JSON merge patch (RFC 7396).

        Raises BadInput, IllegalTransition, and for more places what `book` does.
        """
        call = Call(
            method="PATCH",
            path=_path(booking_id),
            body=msgspec.json.encode(changes),
            media_type=MERGE_PATCH,
            **how,
        )
        return await self._changed(call, BookingAmended)

    async def erase(self, booking_id: str, **how: Unpack[How]) -> BookingShown:
        """The guest's name and address are forgotten; the places stay as they are."""
        return await self._changed(_change(booking_id, "erase", {}, how), BookingShown)

    async def check_in(
        self,
        booking_id: str,
        count: int = 1,
        *,
        event_id: str | None = None,
        where: str | None = None,
        if_version: int | None = None,
        key: str | None = None,
    ) -> CheckInShown:
        """So many of its guests are let in, at the doors of that event if it is told. Raises NotAdmitted."""
        body = {"count": count, "event_id": event_id, "where": where}
        how = How(if_version=if_version, key=key)
        return await self._changed(_change(booking_id, "check-in", body, how), CheckInShown)

    def tickets(self, booking_id: str, *, secret: str | None = None) -> Listing[TicketShown]:
        """One for each place of a confirmed booking. Raises BookingNotConfirmed."""
        return Listing(self._transport, Call(path=f"{_path(booking_id)}/tickets", secret=secret), list[TicketShown])

    async def _changed(self, call: Call, kind: type[T]) -> T:
        return (await self._transport.ask(call)).read(kind)


def _path(booking_id: str) -> str:
    return f"/bookings/{quote(booking_id, safe='')}"


def _export(form: Format, wanted: BookingFilter) -> Call:
    return Call(path="/bookings", query=query_of(wanted, _QUERY), accept=_MEDIA_TYPES[form])


def _change(booking_id: str, verb: str, body: Mapping[str, Any], how: How) -> Call:
    return Call(method="POST", path=f"{_path(booking_id)}/{verb}", body=msgspec.json.encode(body), **how)
