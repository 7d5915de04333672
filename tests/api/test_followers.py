"""How many streams one address follows."""

import asyncio
from pathlib import Path

import httpx

from tests.api.serving import serving
from tests.api.streams import StreamClient
from tests.api.test_bookings import an_event_with

FEW = {"max_streams": "3", "trusted_proxies": "127.0.0.1"}


async def follow(http: httpx.AsyncClient, event_id: str, *headers: str) -> StreamClient:
    """Once it has begun."""
    assert http.base_url.port is not None
    client = await StreamClient.open(http.base_url.port, f"/availability/{event_id}/stream", *headers)
    assert (await client.head()).startswith("HTTP/1.1 200 ")
    return client


async def has_room(http: httpx.AsyncClient, event_id: str, headers: dict[str, str]) -> bool:
    async with http.stream("GET", f"/availability/{event_id}/stream", headers=headers) as answer:
        return answer.status_code == 200


async def test_an_address_follows_as_many_as_it_may_and_others_as_many_again(tmp_path: Path) -> None:
    async with serving(tmp_path, **FEW) as http:
        event_id, other_id = await an_event_with(http, 5), await an_event_with(http, 5)
        one, other = "x-forwarded-for: 192.0.2.1", "x-forwarded-for: 192.0.2.2"
        headers = {"x-forwarded-for": "192.0.2.1"}
        following = [await follow(http, each, one) for each in (event_id, event_id, other_id)]
        for path in (event_id, other_id):
            refused = await http.get(f"/availability/{path}/stream", headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-streams")
            assert int(refused.headers["retry-after"]) > 0
        assert (await http.get(f"/availability/{event_id}", headers=headers)).status_code == 200
        following += [await follow(http, event_id, other) for _ in range(3)]
        await following[0].close()
        async with asyncio.timeout(20):
            while not await has_room(http, event_id, headers):
                await asyncio.sleep(0.01)
        for each in following:
            await each.close()


async def test_an_unknown_event_takes_no_place(tmp_path: Path) -> None:
    async with serving(tmp_path, **FEW) as http:
        event_id = await an_event_with(http, 5)
        headers = {"x-forwarded-for": "192.0.2.1"}
        for _ in range(5):
            assert (await http.get(f"/availability/{'0' * 24}/stream", headers=headers)).status_code == 404
        following = await follow(http, event_id, "x-forwarded-for: 192.0.2.1")
        await following.close()


async def test_this_machine_itself_is_not_counted(tmp_path: Path) -> None:
    async with serving(tmp_path, max_streams="3") as http:
        event_id = await an_event_with(http, 5)
        following = [await follow(http, event_id) for _ in range(5)]
        for each in following:
            await each.close()
