"""Which messages a webhook wants, which secrets sign, and what a delivery is known by."""

from datetime import timedelta
from typing import get_args

import pytest
from msgspec.structs import replace

from okevents.contracts import names
from okevents.kernel.ids import MessageId, Nonce, WebhookId
from okevents.webhooks.draft import MessageWanted
from okevents.webhooks.model import WebhookStatus, delivery_id, matches, replayed, rotated
from tests.builders import NOW, a_delivery, a_webhook

EVERY = {value for key, value in vars(names).items() if key.isupper()}


def test_every_message_can_be_wanted() -> None:
    patterns = {f"{name.partition('.')[0]}.*" for name in EVERY} - {"availability.*"}
    assert set(get_args(MessageWanted)) == EVERY | patterns | {"*"}


@pytest.mark.parametrize(
    ("wanted", "has", "has_not"),
    [
        ("*", ["event.created", "booking.held"], []),
        ("event.*", ["event.created", "event.cancelled"], ["booking.held", "eventful.created", "event"]),
        ("event.created", ["event.created"], ["event.updated", "event.created.late"]),
    ],
)
def test_what_a_pattern_has(wanted: str, has: list[str], has_not: list[str]) -> None:
    assert [name for name in (*has, *has_not) if matches(wanted, name)] == has


def test_only_an_enabled_one_wants_anything() -> None:
    webhook = a_webhook(messages=("*",))
    assert webhook.wants("event.created")
    assert not replace(webhook, status=WebhookStatus.DISABLED).wants("event.created")


def test_the_former_secret_signs_until_its_time_is_over() -> None:
    webhook = rotated(a_webhook(), timedelta(hours=1), NOW)
    assert webhook.issues(NOW) == (2, 1)
    assert webhook.issues(NOW + timedelta(hours=1)) == (2,)
    assert rotated(webhook, timedelta(), NOW).issues(NOW) == (3,)
    assert a_webhook().issues(NOW) == (1,)


def test_a_message_is_known_by_one_id_whatever_webhook_it_goes_to_and_however_often() -> None:
    delivery = a_delivery(message_id=MessageId("event:5a8f:1"))
    other = a_delivery(message_id=MessageId("event:5a8f:1"), webhook_id=WebhookId("2" * 24))
    again = replayed(delivery, Nonce("a" * 32), NOW)
    twice = replayed(again, Nonce("b" * 32), NOW)
    assert delivery.header_id == other.header_id == again.header_id == twice.header_id
    assert "." not in delivery.header_id
    assert a_delivery().header_id != delivery.header_id
    assert len({delivery.id, again.id, twice.id}) == 3
    assert again.replay_of == twice.replay_of == delivery.id


def test_one_message_is_one_delivery_for_each_webhook() -> None:
    first, second = WebhookId("1" * 24), WebhookId("2" * 24)
    message = MessageId("event:5a8f:1")
    assert delivery_id(first, message) == delivery_id(first, message)
    assert len({delivery_id(first, message), delivery_id(second, message)}) == 2
