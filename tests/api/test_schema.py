"""The OpenAPI document, and what else the process tells of itself."""

from pathlib import Path

import httpx
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.serving import serving
from tests.api.test_bookings import an_event_with


async def test_the_document_is_openapi_3_1(http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    OpenAPIV31SpecValidator(document).validate()


@pytest.mark.parametrize("access", ["open", "required"])
async def test_every_body_has_an_example_and_it_fits(access: str, tmp_path: Path) -> None:
    async with serving(tmp_path, access=access) as http:
        document = (await http.get("/schema/openapi.json")).json()
    components = {"components": document["components"]}
    bodies = 0
    for item in document["paths"].values():
        for operation in item.values():
            contents = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media_type, content in [each for body in contents for each in body.get("content", {}).items()]:
                if media_type == "image/png":  # which JSON can't hold
                    continue
                jsonschema.validate(content["example"], {**content.get("schema", {}), **components})
                bodies += 1
            for parameter in [each for each in operation["parameters"] if each["in"] == "path"]:
                jsonschema.validate(parameter["example"], parameter["schema"])
    assert bodies > 200


async def test_an_example_of_a_problem_is_of_the_status_that_it_stands_under(http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    for item in document["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                for content in [answer.get("content", {}).get("application/problem+json", {})]:
                    if status != "default" and content:
                        assert content["example"]["status"] == int(status), operation["operationId"]


async def test_a_refusal_is_as_its_example_says(http: httpx.AsyncClient) -> None:
    """One that needs nothing to be there: word for word."""
    document = (await http.get("/schema/openapi.json")).json()
    asked = document["paths"]["/events/id/{id}"]["get"]["responses"]["404"]["content"]["application/problem+json"]
    assert (await http.get(asked["example"]["instance"])).json() == asked["example"]
    booking = document["paths"]["/bookings"]["post"]
    sent = booking["requestBody"]["content"]["application/json"]["example"]
    expected = booking["responses"]["404"]["content"]["application/problem+json"]["example"]
    assert (await http.post("/bookings", json=sent)).json() == expected


async def test_an_event_is_answered_with_as_its_example_says(http: httpx.AsyncClient) -> None:
    created = (await http.get("/schema/openapi.json")).json()["paths"]["/events"]["post"]
    sent = created["requestBody"]["content"]["application/json"]["example"]
    expected = created["responses"]["201"]["content"]["application/json"]["example"]
    answer = (await http.post("/events", json=sent)).json()
    assert set(answer) == set(expected)
    same = ("name", "startdate", "enddate", "duration", "timezone", "status", "version")
    assert {key: answer[key] for key in same} == {key: expected[key] for key in same}


async def test_every_operation_of_the_document_is_there(http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    for path, item in document["paths"].items():
        url = path.format(
            id="a" * 24, event_id="a" * 24, name="a/b", number=1, delivery="a" * 24, message_id="event:1:1"
        )
        allowed = (await http.options(url)).headers["allow"]
        assert {method.upper() for method in item} <= set(allowed.split(", "))


async def test_the_pages_need_no_other_host(http: httpx.AsyncClient) -> None:
    scripts = ("/schema/page.js", "/schema/messages.js", "/schema/elements.js")
    pages = {
        **dict.fromkeys(("/schema", "/schema/messages"), "text/html"),
        **dict.fromkeys(scripts, "text/javascript"),
        "/schema/page.css": "text/css",
    }
    for path, media_type in pages.items():
        answer = await http.get(path)
        assert answer.headers["content-type"].startswith(media_type)
        assert "http://" not in answer.text
        assert "https://" not in answer.text
        assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_health(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live")).json() == {"status": "ok"}
    ready = (await http.get("/health/ready")).json()
    assert [part["state"] for part in ready["parts"]] == ["ok", "ok"]


async def test_metrics_count_the_batches_of_both_services(http: httpx.AsyncClient) -> None:
    await an_event_with(http, 5)
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for service in ("events", "bookings"):
        assert f'okevents_batch_size_count{{service="{service}"}} 1.0' in answer.text
        assert f'okevents_batch_size_bucket{{le="1.0",service="{service}"}} 1.0' in answer.text
        assert f'okevents_batch_wait_seconds_total{{service="{service}"}}' in answer.text
        assert f'okevents_queue_length{{service="{service}"}} 0.0' in answer.text


async def test_every_pattern_is_told_in_words_too(http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    waiting, patterns = [document["components"], document["paths"]], 0
    while waiting:
        part = waiting.pop()
        waiting += [
            each for each in (part.values() if isinstance(part, dict) else part) if isinstance(each, dict | list)
        ]
        if isinstance(part, dict) and isinstance(part.get("pattern"), str):
            assert part.get("description"), part
            patterns += 1
    assert patterns


async def test_the_document_asks_for_a_token_where_the_process_does(tmp_path: Path, http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    assert document["paths"]["/events"]["post"]["security"] == []
    async with serving(tmp_path / "closed", access="required") as closed:
        document = (await closed.get("/schema/openapi.json")).json()
    assert document["paths"]["/events"]["post"]["security"] == [{"bearer": ["events:write"]}]
    assert document["paths"]["/events"]["get"]["security"] == []


async def test_the_document_tells_what_parameters_may_be(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/schema/openapi.json")).json()["paths"]
    shapes = {each["name"]: each["schema"] for each in paths["/events"]["get"]["parameters"]}
    assert shapes["limit"] == {"type": "integer", "minimum": 1, "maximum": 500}
    assert shapes["status"]["enum"] == ["scheduled", "cancelled"]
    (of_path,) = paths["/events/id/{id}"]["get"]["parameters"]
    assert of_path["schema"]["pattern"] == "^[0-9a-f]{24}$"


async def test_a_patch_of_an_event_may_hold_its_fields_and_null_for_those_that_need_not_be_there(
    http: httpx.AsyncClient,
) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    patch = {"$ref": "#/components/schemas/EventPatch", "components": document["components"]}
    for good in ({}, {"description": None}, {"location": {"country": "FR"}}, {"booking": {"max_places": None}}):
        jsonschema.validate(good, patch)
    for bad in ({"name": None}, {"colour": "red"}, {"location": {"name": None}}, {"duration": -1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, patch)


async def test_links_lead_to_operations_of_the_document(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/schema/openapi.json")).json()["paths"]
    operations = {each["operationId"]: each for item in paths.values() for each in item.values()}
    for name in ("create_event", "book"):
        links = operations[name]["responses"]["201"]["links"]
        assert links
        for target, link in links.items():
            required = {each["name"] for each in operations[target]["parameters"] if each["in"] == "path"}
            assert set(link["parameters"]) == required
