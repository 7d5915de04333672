"""The writes of the Events Service, and what each does to an event. Pure."""

from datetime import datetime
from typing import Any, Literal, assert_never

import msgspec
from msgspec import Struct

from okevents.errors import EventNotFound
from okevents.events import model
from okevents.events.draft import EventDraft, to_event
from okevents.events.importing import Import, imported
from okevents.events.model import Event
from okevents.events.ports import StoredEvent
from okevents.events.representation import shown
from okevents.kernel import validation
from okevents.kernel.caller import Caller, require_version
from okevents.kernel.idempotency import Claim
from okevents.kernel.ids import EventId, Nonce


class Create(Struct, frozen=True):
    """A new event."""

    draft: EventDraft


class Replace(Struct, frozen=True):
    """Everything that its owner decides, anew."""

    draft: EventDraft


class Patch(Struct, frozen=True):
    """A JSON merge patch (RFC 7396) of the event as it is read."""

    patch: dict[str, Any]


class Cancel(Struct, frozen=True):
    """It won't take place."""

    reason: str | None


class Reinstate(Struct, frozen=True):
    """It takes place after all."""


Action = Create | Replace | Patch | Cancel | Reinstate | Import

Outcome = Literal["created", "updated", "unchanged"]


class Seen(Struct, frozen=True):
    """How the event was a moment ago; None: it wasn't there."""

    event: Event | None


class Write(Struct, frozen=True, kw_only=True):
    """One request to change one event. `event_id` is None for a new one: its id follows from the nonce. Where it was
    `seen` already, it needn't be read to be decided first."""

    action: Action
    event_id: EventId | None = None
    caller: Caller
    nonce: Nonce
    claim: Claim | None = None
    seen: Seen | None = None
    traceparent: str | None = None


class Written(Struct, frozen=True, kw_only=True):
    """The answer: the event's id, the version the write led to, and the body of the first answer, byte for byte."""

    event_id: EventId
    version: int
    body: bytes
    outcome: Outcome = "updated"
    is_replay: bool = False


def decide(write: Write, event_id: EventId, present: Event | None, now: datetime) -> Event:
    """The event as the write leaves it: the very same one if nothing changes.

    Raises EventNotFound, PreconditionFailed, IllegalTransition or BadInput.
    """
    action = write.action
    if isinstance(action, Create):
        return present or to_event(action.draft, event_id, now)
    if isinstance(action, Import):
        return imported(action.said, event_id, present, now)
    if present is None:
        raise EventNotFound(f"there is no event {event_id}")
    require_version(write.caller.if_match, present.version)
    match action:
        case Replace(draft):
            return model.replaced(present, to_event(draft, event_id, now, present), now)
        case Patch(patch):
            draft = validation.convert(
                _merge(msgspec.to_builtins(shown(StoredEvent(present, None))), patch),
                EventDraft,
            )
            return model.replaced(present, to_event(draft, event_id, now, present), now)
        case Cancel(reason):
            return model.cancelled(present, reason, now)
        case Reinstate():
            return model.reinstated(present, now)
        case _:
            assert_never(action)


def _merge(target: Any, patch: Any) -> Any:
    """RFC 7396: null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged
