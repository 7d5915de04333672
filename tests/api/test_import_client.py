"""The client's imports into a real service, over connections that break."""

from collections.abc import Iterator

import httpx
import pytest

from okevents.client import Client, ImportSummary, Retries
from tests.api.test_import import an_entry, lines
from tests.proxy import Proxy

pytestmark = pytest.mark.sqlite

COUNT = 2_000
SOON = Retries(first=0.01, longest=0.05)


def content() -> Iterator[bytes]:
    for number in range(COUNT):
        yield lines([an_entry(f"row-{number}", name=f"night {number}")]).encode()


async def test_however_often_it_breaks_each_event_is_made_once_and_answered_once(http: httpx.AsyncClient) -> None:
    async with Proxy.before(str(http.base_url)) as proxy, Client(proxy.url, retries=SOON) as client:
        summary, told = ImportSummary(), []
        async for line in client.events.import_(content()):
            summary.count(line.outcome or "refused")
            told.append(line.line)
            if len(told) % 300 == 0:
                await proxy.reset()
            elif len(told) % 170 == 0:
                proxy.cut_after(20_000)
        assert told == list(range(1, COUNT + 1))
        assert proxy.accepted > 5
    assert (summary.created + summary.unchanged, summary.refused) == (COUNT, 0)
    listed = await http.get("/events", headers={"accept": "application/x-ndjson"})
    assert len(listed.text.splitlines()) == COUNT
