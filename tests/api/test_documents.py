"""The documents of the messages, as the process serves them."""

from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

from okevents.http.documents import DOCUMENTS
from okevents.schemas import examples
from okevents.schemas.messages import CONTRACTS
from tests.api.serving import serving


async def test_the_asyncapi_document_names_what_this_process_uses(tmp_path: Path, http: httpx.AsyncClient) -> None:
    answer = await http.get("/schema/asyncapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["channels"]["event.created"]["bindings"]["amqp"]["exchange"]["name"] == "okevents"
    async with serving(tmp_path / "other", exchange="tickets") as other:
        document = (await other.get("/schema/asyncapi.json")).json()
    assert document["channels"]["event.created"]["bindings"]["amqp"]["exchange"]["name"] == "tickets"


@pytest.mark.parametrize("name", CONTRACTS)
async def test_a_message_has_a_schema_at_the_address_that_it_names(name: str, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/schema/messages/{name}.json")
    assert answer.headers["content-type"] == "application/schema+json"
    schema = answer.json()
    assert schema["$id"] == answer.request.url.path
    Draft202012Validator(schema).validate(schema["examples"][0])


async def test_a_message_that_there_is_not_is_refused_with_those_that_there_are(http: httpx.AsyncClient) -> None:
    answer = await http.get("/schema/messages/booking.lost.json")
    assert answer.status_code == 404
    for name in CONTRACTS:
        assert name in answer.json()["detail"]


async def test_documents_are_open_to_everybody(tmp_path: Path) -> None:
    async with serving(tmp_path, access="required") as closed:
        for path in DOCUMENTS:
            answer = await closed.get(path.format(name=next(iter(examples.messages())), slug="sold-out"))
            assert answer.status_code == 200, path


async def test_the_index_names_them(http: httpx.AsyncClient) -> None:
    links = (await http.get("/")).json()
    for name in ("try_it", "openapi", "messages", "asyncapi"):
        assert (await http.get(links[name])).status_code == 200
