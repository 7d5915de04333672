"""The outbox, the answers and the dead letters, which both services have."""

from datetime import timedelta

from msgspec.structs import replace

from okevents.bookings.messages import availability_message
from okevents.bookings.ports import BookingsDatabase
from okevents.events.ports import EventsDatabase
from okevents.kernel.idempotency import Granted
from okevents.kernel.ids import MessageId
from tests.builders import (
    NOW,
    a_claim,
    a_dead_letter,
    a_kept_answer,
    a_message,
    a_part,
    an_event,
    an_event_change,
    an_inventory,
)

Either = EventsDatabase | BookingsDatabase


async def test_what_is_committed_is_leased_to_its_process_and_stays_until_it_is_discarded(
    events_database: EventsDatabase,
) -> None:
    change = an_event_change(an_event())
    await events_database.events.commit([change])
    assert list(await events_database.outbox.claim(10, 30.0)) == []
    assert await events_database.outbox.backlog() == 1
    await events_database.outbox.discard(change.messages)
    assert await events_database.outbox.backlog() == 0


async def test_what_has_no_lease_is_claimed_oldest_first_whole_and_once(either_database: Either) -> None:
    messages = [replace(a_message(), traceparent="00-1-2-3", body=b'"\xf0\x9f\x8e\xb7"') for _ in range(5)]
    await either_database.outbox.add(messages)
    first = await either_database.outbox.claim(3, 30.0)
    second = await either_database.outbox.claim(3, 30.0)
    assert [*first, *second] == messages
    assert list(await either_database.outbox.claim(3, 30.0)) == []
    assert await either_database.outbox.backlog() == 5


async def test_a_lapsed_lease_is_claimed_again(either_database: Either) -> None:
    await either_database.outbox.add([a_message()])
    assert len(await either_database.outbox.claim(10, 0.0)) == 1
    assert len(await either_database.outbox.claim(10, 30.0)) == 1


async def test_of_a_slot_only_the_newest_stays_and_goes_at_the_version_published(
    bookings_database: BookingsDatabase,
) -> None:
    inventory, outbox = an_inventory(), bookings_database.outbox
    newer = replace(inventory, version=2)
    await bookings_database.bookings.commit([a_part(inventory)])
    await bookings_database.bookings.commit([a_part(newer)])
    assert await outbox.backlog() == 1
    await outbox.discard([availability_message(inventory, NOW)])
    assert await outbox.backlog() == 1
    await outbox.discard([availability_message(newer, NOW)])
    assert await outbox.backlog() == 0


async def test_a_claim_of_a_new_key_is_granted_and_after_a_refusal_again(either_database: Either) -> None:
    claim = a_claim()
    assert await either_database.answers.claim([claim]) == {claim.key: Granted(claim.nonce)}
    await either_database.answers.release([claim.key])
    again = replace(claim, nonce=a_claim().nonce)
    assert isinstance((await either_database.answers.claim([again]))[claim.key], Granted)


async def test_answers_are_swept_when_they_are_old(events_database: EventsDatabase) -> None:
    claim = a_claim()
    answer = a_kept_answer(claim, body='{"ü": "🎷"}'.encode())
    await events_database.events.commit([an_event_change(an_event(), answer=answer)])
    await events_database.answers.sweep(timedelta(minutes=1))
    assert await events_database.answers.claim([claim]) == {claim.key: answer}
    assert await events_database.answers.sweep(timedelta(minutes=-1)) >= 1
    assert isinstance((await events_database.answers.claim([claim]))[claim.key], Granted)


async def test_dead_letters_are_listed_found_marked_and_dropped(either_database: Either) -> None:
    store, queue = either_database.dead_letters, "okevents.bookings"
    first, second = a_dead_letter(), a_dead_letter(parked_at=NOW + timedelta(seconds=1))
    for letter in (second, first):
        await store.park(letter)
    assert list(await store.list(queue, 10)) == [first, second]
    assert list(await store.list(queue, 1)) == [first]
    assert list(await store.list("another", 10)) == []
    assert await store.find(queue, first.id) == first
    assert list(await store.due(queue)) == []
    assert await store.mark_for_replay(queue, first.id)
    assert not await store.mark_for_replay(queue, MessageId("nobody"))
    assert list(await store.due(queue)) == [first]
    await store.park(first)
    assert list(await store.due(queue)) == []
    assert await store.drop(queue, first.id)
    assert not await store.drop(queue, first.id)
    assert await store.find(queue, first.id) is None
