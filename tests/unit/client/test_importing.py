"""How the client sends what is imported, and goes on where that broke off."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from okevents.client import Client, ImportLine, Retries
from okevents.client.errors import BadInput, Failed, Forbidden, Interrupted, UnexpectedAnswer, Unreachable
from okevents.client.importing import MOST_BYTES, MOST_ENTRIES
from okevents.events.framing import Form
from tests.scripted import Scripted, Step, answers, problem, scripted, writes

SOON = Retries(first=0.001, longest=0.001)
SUMMARY = {"summary": {"created": 0, "updated": 0, "unchanged": 0, "refused": 0, "dry_run": False}}


def results(count: int, *last: dict[str, Any]) -> bytes:
    """So many created, and then those lines."""
    told = [*({"line": number, "outcome": "created"} for number in range(1, count + 1)), *last]
    return b"".join(json.dumps(line).encode() + b"\n" for line in told)


def whole(count: int) -> Step:
    return answers(200, results(count, SUMMARY), content_type="application/x-ndjson")


def cut_after(count: int) -> Step:
    body = results(count)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n"
    return writes(head + b"%x\r\n%b\r\n" % (len(body), body))


def ended_after(count: int, **told: Any) -> Step:
    last = {"problem": {"type": "/problems/overloaded", "title": "", "status": 503, "detail": "full", **told}}
    return answers(200, results(count, last), content_type="application/x-ndjson")


def ndjson(count: int) -> bytes:
    return b"".join(b'{"external_id": "row-%d"}\n' % number for number in range(count))


async def sent(server: Scripted, content: bytes, form: Form = "ndjson", **given: Any) -> list[ImportLine]:
    async with Client(server.url, retries=SOON) as client:
        return [line async for line in client.events.import_(content, form, **given)]


def bodies(server: Scripted) -> Sequence[list[str]]:
    """The lines of each request."""
    return [asked.body.decode().splitlines() for asked in server.asked]


async def test_a_long_import_goes_in_parts_and_lines_are_those_of_the_whole() -> None:
    count = 2 * MOST_ENTRIES + 1
    async with scripted(whole(MOST_ENTRIES), whole(MOST_ENTRIES), whole(1)) as server:
        told = await sent(server, b"\n" + ndjson(count), source="north", dry_run=True)
    assert [line.line for line in told] == list(range(2, count + 2))
    assert [len(body) for body in bodies(server)] == [MOST_ENTRIES, MOST_ENTRIES, 1]
    for asked in server.asked:
        assert asked.line == "POST /events/import?source=north&dry_run=true HTTP/1.1"
        assert asked.headers["content-type"] == "application/x-ndjson"


async def test_a_part_has_so_many_bytes() -> None:
    entry = b'"%b"\n' % (b"x" * (MOST_BYTES // 2))
    async with scripted(whole(2), whole(1)) as server:
        assert len(await sent(server, entry * 3)) == 3


@pytest.mark.parametrize("broken", [cut_after(3), ended_after(3), ended_after(3, status=408)])
async def test_what_broke_off_is_gone_on_with_after_what_was_answered(broken: Step) -> None:
    async with scripted(broken, whole(2)) as server:
        told = await sent(server, ndjson(5))
    assert [line.line for line in told] == [1, 2, 3, 4, 5]
    assert [len(body) for body in bodies(server)] == [5, 2]
    assert bodies(server)[1] == bodies(server)[0][3:]


@pytest.mark.parametrize(("broken", "error"), [(cut_after(0), Interrupted), (ended_after(0), Failed)])
async def test_it_is_given_up_when_nothing_comes_of_it_so_many_times(broken: Step, error: type[Exception]) -> None:
    async with scripted(cut_after(1), broken) as server:
        with pytest.raises(error):
            await sent(server, ndjson(5), tries=3)
    assert len(server.asked) == 4


async def gone(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def test_a_service_that_was_there_before_is_waited_for() -> None:
    few = Retries(attempts=1, first=0.001, longest=0.001)
    async with scripted(cut_after(3), gone, gone, whole(2)) as server, Client(server.url, retries=few) as client:
        assert len([line async for line in client.events.import_(ndjson(5))]) == 5
    async with scripted(gone) as server, Client(server.url, retries=few) as client:
        with pytest.raises(Unreachable):
            await anext(client.events.import_(ndjson(5)))
        assert len(server.asked) == 1


async def test_when_all_was_answered_nothing_is_sent_again() -> None:
    async with scripted(cut_after(5)) as server:
        assert len(await sent(server, ndjson(5))) == 5
    assert len(server.asked) == 1


async def test_an_answer_that_ends_too_early_is_no_whole_one() -> None:
    ended = answers(200, results(5), content_type="application/x-ndjson")
    async with scripted(ended, whole(1)) as server:
        assert len(await sent(server, ndjson(6))) == 6
    assert [len(body) for body in bodies(server)] == [6, 1]


@pytest.mark.parametrize("count", [4, 6])
async def test_answers_and_entries_are_as_many(count: int) -> None:
    async with scripted(whole(count)) as server:
        with pytest.raises(UnexpectedAnswer):
            await sent(server, ndjson(5))


async def test_what_is_refused_is_not_tried_again() -> None:
    async with scripted(problem(403, "forbidden", scope="events:write")) as server:
        with pytest.raises(Forbidden):
            await sent(server, ndjson(5))
        assert len(server.asked) == 1
    async with scripted(ended_after(1, status=400, type="/problems/bad-input")) as server:
        with pytest.raises(BadInput):
            await sent(server, ndjson(5))


async def test_what_is_too_long_is_answered_in_its_turn_without_being_sent() -> None:
    long = b'"%b"\n' % (b"x" * 1024**2)
    async with scripted(whole(2), whole(1)) as server:
        told = await sent(server, ndjson(2) + long + ndjson(1))
    assert [(line.line, line.outcome) for line in told] == [
        (1, "created"),
        (2, "created"),
        (3, "refused"),
        (4, "created"),
    ]
    assert told[2].problem is not None
    assert "more than the 1048576 bytes" in told[2].problem["errors"][0]["detail"]


async def test_each_part_of_a_table_has_its_names() -> None:
    rows = b"".join(b'%d,"a\n"\n' % number for number in range(MOST_ENTRIES + 1))
    async with scripted(whole(MOST_ENTRIES), whole(1)) as server:
        told = await sent(server, b"\xef\xbb\xbfexternal_id,name\n" + rows, "csv")
    assert [line.line for line in told[:3]] == [2, 4, 6]
    assert bodies(server)[1] == ["external_id,name", f'{MOST_ENTRIES},"a', '"']


async def test_each_part_of_a_calendar_has_its_zones() -> None:
    zone = "BEGIN:VTIMEZONE\nTZID:Here\nEND:VTIMEZONE\n"
    event = "BEGIN:VEVENT\nUID:%d\nEND:VEVENT\n"
    first = "".join(event % number for number in range(MOST_ENTRIES + 1))
    other = f"END:VCALENDAR\nBEGIN:VCALENDAR\n{event % 999}END:VCALENDAR\n"
    async with scripted(whole(MOST_ENTRIES), whole(1), whole(1)) as server:
        told = await sent(server, f"BEGIN:VCALENDAR\n{zone}{first}{other}".encode(), "ics")
    assert len(told) == MOST_ENTRIES + 2
    begins = ["BEGIN:VCALENDAR", *zone.splitlines()]
    assert [body[:4] for body in bodies(server)[:2]] == [begins, begins]
    assert bodies(server)[2] == ["BEGIN:VCALENDAR", *(event % 999).splitlines(), "END:VCALENDAR"]


async def test_names_alone_are_sent_to_be_judged_and_what_has_no_such_form_is_not_sent() -> None:
    async with scripted(whole(0)) as server:
        assert await sent(server, b"external_id,name\n", "csv") == []
        assert len(server.asked) == 1
        for content, form in ((b"", "csv"), (b"nothing", "ics")):
            with pytest.raises(BadInput):
                await sent(server, content, form)  # type: ignore[arg-type]
        assert await sent(server, b"") == []
        assert len(server.asked) == 1
