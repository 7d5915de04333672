"""The present documents keep what the released ones promised; and the judges see what wouldn't."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from scripts import contracts
from scripts.contracts import __main__ as command
from scripts.contracts.api import broken_api
from scripts.contracts.messages import broken_messages

PRESENT = contracts.present()
CREATE, BOOK, FIND = ("/events", "post"), ("/bookings", "post"), ("/bookings/{id}", "get")

Document = dict[str, Any]


def test_nothing_that_was_released_is_broken() -> None:
    assert contracts.all_broken() == {"openapi": [], "asyncapi": []}, "see CONTRIBUTING.md: contracts"


def operation(document: Document, where: tuple[str, str]) -> Any:
    return document["paths"][where[0]][where[1]]


def shape(document: Document, name: str) -> Any:
    return document["components"]["schemas"][name]


API_BREAKS: dict[str, Callable[[Document], Any]] = {
    "GET /bookings/{id}: was removed": lambda d: d["paths"]["/bookings/{id}"].pop("get"),
    "POST /bookings: operationId was book and is reserve": lambda d: operation(d, BOOK).update(operationId="reserve"),
    "GET /events query country: was removed": lambda d: operation(d, ("/events", "get"))["parameters"].remove(
        next(each for each in operation(d, ("/events", "get"))["parameters"] if each["name"] == "country")
    ),
    "POST /bookings query channel: is required now": lambda d: operation(d, BOOK)["parameters"].append(
        {"name": "channel", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    'GET /events query status: "cancelled" is taken no more': lambda d: next(
        each for each in operation(d, ("/events", "get"))["parameters"] if each["name"] == "status"
    )["schema"].update(enum=["scheduled"]),
    "POST /bookings body/channel: is required now": lambda d: (
        shape(d, "BookingDraft")["properties"].update(channel={"type": "string"}),
        shape(d, "BookingDraft")["required"].append("channel"),
    ),
    "POST /bookings body/guest: was removed": lambda d: shape(d, "BookingDraft")["properties"].pop("guest"),
    "POST /events body: application/json was removed": lambda d: operation(d, CREATE)["requestBody"]["content"].update(
        {"application/cbor": operation(d, CREATE)["requestBody"]["content"].pop("application/json")}
    ),
    "POST /bookings/{id}/cancel body: is required now": lambda d: operation(d, ("/bookings/{id}/cancel", "post"))[
        "requestBody"
    ].update(required=True),
    "POST /bookings 201: was removed": lambda d: operation(d, BOOK)["responses"].update(
        {"202": operation(d, BOOK)["responses"].pop("201")}
    ),
    "POST /bookings 201 header Location: was removed": lambda d: operation(d, BOOK)["responses"]["201"]["headers"].pop(
        "Location"
    ),
    "GET /bookings/{id} 200/version: was removed": lambda d: shape(d, "BookingShown")["properties"].pop("version"),
    "GET /bookings/{id} 200/version: may be missing now": lambda d: shape(d, "BookingShown")["required"].remove(
        "version"
    ),
    "GET /bookings/{id} 200/version: string is given now": lambda d: shape(d, "BookingShown")["properties"].update(
        version={"type": ["integer", "string"]}
    ),
    "GET /events: who was let in needs something else now": lambda d: operation(d, ("/events", "get")).update(
        security=[{"bearer": ["events:write"]}]
    ),
    "POST /events: who was let in needs something else now": lambda d: operation(d, CREATE).update(
        security=[{"bearer": ["admin"]}]
    ),
}

MESSAGE_BREAKS: dict[str, Callable[[Document], Any]] = {
    "booking.held: was removed": lambda d: d["components"]["messages"].pop("booking.held"),
    "channel booking.held: was removed": lambda d: d["channels"].pop("booking.held"),
    "operation send-booking.held: was removed": lambda d: d["operations"].pop("send-booking.held"),
    "channel bookings-queue: event.updated was removed": lambda d: d["channels"]["bookings-queue"]["messages"].pop(
        "event.updated"
    ),
    "channel event.created: address was event.created and is event.made": lambda d: d["channels"][
        "event.created"
    ].update(address="event.made"),
    "event.created: contentType was application/json and is application/cbor": lambda d: d["components"]["messages"][
        "event.created"
    ].update(contentType="application/cbor"),
    "event.created/halls: was removed": lambda d: shape(d, "EventState")["properties"].pop("halls"),
    "event.created/name: may be missing now": lambda d: shape(d, "EventState")["required"].remove("name"),
    "event.created/organiser: is required now": lambda d: (
        shape(d, "EventState")["properties"].update(organiser={"type": "string"}),
        shape(d, "EventState")["required"].append("organiser"),
    ),
    'event.created/status: "postponed" is given now': lambda d: shape(d, "EventState")["properties"]["status"][
        "enum"
    ].append("postponed"),
    'booking.held/state: "kept" is given now': lambda d: d["components"]["messages"]["booking.held"]["payload"][
        "allOf"
    ][1].update(properties={"state": {"const": "kept"}}),
    "event.created header/traceparent: was removed": lambda d: shape(d, "Headers")["properties"].pop("traceparent"),
}


@pytest.mark.parametrize("said", API_BREAKS)
def test_a_change_of_the_api_that_breaks_something_is_told(said: str) -> None:
    changed = copy.deepcopy(PRESENT["openapi"])
    API_BREAKS[said](changed)
    assert said in broken_api(PRESENT["openapi"], changed)


@pytest.mark.parametrize("said", MESSAGE_BREAKS)
def test_a_change_of_a_message_that_breaks_something_is_told(said: str) -> None:
    changed = copy.deepcopy(PRESENT["asyncapi"])
    MESSAGE_BREAKS[said](changed)
    assert said in broken_messages(PRESENT["asyncapi"], changed)


def test_other_properties_of_a_queue_or_an_exchange_are_told() -> None:
    changed = copy.deepcopy(PRESENT["asyncapi"])
    changed["channels"]["bookings-queue"]["bindings"]["amqp"]["queue"]["durable"] = False
    changed["operations"]["send-event.created"]["bindings"]["amqp"]["deliveryMode"] = 1
    told = broken_messages(PRESENT["asyncapi"], changed)
    assert [line.partition(":")[0] for line in told] == ["channel bookings-queue", "operation send-event.created"]


def test_what_only_grows_is_no_break() -> None:
    api, messages = copy.deepcopy(PRESENT["openapi"]), copy.deepcopy(PRESENT["asyncapi"])
    api["paths"]["/halls"] = {"get": operation(api, FIND)}
    operation(api, BOOK)["parameters"].append({"name": "channel", "in": "query", "schema": {"type": "string"}})
    shape(api, "BookingDraft")["properties"]["channel"] = {"type": "string"}
    shape(api, "BookingShown")["properties"]["channel"] = {"type": "string"}
    operation(api, CREATE)["security"] = []
    operation(api, BOOK)["responses"]["402"] = {"description": "Pay first."}
    assert broken_api(PRESENT["openapi"], api) == []
    shape(messages, "EventState")["properties"]["organiser"] = {"type": "string"}
    messages["components"]["messages"]["event.moved"] = messages["components"]["messages"]["event.updated"]
    assert broken_messages(PRESENT["asyncapi"], messages) == []


def test_the_command_refuses_to_release_what_breaks_unless_that_is_meant(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (contracts, command):
        monkeypatch.setattr(module, "RELEASED", tmp_path / "contracts")
    assert command.main(["release"]) == command.main([]) == 0
    before = contracts.released("openapi")
    less = {**PRESENT, "openapi": {**PRESENT["openapi"], "paths": {}}}
    monkeypatch.setattr(contracts, "present", lambda: less)
    assert command.main(["release"]) == 1
    assert "openapi: POST /bookings: was removed" in capsys.readouterr().out
    assert contracts.released("openapi") == before
    assert command.main(["release", "--break"]) == 0
    assert contracts.released("openapi")["paths"] == {}
    assert command.main(["relase"]) == 2
