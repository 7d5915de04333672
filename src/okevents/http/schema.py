"""The OpenAPI 3.1 document, made from the shapes that the code itself uses."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from okevents import __version__
from okevents.access.policy import RULES
from okevents.bookings.door import TicketShown
from okevents.bookings.draft import (
    BookingDraft,
    BookingPatch,
    CheckInDraft,
    ConfirmationDraft,
    DoorDraft,
    ExtensionDraft,
    ScansDraft,
    UndoDraft,
)
from okevents.bookings.representation import AvailabilityShown, BookingMade, BookingShown, CheckInShown, OccupancyShown
from okevents.events.draft import EventDraft
from okevents.events.entry import EntryDraft
from okevents.events.report import ImportLine
from okevents.events.representation import EventShown
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.dead_letter_operations import DEAD_LETTERS
from okevents.http.dead_letters import DeadLetterOpened, DeadLetterShown, SweptShown
from okevents.http.example_problems import of_path
from okevents.http.operations import BOTH, EVENTS, Operation
from okevents.http.parameter_shapes import PATH, Parameter
from okevents.http.scans import ScansShown
from okevents.http.schema_links import links_of
from okevents.http.schema_responses import PROBLEM, reference, responses
from okevents.http.webhook_operations import WEBHOOKS
from okevents.kernel.bodies import Cancellation, Empty
from okevents.kernel.readiness import AliveShown, HealthShown
from okevents.webhooks.draft import ReplayDraft, RotationDraft, WebhookDraft
from okevents.webhooks.representation import DeliveryShown, ReplayShown, WebhookMade, WebhookShown

_SHAPES: Sequence[Any] = (
    EventDraft,
    EventShown,
    EntryDraft,
    ImportLine,
    Cancellation,
    Empty,
    BookingDraft,
    BookingPatch,
    ConfirmationDraft,
    ExtensionDraft,
    BookingShown,
    BookingMade,
    AvailabilityShown,
    OccupancyShown,
    TicketShown,
    DoorDraft,
    CheckInDraft,
    UndoDraft,
    CheckInShown,
    ScansDraft,
    ScansShown,
    WebhookDraft,
    WebhookShown,
    WebhookMade,
    RotationDraft,
    DeliveryShown,
    ReplayDraft,
    ReplayShown,
    DeadLetterShown,
    DeadLetterOpened,
    SweptShown,
    AliveShown,
    HealthShown,
)

_PATH_PARAMETER = re.compile(r"{(\w+)(?::path)?}")

_PATCHES = {"EventPatch": "EventDraft", "LocationPatch": "LocationDraft", "WebhookPatch": "WebhookDraft"}
"""Shapes of merge patches, and what they change."""

_BEARER: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API token, or a JSON Web Token of a trusted issuer, with the scope that the operation names; "
    "for a guest's own booking also the secret that came with it. Where there is no access control nothing is needed.",
}


class Described(Struct, frozen=True, kw_only=True):
    """What the document is of: the services that this process has, with or without access control."""

    has_events: bool
    has_bookings: bool
    has_access_control: bool
    max_page_size: int


def openapi(process: Described) -> dict[str, Any]:
    """The document of that process."""
    operations = [
        *BOTH,
        *DEAD_LETTERS,
        *((*EVENTS, *WEBHOOKS) if process.has_events else ()),
        *((*BOOKINGS, *DOOR) if process.has_bookings else ()),
    ]
    names = {operation.name for operation in operations}
    _, components = msgspec.json.schema_components(_SHAPES, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        told = _described(operation, process)
        if links := links_of(operation.name, names):
            told["responses"][str(operation.status)]["links"] = links
        paths.setdefault(operation.path.replace(":path}", "}"), {})[operation.method] = told
    patches = {name: _patch_of(components[changed], changed) for name, changed in _PATCHES.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "okevents",
            "version": __version__,
            "summary": "Events, and bookings of places in their halls.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {**components, **patches, "Problem": PROBLEM},
            "securitySchemes": {"bearer": _BEARER},
        },
    }


def _patch_of(draft: dict[str, Any], name: str) -> dict[str, Any]:
    """A JSON merge patch of that shape: any of its fields, null for one that needn't be there, objects in part."""
    patched = {f"#/components/schemas/{changed}": patch for patch, changed in _PATCHES.items()}
    properties: dict[str, Any] = {}
    for field, schema in draft["properties"].items():
        shape = {key: value for key, value in schema.items() if key != "default"}
        if shape.get("$ref") in patched:
            shape = reference(patched[shape["$ref"]])
        properties[field] = shape if field in draft["required"] or not shape else {"anyOf": [shape, {"type": "null"}]}
    return {
        "type": "object",
        "description": f"Any of the fields of {name}; null removes one.",
        "properties": properties,
        "additionalProperties": False,
    }


def _described(operation: Operation, process: Described) -> dict[str, Any]:
    path_parameters = _PATH_PARAMETER.findall(operation.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": PATH[name], "example": of_path(operation)[name]}
        for name in path_parameters
    ]
    for place, named in (("query", operation.query), ("header", operation.headers)):
        parameters += [
            {"name": name, "in": place, "description": each.said, "schema": _shape_of(name, each, process)}
            for name, each in named.items()
        ]
    is_open = not process.has_access_control or RULES[operation.name].scope is None
    told: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.name,
        "tags": [operation.tag],
        "parameters": parameters,
        "responses": responses(operation, has_access_control=process.has_access_control),
        "security": [] if is_open else [{"bearer": [RULES[operation.name].scope]}],
    }
    if operation.takes:
        told["requestBody"] = {
            "required": operation.is_body_required,
            "content": {
                media_type: {"schema": {"type": "string"}, **_example(operation.examples[media_type])}
                if media_type in operation.examples
                else {"schema": reference(operation.takes), **_example(operation.example)}
                for media_type in operation.media_types
            },
        }
    return told


def _shape_of(name: str, parameter: Parameter, process: Described) -> dict[str, Any]:
    return {**parameter.shape, "maximum": process.max_page_size} if name == "limit" else {**parameter.shape}


def _example(example: object) -> dict[str, Any]:
    return {} if example is None else {"example": example}
