"""What a message is on RabbitMQ's wire."""

import struct
from datetime import UTC, datetime

import pytest
from aio_pika import DeliveryMode
from pamqp import frame
from pamqp.header import ContentHeader

from okevents.brokers.rabbitmq.codec import MAX_TEXT, from_wire, to_wire
from okevents.brokers.rabbitmq.properties import read_forgivingly
from okevents.kernel.ids import MessageId
from tests.builders import a_message
from tests.faults.raw_amqp import delivered, long, short, table, text_table

read_forgivingly()
NAMED = {"headers": text_table({"x-event-name": "event.updated"})}


def nested(depth: int) -> bytes:
    """Headers that have a table in a table in a table."""
    field = b"F" + long(b"")
    for _ in range(depth):
        field = b"F" + long(short(b"a") + field)
    return table({b"a": field})


def test_every_message_is_persistent() -> None:
    """Quorum queues keep a transient one too; a classic queue, such as the Go program's own, forgets it."""
    assert to_wire(a_message()).delivery_mode is DeliveryMode.PERSISTENT


def test_a_text_that_is_not_utf_8_is_read_with_its_bad_bytes_replaced() -> None:
    taken = from_wire(delivered(b"{}", {**NAMED, "message_id": short(b"a\xff"), "app_id": short(b"\xfe")}))
    assert (taken.id, taken.name, taken.body) == ("a\N{REPLACEMENT CHARACTER}", "event.updated", b"{}")


def test_an_instant_that_belongs_to_no_year_is_left_out() -> None:
    before = datetime.now(UTC)
    taken = from_wire(delivered(b"{}", {**NAMED, "timestamp": struct.pack(">Q", 2**64 - 1), "type": short(b"x")}))
    assert taken.name == "event.updated"
    assert before <= taken.occurred_at <= datetime.now(UTC)


@pytest.mark.parametrize("headers", [nested(3_000), table({b"x": b"?"}), table({b"x": b"T" + b"\xff" * 8})])
def test_headers_that_cannot_be_read_are_left_out_and_what_follows_them_is_read(headers: bytes) -> None:
    taken = from_wire(delivered(b"{}", {"headers": headers, "message_id": short(b"m"), "type": short(b"t")}))
    assert (taken.id, taken.name) == ("m", "event.created")


@pytest.mark.parametrize("message_id", [b" ", b"a\nb", b"\x1b[2J", b"\xff" * 255])
def test_an_id_that_cannot_be_told_or_written_again_is_replaced_by_one_that_stays_the_same(message_id: bytes) -> None:
    properties = {**NAMED, "message_id": short(message_id)}
    first, again = (from_wire(delivered(b"{}", properties)).id for _ in range(2))
    assert first == again
    assert first.isalnum()
    assert from_wire(delivered(b"[]", properties)).id != first


def test_whatever_was_taken_can_be_parked_in_one_frame() -> None:
    names = ("x-event-name", "cloudEvents_source", "cloudEvents_subject", "traceparent")
    headers = {**dict.fromkeys(names, "é" * 20_000), "cloudEvents_time": "0001-01-01T00:00:00+00:00"}
    taken = from_wire(delivered(b"{}", {"headers": text_table(headers)}))
    assert taken.name == "é" * MAX_TEXT
    wire = to_wire(taken, {"x-okevents-reason": "\N{GRINNING FACE}" * 2_000})
    assert len(frame.marshal(ContentHeader(properties=wire.properties), 1)) < 128 * 1024


def test_a_whole_message_of_ours_is_read_as_it_was() -> None:
    message = a_message(id=MessageId("event:5a8f0b1c2d3e4f5061728394:1"), version=0)
    header = frame.marshal(ContentHeader(properties=to_wire(message).properties), 1)
    _, _, read = frame.unmarshal(header)
    assert isinstance(read, ContentHeader)
    assert read.properties == to_wire(message).properties
