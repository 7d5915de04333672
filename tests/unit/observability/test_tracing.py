"""Spans: what each is part of, and which errors are whose fault."""

import asyncio
from collections.abc import Iterator

import pytest

from okevents.errors import NotFound, StoreUnavailable
from okevents.kernel.group_commit import GroupCommit, Pending
from okevents.observability import correlation, tracing
from okevents.observability.tracing import Kind
from tests.spans import SENT, Kept, keeping


@pytest.fixture
def kept() -> Iterator[list[Kept]]:
    with keeping() as spans:
        yield spans


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    correlation.follow(None)
    yield
    correlation.follow(None)


def test_where_nothing_is_recorded_everything_goes_by_what_it_went_by() -> None:
    correlation.follow(SENT)
    with tracing.span("work") as span:
        span.rename("other")
        span.note("name", 1)
        span.fail("it is away")
        assert correlation.traceparent() == SENT
    with pytest.raises(StoreUnavailable), tracing.span("work"):
        raise StoreUnavailable("it is away")
    assert not tracing.is_on()


def test_a_span_is_part_of_what_the_task_works_for_and_what_is_done_in_it_is_part_of_the_span(
    kept: list[Kept],
) -> None:
    correlation.follow(SENT)
    with tracing.span("publish", "event.created", Kind.PRODUCER):
        with tracing.span("first"):
            pass
        with tracing.span("second"):
            pass
    assert correlation.traceparent() == SENT
    outer, first, second = kept
    assert (outer.name, outer.kind, outer.parent) == ("publish event.created", Kind.PRODUCER, SENT)
    assert first.parent == second.parent == outer.traceparent
    assert all(each.has_ended for each in kept)


def test_what_others_send_is_taken_up_else_something_new_begins(kept: list[Kept]) -> None:
    for said, parent in ((SENT, SENT), (None, None), ("nonsense", None)):
        tracing.take_up(said)
        with tracing.span("work"):
            pass
        assert kept[-1].parent == parent
    tracing.record_to(None)
    tracing.take_up("nonsense")
    assert correlation.accepted(correlation.traceparent()) is not None


@pytest.mark.parametrize(
    ("error", "slug", "failed"),
    [
        (NotFound("there is none"), "not-found", []),
        (StoreUnavailable("it is away"), "store-unavailable", ["it is away"]),
        (ZeroDivisionError("a guest's name"), "ZeroDivisionError", ["ZeroDivisionError"]),
        (asyncio.CancelledError(), "CancelledError", []),
    ],
)
def test_a_span_fails_by_what_is_not_the_fault_of_whoever_asked(
    kept: list[Kept], error: BaseException, slug: str, failed: list[str]
) -> None:
    with pytest.raises(type(error)), tracing.span("work"):
        raise error
    (span,) = kept
    assert (span.notes, span.failed, span.has_ended) == ({"error.type": slug}, failed, True)


async def test_a_commit_for_many_is_a_span_of_each_with_its_size(kept: list[Kept]) -> None:
    async def flush(batch: list[Pending[int, int]]) -> None:
        assert correlation.traceparent() is None
        await asyncio.sleep(0)
        for pending in batch:
            pending.answer(pending.request)

    batches: GroupCommit[int, int] = GroupCommit(flush)

    async def ask(number: int) -> None:
        correlation.follow(f"{SENT[:36]}{number:016x}-01")
        assert await batches.submit(number) == number

    await asyncio.gather(*(ask(number) for number in range(1, 6)))
    assert [each.name for each in kept] == ["group commit"] * 5
    assert {each.parent for each in kept} == {f"{SENT[:36]}{number:016x}-01" for number in range(1, 6)}
    assert sum(int(each.notes["okevents.batch.size"]) == 5 for each in kept) == 5
