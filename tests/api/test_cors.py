"""Pages of other origins: what browsers are told of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from okevents.http import app
from tests.api.bodies import an_event
from tests.api.serving import serving

SHOP, OTHER = "https://shop.example.org", "https://shop.example.org.evil.example"
EXPOSED = {"etag", "location", "retry-after", "link", "x-request-id", "idempotent-replay"}
SENT = {"authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id", "traceparent"}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that lets two origins in."""
    async with serving(tmp_path, cors_origins=f"{SHOP},http://localhost:3000") as client:
        yield client


def words(said: str) -> set[str]:
    return {word.strip().lower() for word in said.split(",")}


def told(answer: httpx.Response) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control-")}


async def preflight(http: httpx.AsyncClient, path: str, origin: str, method: str) -> httpx.Response:
    headers = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": "if-match"}
    return await http.options(path, headers=headers)


async def test_an_origin_that_is_named_may_read_every_answer(shop: httpx.AsyncClient) -> None:
    created = await shop.post("/events", json=an_event(), headers={"origin": SHOP})
    path = created.headers["location"]
    answers = [
        created,
        await shop.get(path, headers={"origin": SHOP}),
        await shop.get(path, headers={"origin": SHOP, "if-none-match": "*"}),
        await shop.head(path, headers={"origin": SHOP}),
        await shop.get("/events?limit=1", headers={"origin": SHOP}),
        await shop.get("/nothing", headers={"origin": SHOP}),
        await shop.post("/events", json={}, headers={"origin": SHOP}),
        await shop.get("/events", headers={"origin": "http://localhost:3000"}),
    ]
    assert [each.status_code for each in answers] == [201, 200, 304, 200, 200, 404, 400, 200]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == answer.request.headers["origin"]
        assert words(answer.headers["access-control-expose-headers"]) == EXPOSED
        assert "origin" in words(answer.headers["vary"])
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [OTHER, "http://shop.example.org", f"{SHOP}:8443", "null", "*", SHOP.upper(), ""])
async def test_any_other_origin_is_told_nothing(shop: httpx.AsyncClient, origin: str) -> None:
    for answer in (
        await shop.get("/events", headers={"origin": origin}),
        await shop.get("/nothing", headers={"origin": origin}),
        await preflight(shop, "/events", origin, "POST"),
    ):
        assert told(answer) == set()
        assert "origin" in words(answer.headers["vary"])


async def test_who_asks_without_an_origin_gets_what_a_cache_must_not_give_to_others(shop: httpx.AsyncClient) -> None:
    answer = await shop.get("/events")
    assert told(answer) == set()
    assert "origin" in words(answer.headers["vary"])


async def test_a_preflight_says_what_the_path_allows(shop: httpx.AsyncClient) -> None:
    event_id = (await shop.post("/events", json=an_event())).json()["id"]
    answer = await preflight(shop, f"/events/id/{event_id}", SHOP, "PATCH")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert words(answer.headers["access-control-allow-methods"]) == {"get", "head", "options", "patch", "put"}
    assert words(answer.headers["access-control-allow-headers"]) == SENT
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "origin" in words(answer.headers["vary"])
    assert (await preflight(shop, "/nothing", SHOP, "GET")).status_code == 404


async def test_a_preflight_needs_no_token_and_what_follows_does(tmp_path: Path) -> None:
    async with serving(tmp_path, cors_origins=SHOP, access="required") as http:
        assert (await preflight(http, "/events", SHOP, "POST")).status_code == 204
        refused = await http.post("/events", json=an_event(), headers={"origin": SHOP})
        assert refused.status_code == 401
        assert refused.headers["access-control-allow-origin"] == SHOP


async def test_who_asks_too_often_can_read_for_how_long_to_wait(tmp_path: Path) -> None:
    given = {"rate": "1", "burst": "1", "trusted_proxies": "127.0.0.1", "cors_origins": SHOP}
    async with serving(tmp_path, **given) as http:
        headers = {"x-forwarded-for": "192.0.2.1", "origin": SHOP}
        answers = [await http.get("/events", headers=headers) for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 429]
        assert answers[1].headers["access-control-allow-origin"] == SHOP
        assert answers[1].headers["retry-after"] == "1"


@pytest.mark.parametrize(("query", "field", "status"), [("x" * 9000, "", 414), ("", "y" * 40_000, 431)])
async def test_what_is_refused_while_it_is_read_can_be_read(
    shop: httpx.AsyncClient, query: str, field: str, status: int
) -> None:
    answer = await shop.get(f"/events?{query}", headers={"origin": SHOP, "field": field})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert words(answer.headers["access-control-expose-headers"]) == EXPOSED


async def test_unless_it_is_configured_nothing_is_said(http: httpx.AsyncClient) -> None:
    for answer in (
        await http.get("/events", headers={"origin": SHOP}),
        await preflight(http, "/events", SHOP, "POST"),
    ):
        assert told(answer) == set()
        assert "origin" not in words(answer.headers.get("vary", ""))


def test_unless_it_is_configured_it_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(app, "Cors", lambda *given: made.append(given))
    app.build(None, None, health=app.Health([]), limits=app.Limits())
    assert made == []
    app.build(None, None, health=app.Health([]), limits=app.Limits(), origins=[SHOP])
    assert len(made) == 1
