"""The AsyncAPI document."""

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from jsonschema import Draft7Validator
from referencing import Registry

from okevents.brokers.rabbitmq.codec import to_wire
from okevents.messaging.headers import headers_of
from okevents.messaging.topology import Topology
from okevents.schemas import examples
from okevents.schemas.asyncapi import asyncapi
from okevents.schemas.messages import CONTRACTS
from scripts.asyncapi import SchemaMissing, official_schema
from tests import servers

DOCUMENT = asyncapi(Topology())


def resolved(reference: str) -> Any:
    part: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [each for value in part.values() for each in references(value)]
    return [each for value in part for each in references(value)] if isinstance(part, list) else []


def test_it_is_valid_by_the_official_schema_of_asyncapi() -> None:
    try:
        schema = official_schema(DOCUMENT["asyncapi"])
    except SchemaMissing as why:
        servers.unusable(str(why))
    # What the schema refers to stands in it: nothing is fetched.
    Draft7Validator(schema, registry=Registry()).validate(json.loads(json.dumps(DOCUMENT)))


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        assert resolved(reference) is not None


@pytest.mark.parametrize("name", CONTRACTS)
def test_an_example_is_what_is_really_sent_and_fits(name: str) -> None:
    """Its headers and properties are those of the message on RabbitMQ's wire."""
    message = DOCUMENT["components"]["messages"][name]
    (example,) = message["examples"]
    wire = to_wire(examples.messages()[name])
    assert example == {"name": wire.message_id, "headers": wire.headers, "payload": json.loads(wire.body)}
    assert (message["contentType"], message["bindings"]["amqp"]["messageType"]) == (wire.content_type, wire.type)
    assert DOCUMENT["operations"][f"send-{name}"]["bindings"]["amqp"]["deliveryMode"] == wire.delivery_mode
    components = {"components": DOCUMENT["components"]}
    jsonschema.validate(example["payload"], {**message["payload"], **components})
    jsonschema.validate(example["headers"], {**message["headers"], **components})
    assert set(example["headers"]) <= set(DOCUMENT["components"]["schemas"]["Headers"]["properties"])


@pytest.mark.parametrize("name", CONTRACTS)
def test_an_example_sets_every_field_of_its_contract(name: str) -> None:
    shape = CONTRACTS[name].shape
    body = examples.messages()[name].body
    assert set(json.loads(body)) == {field.encode_name for field in msgspec.structs.fields(shape)}


def test_a_message_that_no_request_led_to_has_headers_that_fit_too() -> None:
    message = msgspec.structs.replace(next(iter(examples.messages().values())), traceparent=None)
    jsonschema.validate(headers_of(message), DOCUMENT["components"]["schemas"]["Headers"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, DOCUMENT["components"]["schemas"]["Headers"])


def test_it_names_exchange_and_queues_as_they_are_set() -> None:
    topology = Topology(exchange="x", bookings_queue="b", events_queue="e", webhooks_queue="w")
    channels = asyncapi(topology)["channels"]
    assert channels["event.created"]["bindings"]["amqp"]["exchange"]["name"] == "x"
    addresses = {key: channel["address"] for key, channel in channels.items() if key not in CONTRACTS}
    assert addresses == {
        "bookings-queue": "b",
        "bookings-queue-parked": "b.parked",
        "events-queue": "e",
        "events-queue-parked": "e.parked",
        "webhooks-queue": "w",
        "webhooks-queue-parked": "w.parked",
        "availability-live": None,
    }
    for queue, names in topology.bindings.items():
        (channel,) = [each for each in channels.values() if each["address"] == queue]
        assert set(channel["messages"]) == set(names)
