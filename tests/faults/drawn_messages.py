"""Messages as nobody means them, drawn by Hypothesis: bodies, names, headers and properties, ready for the wire."""

import json
import struct
from typing import Any

from hypothesis import strategies as st
from msgspec import Struct

from okevents.contracts import names
from tests.faults.raw_amqp import long, short, table

GO_EVENT = {
    "id": "5a8f0b1c2d3e4f5061728394",
    "name": "best",
    "location_id": "5a8f0b1c2d3e4f5061728395",
    "start_time": "2031-01-01T18:00:00Z",
    "end_time": "2031-01-01T20:00:00Z",
}
"""The five fields of the Go program."""
EVENT = {
    **GO_EVENT,
    "version": 1,
    "status": "scheduled",
    "halls": [{"id": "5a8f0b1c2d3e4f5061728396", "name": "lobby", "capacity": 150}],
    "reason": None,
    "timezone": "Europe/Paris",
    "booking": {"opens": "2030-01-01T18:00:00Z", "max_places": 4, "no_show_release": 10},
    "cancellations": 0,
    "last_cancel_reason": None,
}
AVAILABILITY = {
    "event_id": "5a8f0b1c2d3e4f5061728394",
    "version": 7,
    "event_version": 1,
    "halls": [{"id": "5a8f0b1c2d3e4f5061728396", "name": "lobby", "capacity": 150, "taken": 2, "available": 148}],
}
EVENT_NAMES = (names.EVENT_CREATED, names.EVENT_UPDATED, names.EVENT_CANCELLED)
HANDLED = (*EVENT_NAMES, names.AVAILABILITY_CHANGED)


class Drawn(Struct, frozen=True, kw_only=True):
    """One message: `properties` are encoded as AMQP has them."""

    routing_key: str
    body: bytes
    properties: dict[str, bytes]


ids = st.sampled_from([GO_EVENT["id"], "A" * 24, "b" * 24, "", "x", "0" * 25]) | st.from_regex(
    "[0-9a-f]{24}", fullmatch=True
)
instants = st.sampled_from(
    [
        "2031-01-01T18:00:00Z",
        "2031-01-01T18:00:00.123456789Z",
        "2031-01-01T18:00:00",
        "0001-01-01T00:00:00+14:00",
        "1960-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "2031-02-30T00:00:00Z",
        "",
    ]
)
texts = st.text(max_size=30) | st.sampled_from(
    ["\x00", "\x1b[2J", "a" * 5_000, "\N{RIGHT-TO-LEFT OVERRIDE}x", " ", "é" * 300]
)
numbers = st.integers() | st.sampled_from([-1, 0, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, -(10**30)]) | st.floats()
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts | ids | instants,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def contracts(draw: st.DrawFn, whole: dict[str, Any]) -> bytes:
    """A body that some fields of have been changed, left out or doubled; often it is still right."""
    body = {**whole, "id": draw(ids)} if "id" in whole else {**whole, "event_id": draw(ids)}
    for field in draw(st.lists(st.sampled_from(sorted(body)), max_size=3, unique=True)):
        if draw(st.integers(0, 3)):
            body[field] = draw(_near(whole[field]))
        else:
            del body[field]
    if draw(st.booleans()):
        body[draw(st.text(max_size=8))] = draw(values)
    written = json.dumps(body, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        twice = draw(st.sampled_from(sorted(whole)))
        written = f'{written[:-1]}, "{twice}": {json.dumps(draw(values))}}}'
    return written.encode(errors="surrogatepass")


def _near(value: Any) -> st.SearchStrategy[Any]:
    """Something else, which is often of the same kind."""
    if isinstance(value, list) and value:
        return st.lists(_near(value[0]), max_size=3) | values
    if isinstance(value, dict):
        return st.fixed_dictionaries({name: st.just(inner) | _near(inner) for name, inner in value.items()}) | values
    if isinstance(value, int):
        return numbers | values
    return texts | instants | ids | values


def _deep(depth: int) -> bytes:
    return json.dumps(EVENT).encode()[:-1] + b', "more": ' + b"[" * depth + b"]" * depth + b"}"


right = contracts(EVENT) | contracts(GO_EVENT) | contracts(AVAILABILITY)
bodies = st.one_of(
    right,
    right,
    st.builds(lambda body, end: body[:end], right, st.integers(0, 200)),
    st.builds(lambda body, at, more: body[:at] + more + body[at:], right, st.integers(0, 200), st.binary(max_size=4)),
    st.binary(max_size=200),
    st.sampled_from([b"", b"null", b"[]", b"NaN", b"\xff\xfe", b"\xef\xbb\xbf" + json.dumps(EVENT).encode()]),
    st.sampled_from([json.dumps(EVENT).encode("utf-16"), json.dumps(EVENT).encode("latin-1"), b"9" * 5_000]),
    st.builds(_deep, st.integers(100, 20_000)),
)

bytes_of_a_text = st.text(max_size=40).map(lambda text: text.encode(errors="replace")) | st.binary(max_size=40)
short_strings = (bytes_of_a_text | st.sampled_from([b"same", b"\xff" * 255, b"\x00", b"-", b"--help"])).map(
    lambda text: short(text[:255])
)
long_strings = (bytes_of_a_text | st.sampled_from([b"n" * 300, b"n" * 20_000])).map(lambda text: b"S" + long(text))
header_names = st.sampled_from(
    [
        *(b"x-event-name", b"cloudEvents_id", b"cloudEvents_type", b"cloudEvents_source", b"cloudEvents_subject"),
        *(b"cloudEvents_time", b"traceparent", b"x-delivery-count", b"x-okevents-reason", b"x-okevents-parked-at"),
    ]
) | st.binary(min_size=1, max_size=20).filter(lambda name: name not in (b"CC", b"BCC"))
"""Not CC and BCC, in which RabbitMQ itself takes nothing but lists."""


def _nested(depth: int) -> bytes:
    field = b"F" + long(b"")
    for _ in range(depth):
        field = b"F" + long(short(b"a") + field)
    return field


header_values = st.one_of(
    long_strings,
    instants.map(lambda text: b"S" + long(text.encode())),
    st.booleans().map(lambda value: b"t" + bytes([value])),
    st.binary(min_size=4, max_size=4).map(lambda value: b"I" + value),
    st.binary(min_size=8, max_size=8).map(lambda value: b"l" + value),
    st.binary(min_size=8, max_size=8).map(lambda value: b"d" + value),
    st.binary(min_size=8, max_size=8).map(lambda value: b"T" + value),
    st.binary(min_size=5, max_size=5).map(lambda value: b"D" + value),
    st.binary(max_size=20).map(lambda value: b"x" + long(value)),
    st.just(b"V"),
    long_strings.map(lambda value: b"A" + long(value + b"V")),
    st.sampled_from([1, 3, 900, 3_000]).map(_nested),
)
named = st.sampled_from(HANDLED).map(lambda name: {b"x-event-name": b"S" + long(name.encode())})
headers = st.builds(
    lambda name, others: table({**others, **name}),
    named | named | st.just({}),
    st.dictionaries(header_names, header_values, max_size=4),
)
properties = st.fixed_dictionaries(
    {},
    optional={
        "content_type": short_strings | st.just(short(b"application/json")),
        "content_encoding": short_strings,
        "headers": headers,
        "delivery_mode": st.sampled_from([b"\x01", b"\x02"]),
        "priority": st.binary(min_size=1, max_size=1),
        "correlation_id": short_strings,
        "reply_to": short_strings,
        "message_id": short_strings,
        "timestamp": st.binary(min_size=8, max_size=8) | st.integers(0, 2**33).map(lambda at: struct.pack(">Q", at)),
        "type": short_strings,
        "app_id": short_strings,
    },
)
"""All but those that RabbitMQ itself checks: the expiration and the user's id."""

messages = st.builds(Drawn, routing_key=st.sampled_from(HANDLED), body=bodies, properties=properties)
