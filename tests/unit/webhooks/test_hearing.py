"""A message becomes one delivery for each webhook that wants it, without what the webhook isn't to know."""

import json

import pytest
from msgspec.structs import replace

from okevents.contracts.names import BOOKING_CANCELLED, BOOKING_CONFIRMED, EVENT_CREATED
from okevents.errors import Unprocessable
from okevents.kernel.ids import MessageId
from okevents.schemas import examples
from okevents.webhooks.model import WebhookStatus
from tests.builders import a_message, a_webhook
from tests.unit.webhooks.sending import Receivers, Sending, virtual_data
from tests.virtual_time import virtual_time

MESSAGES = examples.messages()
CONFIRMED = MESSAGES[BOOKING_CONFIRMED]


async def opened() -> Sending:
    sending = Sending(virtual_data(), Receivers())
    await sending.database.connect()
    return sending


@virtual_time
async def test_each_webhook_that_wants_it_gets_it_once_however_often_it_is_heard() -> None:
    sending = await opened()
    wants, other = a_webhook(messages=("event.*",)), a_webhook(messages=("booking.held",))
    disabled = a_webhook(messages=("*",), status=WebhookStatus.DISABLED)
    await sending.have(wants, other, disabled)
    message = MESSAGES[EVENT_CREATED]
    for _ in range(3):
        await sending.hearing.hear(message)
    (known,) = await sending.known(wants)
    assert await sending.known(other) == await sending.known(disabled) == []
    assert known.delivery.message_id == message.id
    told = json.loads(known.delivery.payload)
    assert told == {
        "type": "event.created",
        "timestamp": "2031-03-01T09:30:00Z",
        "data": json.loads(message.body),
    }


@virtual_time
async def test_guests_are_told_of_only_where_they_are_wanted() -> None:
    sending = await opened()
    without, with_guests = a_webhook(messages=("booking.*",)), a_webhook(messages=("*",), has_guests=True)
    await sending.have(without, with_guests)
    await sending.hearing.hear(CONFIRMED)
    told = [json.loads((await sending.known(each))[0].delivery.payload)["data"] for each in (without, with_guests)]
    body = json.loads(CONFIRMED.body)
    assert told == [{name: value for name, value in body.items() if name != "guest"}, body]
    assert b"example.org" not in (await sending.known(without))[0].delivery.payload


@virtual_time
async def test_when_a_guest_is_erased_what_was_told_of_them_before_is_forgotten() -> None:
    sending = await opened()
    webhook = a_webhook(messages=("*",), has_guests=True)
    await sending.have(webhook)
    other = replace(CONFIRMED, id=MessageId("booking:other:1"), subject="6" * 24)
    guest = json.dumps(json.loads(CONFIRMED.body)["guest"], separators=(",", ":")).encode()
    erased = replace(
        MESSAGES[BOOKING_CANCELLED],
        body=MESSAGES[BOOKING_CANCELLED].body.replace(guest, b'{"name":"","email":""}'),
    )
    assert erased.subject == CONFIRMED.subject
    for message in (CONFIRMED, other, erased):
        await sending.hearing.hear(message)
    assert {known.delivery.message_id for known in await sending.known(webhook)} == {other.id, erased.id}


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b'"\xff"'])
def test_what_is_no_json_object_is_refused_for_good(body: bytes) -> None:
    @virtual_time
    async def hears() -> None:
        sending = await opened()
        await sending.hearing.hear(a_message(body=body))  # nobody wants it
        await sending.have(a_webhook(messages=("*",)))
        sending.service._subscribed.changed()
        with pytest.raises(Unprocessable):
            await sending.hearing.hear(a_message(body=body))

    hears()
