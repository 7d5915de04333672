"""JSON that is nested very deep: whoever reads it goes down with it, so it is refused, wherever it is sent."""

import json
from pathlib import Path

import httpx
import pytest

from tests.api.bodies import a_booking, an_event
from tests.api.serving import serving

METHODS = ("post", "put", "patch")
KINDS = {"lists": (b"[", b"1", b"]"), "objects": (b'{"name":', b"1", b"}")}


async def taking_json(http: httpx.AsyncClient) -> list[tuple[str, str, str]]:
    """Method, path and media type of whatever takes a body, for an event, a booking and a webhook that there are."""
    event_id = (await http.post("/events", json=an_event())).json()["id"]
    while (await http.get(f"/availability/{event_id}")).status_code != 200:
        pass
    booking_id = (await http.post("/bookings", json=a_booking(event_id))).json()["id"]
    webhook = {"url": "https://shop.example.org/hooks", "messages": ["*"]}
    webhook_id = (await http.post("/webhooks", json=webhook)).json()["id"]
    ids = {"events": event_id, "webhooks": webhook_id}
    paths = (await http.get("/schema/openapi.json")).json()["paths"]
    return [
        (method, path.format(id=ids.get(path.split("/")[1], booking_id), event_id=event_id), media_type)
        for path, operations in paths.items()
        for method in METHODS
        if method in operations
        for media_type in operations[method].get("requestBody", {}).get("content", {})
        if media_type in ("application/json", "application/merge-patch+json")
    ]


@pytest.mark.parametrize("depth", [100, 900, 10_000])
@pytest.mark.parametrize("kind", KINDS)
async def test_json_that_is_nested_deep_is_a_problem_of_the_client(tmp_path: Path, kind: str, depth: int) -> None:
    opening, innermost, closing = KINDS[kind]
    inner = opening * depth + innermost + closing * depth
    async with serving(tmp_path, max_body="1MiB") as http:
        routes = await taking_json(http)
        assert len(routes) > 10
        for method, path, media_type in routes:
            for body in (inner, b'{"name":' + inner + b"}", b'{"location":{"halls":' + inner + b"}}"):
                answer = await http.request(method, path, content=body, headers={"content-type": media_type})
                assert answer.status_code == 400, (method, path, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("depth", [100, 900, 10_000])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_line_that_is_nested_deep_is_refused_and_the_next_is_taken(
    tmp_path: Path, kind: str, depth: int
) -> None:
    opening, innermost, closing = KINDS[kind]
    inner = opening * depth + innermost + closing * depth
    lines = [inner, b'{"name":' + inner + b"}", json.dumps({**an_event(), "external_id": "whole"}).encode()]
    async with serving(tmp_path, max_body="1MiB") as http:
        headers = {"content-type": "application/x-ndjson"}
        answer = await http.post("/events/import", content=b"\n".join(lines), headers=headers)
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [line.get("outcome") for line in told] == ["refused", "refused", "created", None]
