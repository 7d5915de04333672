"""The AsyncAPI 3.0 document of what both services publish and hear on RabbitMQ, made from the contracts."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from okevents import __version__
from okevents.contracts.names import AVAILABILITY_CHANGED
from okevents.messaging.envelope import Message
from okevents.messaging.headers import NAME, PARKED_AT, REASON, TRACEPARENT, headers_of
from okevents.messaging.queues import LISTENING, PARKING, Queue, work_queue
from okevents.messaging.topology import Topology
from okevents.schemas import examples
from okevents.schemas.messages import CONTRACTS, SHAPES, Contract, body_of, body_schema

BINDING = "0.3.0"
"""The version of AMQP's bindings for AsyncAPI."""

_SHAPES = "#/components/schemas/{name}"

_DESCRIPTION = (
    "Every message of okevents. A contract only grows: ignore fields that you don't know. Messages may come twice and "
    "in any order: keep the version of what you have, and ignore what isn't newer. Names of exchange and queues are "
    "settings."
)

_HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in AMQP's binary mode, the name once more, and the trace context. A message of "
    "another publisher needs its name alone, here or as routing key.",
    "required": [NAME],
    "properties": {
        NAME: {"type": "string", "description": "The message's name."},
        "cloudEvents_specversion": {"const": "1.0"},
        "cloudEvents_id": {"type": "string", "description": "The same when it is published again; `message_id` too."},
        "cloudEvents_source": {"type": "string", "description": "Which service published it."},
        "cloudEvents_type": {"type": "string", "description": "The message's name."},
        "cloudEvents_subject": {"type": "string", "description": "The id of the event or booking that it tells of."},
        "cloudEvents_time": {"type": "string", "format": "date-time", "description": "When what it tells of happened."},
        TRACEPARENT: {
            "type": "string",
            "description": "The trace context (W3C) of the request that led to it; a message that no request led to "
            "has none.",
            "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
        },
        REASON: {"type": "string", "description": "In a parking queue: why it couldn't be handled."},
        PARKED_AT: {"type": "string", "format": "date-time", "description": "In a parking queue: since when."},
    },
}


def asyncapi(topology: Topology) -> dict[str, Any]:
    """The document: a channel for each routing key and each queue, and who sends and receives there."""
    _, shapes = msgspec.json.schema_components(SHAPES, ref_template=_SHAPES)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "okevents",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "{host}",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "RabbitMQ. A program that runs both services alone needs none.",
                "variables": {"host": {"description": "Where your RabbitMQ is."}},
            }
        },
        "channels": {**_routing_keys(topology), **_queues(topology)},
        "operations": {**_sent(topology), **_received(topology)},
        "components": {
            "messages": {name: _message(contract) for name, contract in CONTRACTS.items()},
            "schemas": {**shapes, "Headers": _HEADERS},
            "correlationIds": {
                "trace": {
                    "description": "Its trace id is that of the request, and what the logs of all processes have.",
                    "location": f"$message.header#/{TRACEPARENT}",
                }
            },
        },
    }


def _message(contract: Contract) -> dict[str, Any]:
    example = examples.messages()[contract.name]
    return {
        "name": contract.name,
        "title": contract.name,
        "summary": contract.said,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": body_schema(contract, _SHAPES),
        "correlationId": {"$ref": "#/components/correlationIds/trace"},
        "bindings": {"amqp": {"messageType": contract.name, "bindingVersion": BINDING}},
        "examples": [_example(example)],
    }


def _example(message: Message) -> dict[str, Any]:
    return {"name": message.id, "headers": headers_of(message), "payload": body_of(message)}


def _routing_keys(topology: Topology) -> dict[str, Any]:
    exchange = {"name": topology.exchange, "type": "topic", "durable": True, "autoDelete": False}
    return {
        name: {
            "address": name,
            "title": name,
            "description": f"Published to the exchange with this routing key by the {contract.sender}.",
            "messages": _messages([name]),
            "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": BINDING}},
        }
        for name, contract in CONTRACTS.items()
    }


def _queues(topology: Topology) -> dict[str, Any]:
    channels: dict[str, Any] = {}
    for key, (queue, said) in _work(topology).items():
        names = topology.bindings[queue]
        parking = topology.parking_queue(queue)
        channels[key] = _queue(queue, said, names, work_queue(topology, queue))
        channels[f"{key}-parked"] = _queue(parking, f"What couldn't be handled of {queue}.", names, PARKING)
    channels["availability-live"] = _queue(
        None,
        "A queue of each process that follows availability, named by the server and gone with its connection.",
        [AVAILABILITY_CHANGED],
        LISTENING,
    )
    return channels


def _work(topology: Topology) -> Mapping[str, tuple[str, str]]:
    """The durable queues by their channels' names, which don't change with the settings."""
    return {
        "bookings-queue": (topology.bookings_queue, "What the Booking Service learns of events from."),
        "events-queue": (topology.events_queue, "What the Events Service learns of availability from."),
        "webhooks-queue": (topology.webhooks_queue, "What the Events Service posts to webhooks from."),
    }


def _queue(name: str | None, said: str, names: Iterable[str], queue: Queue) -> dict[str, Any]:
    """`x-arguments` are those of its declaration, which AsyncAPI's binding has no word for."""
    declared = {
        "name": name or "",
        "durable": queue.durable,
        "exclusive": queue.exclusive,
        "autoDelete": queue.auto_delete,
        "x-arguments": dict(queue.arguments),
    }
    return {
        "address": name,
        "description": said,
        "messages": _messages(names),
        "bindings": {"amqp": {"is": "queue", "queue": declared, "bindingVersion": BINDING}},
    }


def _messages(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _sent(topology: Topology) -> dict[str, Any]:
    sent = {
        f"send-{name}": {
            **_operation("send", name, [name], contract.said, contract.sender),
            "bindings": {"amqp": _published(is_mandatory=bool(topology.required_queues(name)))},
        }
        for name, contract in CONTRACTS.items()
    }
    for key, (queue, _) in _work(topology).items():
        said = "Put aside what can't be handled, with the reason in a header."
        sent[f"park-{key}"] = {
            **_operation("send", f"{key}-parked", topology.bindings[queue], said, _READERS[key]),
            "bindings": {"amqp": _published(is_mandatory=True)},
        }
    return sent


def _published(*, is_mandatory: bool) -> dict[str, Any]:
    return {"deliveryMode": 2, "mandatory": is_mandatory, "timestamp": True, "bindingVersion": BINDING}


_READERS = {
    "bookings-queue": "Booking Service",
    "events-queue": "Events Service",
    "webhooks-queue": "Events Service",
}


def _received(topology: Topology) -> dict[str, Any]:
    received = {}
    for key, (queue, said) in _work(topology).items():
        received[f"receive-{key}"] = {
            **_operation("receive", key, topology.bindings[queue], said, _READERS[key]),
            "bindings": {"amqp": {"ack": True, "bindingVersion": BINDING}},
        }
    said = "Follow availability, for live streams; nothing is acknowledged, and what is lost is looked up."
    received["follow-availability"] = {
        **_operation("receive", "availability-live", [AVAILABILITY_CHANGED], said, "Booking Service"),
        "bindings": {"amqp": {"ack": False, "bindingVersion": BINDING}},
    }
    return received


def _operation(action: str, channel: str, names: Iterable[str], said: str, service: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
        "summary": said,
        "tags": [{"name": service}],
    }
