"""How often a client may ask."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx

from okevents.access.model import Scope
from okevents.access.tokens import describe, new_token
from tests.api.bodies import an_event
from tests.api.serving import serving, serving_parts

FEW = {"rate": "1", "burst": "5"}


async def statuses(http: httpx.AsyncClient, path: str, count: int, **headers: str) -> Counter[int]:
    """What so many requests are answered."""
    return Counter([(await http.get(path, headers=headers)).status_code for _ in range(count)])


async def test_whom_a_trusted_proxy_names_is_counted_each_for_themselves(tmp_path: Path) -> None:
    async with serving(tmp_path, trusted_proxies="127.0.0.1", **FEW) as http:
        for path in ("/events", f"/events/id/{'a' * 24}"):
            address = f"192.0.2.{len(path)}"
            found = await statuses(http, path, 20, **{"x-forwarded-for": address})
            assert sum(found.values()) - found[429] in range(5, 8)
        other = await http.get("/events", headers={"x-forwarded-for": "192.0.2.200"})
        assert other.status_code == 200
        refused = await http.get("/events", headers={"x-forwarded-for": address})
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
        assert refused.headers["retry-after"] == "1"
        spoofed = await statuses(http, "/events", 20, **{"x-forwarded-for": f"203.0.113.9, {address}"})
        assert spoofed[429] >= 17, "an address that the client itself has put in front must not count"


async def test_a_network_of_ipv6_is_counted_as_one_address(tmp_path: Path) -> None:
    async with serving(tmp_path, trusted_proxies="127.0.0.1", **FEW) as http:
        found: Counter[int] = Counter()
        for number in range(20):
            found += await statuses(http, "/events", 1, **{"x-forwarded-for": f"2001:db8::{number:x}:1"})
        assert found[200] in range(5, 8)
        assert found[429] == 20 - found[200]
        for other in ("2001:db8:0:1::1", "::ffff:192.0.2.1", "::ffff:192.0.2.2", "fe80::1%eth0", "2001:db8:::"):
            assert await statuses(http, "/events", 1, **{"x-forwarded-for": other}) == {200: 1}, other


async def test_nobody_else_may_say_who_asks(tmp_path: Path) -> None:
    async with serving(tmp_path, trusted_proxies="192.0.2.7", **FEW) as http:
        assert await statuses(http, "/events", 20, **{"x-forwarded-for": "192.0.2.1"}) == {200: 20}


async def test_a_token_is_counted_from_wherever_it_comes(tmp_path: Path) -> None:
    async with serving_parts(tmp_path, access="required", trusted_proxies="127.0.0.1", **FEW) as (parts, http):
        secret = new_token()
        token = describe(secret, "website", [Scope.EVENTS_WRITE], datetime.now(UTC), None)
        await parts.databases["events"].tokens.add(token)
        answers = [
            await http.post(
                "/events",
                json=an_event(),
                headers={"authorization": f"Bearer {secret}", "x-forwarded-for": f"192.0.2.{number}"},
            )
            for number in range(20)
        ]
        found = Counter(answer.status_code for answer in answers)
        assert found[201] in range(5, 8)
        assert found[429] == 20 - found[201]


async def test_this_machine_itself_is_not_counted(tmp_path: Path) -> None:
    async with serving(tmp_path, **FEW) as http:
        assert await statuses(http, "/events", 20) == {200: 20}
