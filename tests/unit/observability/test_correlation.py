"""What a request is known by: taken from outside or made, and never another's."""

import asyncio
import json
import logging

import pytest

from okevents.kernel.group_commit import GroupCommit, Pending
from okevents.observability import correlation
from okevents.observability.logs import formatter

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("said", "accepted"),
    [
        (f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01"),
        (f"01-{TRACE}-{PARENT}-01-what-comes-later", f"00-{TRACE}-{PARENT}-01"),
        (f"01-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-01"),
        (f"00-{TRACE}-{PARENT}-01-more", None),
        (f"01-{TRACE}-{PARENT}-01more", None),
        (f"ff-{TRACE}-{PARENT}-01", None),
        (f"00-{'0' * 32}-{PARENT}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{PARENT}-01", None),
        (f"00-{TRACE}-{PARENT}-01\n", None),
        (f"01-{TRACE}-{PARENT}-01-\nforged", None),
        (TRACE, None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_a_trace_context_and_what_is_not(said: str | None, accepted: str | None) -> None:
    assert correlation.accepted(said) == accepted


def test_what_is_made_would_be_accepted_and_is_never_the_same() -> None:
    made = [correlation.fresh() for _ in range(2 * correlation.MADE_AT_ONCE + 1)]
    assert all(correlation.accepted(each) == each for each in made)
    assert len({each[3:35] for each in made}) == len(made)


async def test_a_batch_has_the_name_of_none_of_its_requests_and_each_request_keeps_its_own() -> None:
    seen: list[str] = []

    async def flush(batch: list[Pending[str, str]]) -> None:
        seen.append(correlation.trace_id())
        await asyncio.sleep(0)
        for pending in batch:
            pending.answer(pending.request)

    batches: GroupCommit[str, str] = GroupCommit(flush)

    async def ask() -> None:
        correlation.follow(correlation.fresh())
        own = correlation.trace_id()
        assert await batches.submit(own) == own
        assert correlation.trace_id() == own

    await asyncio.gather(*(ask() for _ in range(20)))
    assert set(seen) == {""}
    assert correlation.trace_id() == ""


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_line_has_the_id_of_what_it_is_logged_for(style: str) -> None:
    record = logging.LogRecord("okevents", logging.WARNING, "", 0, "it %s", ("rains",), None)

    def line(traceparent: str | None) -> str:
        correlation.follow(traceparent)
        return formatter(style).format(record)

    with_id = correlation.apart().run(line, f"00-{TRACE}-{PARENT}-01")
    without = correlation.apart().run(line, None)
    if style == "json":
        assert json.loads(with_id)["trace_id"] == TRACE
        assert "trace_id" not in json.loads(without)
    else:
        assert with_id.endswith(f"it rains [{TRACE}]")
        assert without.endswith("it rains")
