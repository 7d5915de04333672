"""The AsyncAPI document."""

from typing import Any

import jsonschema
import pytest

from okevents.contracts.asyncapi import asyncapi

DOCUMENT = asyncapi("0.1.0", "okevents")


def resolved(reference: str) -> Any:
    part: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [each for value in part.values() for each in references(value)]
    return [each for value in part for each in references(value)] if isinstance(part, list) else []


def test_it_is_asyncapi_3_and_every_reference_leads_somewhere() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    for reference in references(DOCUMENT):
        assert resolved(reference) is not None


@pytest.mark.parametrize("name", list(DOCUMENT["channels"]))
def test_every_example_fits_its_schema(name: str) -> None:
    message = resolved(DOCUMENT["channels"][name]["messages"][name]["$ref"])
    schema = {**message["payload"], "components": DOCUMENT["components"]}
    for example in message["examples"]:
        jsonschema.validate(example["payload"], schema)
        jsonschema.validate(example["headers"], resolved(message["headers"]["$ref"]))
