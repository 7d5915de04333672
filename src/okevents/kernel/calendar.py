"""What both services put into calendars, and the ports of what writes and reads iCalendar (RFC 5545)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from msgspec import Struct

LARGEST_SEQUENCE = 2**31 - 1
"""iCalendar's integers have 32 bits (RFC 5545, 3.3.8)."""

EntryStatus = Literal["tentative", "confirmed", "cancelled"]


class Entry(Struct, frozen=True, kw_only=True):
    """Something in a calendar. Instants are aware UTC; texts may hold any characters.

    `uid` is the same for ever, and `sequence` grows with each change: by both a calendar program knows what it has
    already. `timezone` is the IANA one of the place, if it is known. `is_private`: it is one guest's own, who is busy
    then; else it is one of many that anybody may look at.
    """

    uid: str
    sequence: int
    status: EntryStatus
    summary: str
    starts_at: datetime
    ends_at: datetime
    timezone: str | None
    location: str = ""
    description: str = ""
    url: str
    categories: tuple[str, ...] = ()
    contact: str = ""
    created_at: datetime
    changed_at: datetime
    is_private: bool = False


class ReadEntry(Struct, frozen=True, kw_only=True):
    """An entry of somebody's calendar, as far as it says what an event is; None: it doesn't. Texts are `cleaned`.

    `timezone` is an IANA one; None: the instants are right, and their zone has no such name.
    """

    uid: str
    status: EntryStatus | None = None
    summary: str | None = None
    starts_at: datetime
    ends_at: datetime
    timezone: str | None = None
    location: str | None = None
    description: str | None = None
    categories: tuple[str, ...] | None = None
    contact: str | None = None


class Subscription(Struct, frozen=True, kw_only=True):
    """What is said of a calendar that programs subscribe to: its name, the address that it is at, when anything of it
    was changed last (None: it is empty), and how often it should be asked for."""

    name: str
    address: str
    changed_at: datetime | None
    refresh_every: timedelta


class Feed(Protocol):
    """One calendar, written piece by piece: `begin` once, `entries` as often as there are some, `end` once."""

    def begin(self) -> bytes: ...

    def entries(self, entries: Sequence[Entry]) -> bytes:
        """Costs some tenths of a millisecond for each: call it in a thread if there are many."""
        ...

    def end(self) -> bytes: ...


class CalendarWriter(Protocol):
    """Writes iCalendar in UTF-8: RFC 5545 with the properties of RFC 7986. No I/O, and it may be called in a thread.

    Every entry is at its instants whatever the reader knows of time zones: by a zone that is described along with it,
    or in UTC where the place's zone isn't known, or can't tell one of the instants from another.
    """

    def single(self, entry: Entry) -> bytes:
        """A whole calendar with that entry alone."""
        ...

    def feed(self, subscription: Subscription) -> Feed:
        """A calendar of many."""
        ...


class CalendarReader(Protocol):
    """Reads the parts of one iCalendar stream, in their order. No I/O, and it may be called in a thread."""

    def learn(self, part: bytes) -> None:
        """The beginning of a calendar, its own time zone, or the description of one. What can't be understood is passed
        over: whatever needs it is refused."""
        ...

    def read(self, event: bytes) -> ReadEntry:
        """A whole VEVENT; some tenths of a millisecond. Raises BadInput with pointers into an event of okevents."""
        ...

    def uid_of(self, event: bytes) -> str | None:
        """Its UID, if that can be read at all."""
        ...


_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
"""Whatever ends a line to somebody. Only one of them has a written form, and many programs that read calendars split
them at the others, too, which must not come to stand there bare."""

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that must not stand there at all; and halves of characters, which UTF-8 can't write."""


def cleaned(text: str) -> str:
    """The text with line feeds for all that breaks lines, and without what can't be written."""
    return _CONTROLS.sub("", _BREAKS.sub("\n", text))


def in_one_line(text: str) -> str:
    """The same with spaces for line feeds: what a program shows as a title."""
    return cleaned(text).replace("\n", " ")


def sequence(version: int) -> int:
    """The sequence number of what is in that version: 0 for the first one, and never more than iCalendar can hold."""
    return min(max(version - 1, 0), LARGEST_SEQUENCE)
