"""The AsyncAPI document tells of RabbitMQ what is really there."""

import json
from typing import Any

import aio_pika
import jsonschema
import pytest
from aio_pika.exceptions import ChannelPreconditionFailed

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.messaging.topology import Topology
from okevents.schemas import examples
from okevents.schemas.asyncapi import asyncapi

pytestmark = pytest.mark.rabbitmq

DOCUMENT = asyncapi(Topology())
QUEUES = {
    channel["address"]: channel["bindings"]["amqp"]["queue"]
    for channel in DOCUMENT["channels"].values()
    if channel["bindings"]["amqp"]["is"] == "queue" and channel["address"] is not None
}


async def declare(url: str, name: str, queue: dict[str, Any]) -> None:
    """Once more as the document has it. Raises ChannelPreconditionFailed if it is there and is another one."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        declared = {key: queue[key] for key in ("durable", "exclusive")}
        arguments = queue["x-arguments"]
        await channel.declare_queue(name, **declared, auto_delete=queue["autoDelete"], arguments=arguments)


@pytest.fixture
async def broker(rabbitmq_url: str) -> RabbitmqBroker:
    broker = RabbitmqBroker(rabbitmq_url, Topology())
    await broker.connect()
    await broker.close()
    return broker


@pytest.mark.parametrize("name", QUEUES)
async def test_a_queue_may_be_declared_as_the_document_has_it_and_not_otherwise(
    name: str, broker: RabbitmqBroker, rabbitmq_url: str
) -> None:
    await declare(rabbitmq_url, name, QUEUES[name])
    others: tuple[dict[str, Any], ...] = ({"durable": False}, {"x-arguments": {}})
    for other in others:
        with pytest.raises(ChannelPreconditionFailed):
            await declare(rabbitmq_url, name, {**QUEUES[name], **other})


async def test_the_exchange_may_be_declared_as_the_document_has_it(broker: RabbitmqBroker, rabbitmq_url: str) -> None:
    exchange = DOCUMENT["channels"]["event.created"]["bindings"]["amqp"]["exchange"]
    connection = await aio_pika.connect(rabbitmq_url)
    async with connection:
        channel = await connection.channel()
        await channel.declare_exchange(exchange["name"], exchange["type"], durable=exchange["durable"])


async def test_what_another_program_hears_is_as_the_document_has_it(rabbitmq_url: str) -> None:
    broker = RabbitmqBroker(rabbitmq_url, Topology())
    await broker.connect()
    connection = await aio_pika.connect(rabbitmq_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        for name, message in examples.messages().items():
            await queue.bind("okevents", name)
            await broker.publish(message)
            incoming = await queue.get(timeout=10)
            assert incoming is not None
            assert incoming.routing_key == name
            told = DOCUMENT["components"]["messages"][name]
            components = {"components": DOCUMENT["components"]}
            jsonschema.validate(json.loads(incoming.body), {**told["payload"], **components})
            jsonschema.validate(incoming.headers, {**told["headers"], **components})
            assert incoming.type == told["bindings"]["amqp"]["messageType"]
    await broker.close()
