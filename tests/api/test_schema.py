"""The OpenAPI document, and what else the process tells of itself."""

from pathlib import Path

import httpx
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.api.serving import serving
from tests.api.test_bookings import an_event_with


async def test_the_document_is_openapi_3_1_and_its_examples_fit(http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    OpenAPIV31SpecValidator(document).validate()
    for item in document["paths"].values():
        for operation in item.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = {**content["schema"], "components": document["components"]}
                jsonschema.validate(content["example"], schema)


async def test_every_operation_of_the_document_is_there(http: httpx.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    for path, item in document["paths"].items():
        url = path.format(id="a" * 24, event_id="a" * 24, name="a/b", number=1)
        allowed = (await http.options(url)).headers["allow"]
        assert {method.upper() for method in item} <= set(allowed.split(", "))


async def test_the_page_needs_no_other_host(http: httpx.AsyncClient) -> None:
    pages = {"/schema": "text/html", "/schema/page.js": "text/javascript", "/schema/page.css": "text/css"}
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
