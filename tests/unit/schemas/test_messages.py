"""The JSON Schemas of the messages' bodies."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from okevents.bookings.model import BookingState
from okevents.contracts import names
from okevents.schemas import examples
from okevents.schemas.messages import CONTRACTS, message_schema


def judge(name: str) -> Draft202012Validator:
    return Draft202012Validator(message_schema(CONTRACTS[name]), format_checker=FormatChecker())


def test_every_message_has_a_contract() -> None:
    known = {value for key, value in vars(names).items() if key.isupper()}
    assert set(CONTRACTS) == known == set(examples.messages())


@pytest.mark.parametrize("name", CONTRACTS)
def test_it_is_a_schema_without_a_host_and_its_examples_fit(name: str) -> None:
    schema = message_schema(CONTRACTS[name])
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"/schema/messages/{name}.json"
    for example in schema["examples"]:
        judge(name).validate(example)


def test_a_booking_is_in_the_state_that_the_message_is_named_by() -> None:
    held = json.loads(examples.messages()[names.BOOKING_HELD].body)
    judge(names.BOOKING_HELD).validate(held)
    with pytest.raises(ValidationError):
        judge(names.BOOKING_CONFIRMED).validate(held)


def test_the_five_fields_of_the_go_program_are_enough_for_an_event() -> None:
    event: dict[str, Any] = json.loads(examples.messages()[names.EVENT_CREATED].body)
    judge(names.EVENT_CREATED).validate({name: event[name] for name in ("id", "name", "start_time", "end_time")})
    with pytest.raises(ValidationError):
        judge(names.EVENT_CREATED).validate({name: event[name] for name in ("name", "start_time", "end_time")})


def test_fields_that_nobody_knows_yet_are_no_fault() -> None:
    event = json.loads(examples.messages()[names.EVENT_CREATED].body)
    judge(names.EVENT_CREATED).validate({**event, "colour": "red"})


def test_there_is_an_example_of_every_state() -> None:
    assert set(examples.BOOKINGS) == set(BookingState)
    for state, booking in examples.BOOKINGS.items():
        assert booking.state is state
        assert [change.version for change in booking.history] == [*range(1, booking.version + 1)]


@pytest.mark.parametrize("name", [names.EVENT_CREATED, names.BOOKING_HELD])
def test_an_instant_is_rfc_3339(name: str) -> None:
    body = json.loads(examples.messages()[name].body)
    field = next(each for each in ("start_time", "created_at") if each in body)
    with pytest.raises(ValidationError):
        judge(name).validate({**body, field: "yesterday"})
