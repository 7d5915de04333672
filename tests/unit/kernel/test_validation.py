"""What bad input is told, in words that whoever sent it understands."""

from typing import Any

import msgspec
import pytest

from okevents.bookings.draft import BookingDraft
from okevents.errors import BadInput
from okevents.events.draft import EventDraft
from okevents.kernel.bodies import Cancellation
from okevents.kernel.validation import decode
from tests.api.bodies import a_booking, an_event


def told(body: Any, shape: type[msgspec.Struct]) -> dict[str, str]:
    """What is told of each bad field."""
    with pytest.raises(BadInput) as caught:
        decode(msgspec.json.encode(body), shape)
    return dict(caught.value.faults)


@pytest.mark.parametrize(
    ("shape", "body", "pointer", "said"),
    [
        (BookingDraft, a_booking("x"), "/event_id", 'is "x"; expected: 24 lower-case hexadecimal digits'),
        (BookingDraft, a_booking("a" * 24, guest={"name": " ", "email": "a@b"}), "/guest/name", "in one line"),
        (BookingDraft, a_booking("a" * 24, guest={"name": "a", "email": "nobody"}), "/guest/email", "name@host"),
        (BookingDraft, a_booking("a" * 24, hall="a\x00b"), "/hall", "in one line"),
        (EventDraft, an_event(name="  "), "/name", "in one line"),
        (EventDraft, an_event(tags=["a\nb"]), "/tags/0", "in one line"),
        (EventDraft, an_event(organiser="a\nb"), "/organiser", "in one line"),
        (EventDraft, an_event(description="a\x00b"), "/description", "control characters"),
        (Cancellation, {"reason": "a\x00b"}, "/reason", "control characters"),
    ],
)
def test_a_text_of_the_wrong_form_is_told_the_right_one_in_words(
    shape: type[msgspec.Struct], body: Any, pointer: str, said: str
) -> None:
    (detail,) = told(body, shape).values()
    assert said in told(body, shape)[pointer]
    for sign in ("regex", "^", "$", "\\x"):
        assert sign not in detail.partition(";")[2]


def test_limits_and_instants_are_told_in_words_too() -> None:
    halls = [{"name": "lobby", "capacity": 0}]
    body = an_event(name="", startdate="soon", duration=-1, tags=["x"] * 51, location={"name": "x", "halls": halls})
    assert told(body, EventDraft) == {
        "/name": 'is ""; expected: text with a length of at least 1',
        "/startdate": 'is "soon"; expected: unix milliseconds, or RFC 3339 text with an offset',
        "/duration": "is -1; expected: a whole number of at least 0",
        "/tags": 'is ["x","x","x","x","x","x","x","x","x",...; expected: a list with a length of at most 50',
        "/location/halls/0/capacity": "is 0; expected: a whole number of at least 1",
    }
