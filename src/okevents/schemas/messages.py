"""The contract of each message: who publishes it, what it tells, and the JSON Schema of its body."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from okevents.bookings.messages import NAMES
from okevents.bookings.model import BookingState
from okevents.contracts import names
from okevents.contracts.availability import Availability
from okevents.contracts.booking import BookingStateTold
from okevents.contracts.event import EventState
from okevents.messaging.envelope import Message
from okevents.schemas import examples

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Service = Literal["Events Service", "Booking Service"]


class Contract(Struct, frozen=True, kw_only=True):
    """What stands for good in a message of one name; `state`: the only one that its booking is in."""

    name: str
    shape: type[Struct]
    said: str
    sender: Service
    state: BookingState | None = None


_SAID_OF_BOOKINGS: Mapping[BookingState, str] = {
    BookingState.HELD: "Places are held for a guest, until `expires_at`.",
    BookingState.CONFIRMED: "The guest has the places for good.",
    BookingState.CHECKED_IN: "Some of the booking's guests have come; told again for each.",
    BookingState.WAITING: "A guest waits for places.",
    BookingState.OFFERED: "Places are offered to a guest who waited, until `expires_at`.",
    BookingState.EXPIRED: "A hold or an offer has ended, or waiting was in vain.",
    BookingState.CANCELLED: "A booking was cancelled.",
}


def _of_event(name: str, said: str) -> Contract:
    return Contract(name=name, shape=EventState, said=said, sender="Events Service")


_ALL = (
    _of_event(names.EVENT_CREATED, "An event was created."),
    _of_event(names.EVENT_UPDATED, "An event was changed, or takes place after all."),
    _of_event(names.EVENT_CANCELLED, "An event was cancelled, or changed while it is cancelled."),
    *(
        Contract(name=NAMES[state], shape=BookingStateTold, said=said, sender="Booking Service", state=state)
        for state, said in _SAID_OF_BOOKINGS.items()
    ),
    Contract(
        name=names.AVAILABILITY_CHANGED,
        shape=Availability,
        said="The numbers of an event's halls changed; of several only the newest matters.",
        sender="Booking Service",
    ),
)

CONTRACTS: Mapping[str, Contract] = {contract.name: contract for contract in _ALL}
"""Every message of both services, by its name."""

SHAPES = tuple(sorted({contract.shape for contract in _ALL}, key=lambda shape: shape.__name__))


def address(name: str) -> str:
    """Where a process serves the JSON Schema of that message's body. It has no version: a contract only grows, and what
    can't be told by growing gets another name."""
    return f"/schema/messages/{name}.json"


def body_schema(contract: Contract, ref_template: str) -> dict[str, Any]:
    """Its body's, by references to shapes that stand elsewhere."""
    shape = {"$ref": ref_template.format(name=contract.shape.__name__)}
    if contract.state is None:
        return shape
    return {"allOf": [shape, {"properties": {"state": {"const": str(contract.state)}}}]}


def message_schema(contract: Contract) -> dict[str, Any]:
    """The JSON Schema (2020-12) of its body, whole. `$id` is relative to wherever it was read: it has no host."""
    _, shapes = msgspec.json.schema_components([contract.shape], ref_template="#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "$id": address(contract.name),
        "title": contract.name,
        "description": contract.said,
        **body_schema(contract, "#/$defs/{name}"),
        "examples": [body_of(examples.messages()[contract.name])],
        "$defs": shapes,
    }


def body_of(message: Message) -> Any:
    """Its body, decoded."""
    return msgspec.json.decode(message.body)
