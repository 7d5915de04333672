"""One entry of what is imported: its shape where it is JSON, and by what it is recognised the next time."""

import re
from typing import Annotated

from msgspec import Meta, Struct

from okevents.contracts.event import EventStatus
from okevents.errors import BadInput, FieldFault, OkeventsError
from okevents.events.draft import EventDraft
from okevents.events.identity import imported_id
from okevents.kernel.bodies import Reason
from okevents.kernel.calendar import ReadEntry
from okevents.kernel.ids import EventId

OwnId = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{24}$(?!\n)", description="24 lower-case hexadecimal digits, as okevents gives them.")
]
ExternalId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)",
        description="By which another program knows the event: text in one line, without control characters.",
    ),
]

_OWN_UID = re.compile(r"event-([0-9a-f]{24})@okevents")


class EntryDraft(EventDraft, kw_only=True, forbid_unknown_fields=True):
    """An event to be imported. `external_id`, or the `id` that okevents gave it, says which it is; the server's other
    fields are ignored, but for a `status` of cancelled and the `reason` why."""

    external_id: ExternalId | None = None
    id: OwnId | None = None
    status: EventStatus | None = None
    reason: Reason | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """What begins in that line, and what it says; or the `fault` for which it can't be taken."""

    line: int
    external_id: str | None = None
    event_id: EventId | None = None
    said: EntryDraft | ReadEntry | None = None
    fault: OkeventsError | None = None


def identified(line: int, said: EntryDraft | ReadEntry, source: str) -> Entry:
    """The entry with the id of its event. Raises BadInput if that can't be told."""
    if isinstance(said, ReadEntry):
        own = _OWN_UID.fullmatch(said.uid)
        of_uid = EventId(own[1]) if own else imported_id(source, said.uid)
        return Entry(line=line, external_id=said.uid, event_id=of_uid, said=said)
    known = None if said.external_id is None else imported_id(source, said.external_id)
    event_id = known if said.id is None else EventId(said.id)
    if event_id is None:
        fault = "is missing, and so is id; one of them is needed to know the event again"
        raise BadInput([FieldFault("/external_id", fault)])
    if known is not None and event_id != known:
        raise BadInput([FieldFault("/id", f"is {event_id}, and the external_id stands for {known}; give one of them")])
    return Entry(line=line, external_id=said.external_id, event_id=event_id, said=said)
