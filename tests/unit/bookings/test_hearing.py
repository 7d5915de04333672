"""Which bodies of messages about events are taken."""

import json
from typing import Any

import pytest

from okevents.bookings.hearing import heard_state
from okevents.errors import Unprocessable
from tests.builders import a_message
from tests.faults.drawn_messages import EVENT, GO_EVENT

HALL: dict[str, Any] = {"id": "5a8f0b1c2d3e4f5061728396", "name": "lobby", "capacity": 150}


@pytest.mark.parametrize("body", [EVENT, GO_EVENT, {**EVENT, "more": [[]]}])
def test_what_ours_and_the_go_program_write_is_taken(body: dict[str, Any]) -> None:
    assert heard_state(a_message(body=json.dumps(body).encode())).id == GO_EVENT["id"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"halls": [HALL, {**HALL, "name": "attic"}]}, "two of the halls have one id"),
        ({"halls": [{**HALL, "name": "lob\x00by"}]}, "NUL"),
        ({"name": "be\x00st"}, "NUL"),
        ({"last_cancel_reason": "\x00"}, "NUL"),
        ({"halls": [{**HALL, "capacity": -1}]}, "capacity"),
        ({"version": 2**63}, "version"),
        ({"cancellations": -1}, "cancellations"),
        ({"booking": {"max_places": 0}}, "max_places"),
        ({"booking": {"no_show_release": 10**9}}, "no_show_release"),
    ],
)
def test_what_no_database_or_inventory_can_hold_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(Unprocessable, match=said):
        heard_state(a_message(body=json.dumps({**EVENT, **changed}).encode()))


def test_what_is_nested_too_deeply_is_refused() -> None:
    body = json.dumps(GO_EVENT).encode()[:-1] + b', "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    with pytest.raises(Unprocessable, match=r"not a body of event\.created"):
        heard_state(a_message(body=body))
