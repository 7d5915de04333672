"""What Schemathesis is told besides the document: what of it is right to refuse, and what a stream's lines are.

The document says of each field what it may be, and can't say what must hold between two of them, or between one and
what the service knows. A request that fits the document and is refused all the same must be refused for one of the
reasons that stand here; that is `positive_data_acceptance`, more strictly.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import schemathesis
from schemathesis import Case, CheckContext, Response, SerializationContext
from schemathesis.core.parameters import ParameterLocation

NO_SCHEMA_SAYS = {
    "cursor": "is opaque, and only one that was given out is right",
    r"/token|/scans/\d+/token": "is right by its signature alone",
    r"/scans/\d+/at": "is compared with the clock",
    "/hall|/places|/booking_id": "go with other fields, or stand in for them, but not beside them",
    r"/lines/\d+/hall|/location/halls/\d+/(name|id)": "are unlike each other",
    "/external_id|/id": "are needed, one of them",
    "/hold": "is limited by a setting",
    "/enddate|/duration|/booking/.*": "are dates in an order",
    "/url": "leads somewhere that may be posted to",
    "/until": "is after the beginning",
    "/after": "is a cursor",
    "/timezone": "is in the database of the IANA",
    "hall": "is known by its name only within an event",
    "queue": "is one that the process hears from",
}
"""Pointers or parameters with which a request that fits the document is bad input, and why it can't say so."""

IMPORT = "/events/import"
PARKED = "/dead-letters"
"""Where what is asked lies with the broker, and there is none: 503 says so."""

STATES = {
    404: "there may be no such thing",
    409: "the state may not allow it",
    412: "the version may be another one",
    422: "a key or a ticket may be another's",
}
"""What depends on what happened before."""


@schemathesis.check
def refused_only_for_what_no_schema_says(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """See the module."""
    status = response.status_code
    if case.meta is None or not case.meta.generation.mode.is_positive or status < 400 or status in STATES:
        return
    if case.method.upper() != case.operation.method.upper() or case.formatted_path in _paths(case):
        # Another method was asked for on purpose, or the text put into the path leads to another path of the document.
        return
    if status == 503 and case.path.startswith(PARKED):
        return
    told = response.json()
    assert status == 400, f"it fits the document, and was answered by {status}: {told}"
    if not _is_imported_text(case):
        _require_reason(told)


def _require_reason(told: dict[str, Any]) -> None:
    """Raises AssertionError for a problem that has another reason than those that no schema says."""
    assert told.get("errors"), told
    for fault in told["errors"]:
        # To JSON Schema 5.0 is an integer. Here a whole number is written without a point.
        is_written_as_float = re.search(r"\.0; expected `int.*`, got `float`$", fault["detail"])
        is_reason = any(re.fullmatch(pattern, fault["pointer"]) for pattern in NO_SCHEMA_SAYS)
        assert is_reason or is_written_as_float, f"the document doesn't say so: {told}"


@schemathesis.check
def an_imported_entry_is_judged_as_a_body_is(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Whatever the entry is the import itself succeeds, and its line says what became of it."""
    if case.path != IMPORT or response.status_code != 200 or case.meta is None or _is_imported_text(case):
        return
    body = case.meta.components.get(ParameterLocation.BODY)
    for line in _lines(response):
        if body is None or "outcome" not in line:
            continue
        if body.mode.is_positive and line["outcome"] == "refused" and line["problem"]["status"] not in STATES:
            _require_reason(line["problem"])
        assert body.mode.is_positive or line["outcome"] == "refused", f"it doesn't fit the document: {line}"


def _is_imported_text(case: Case[Any]) -> bool:
    """Of which the document says no more than that it is text."""
    return case.path == IMPORT and str(case.media_type).startswith("text/")


@schemathesis.serializer("application/x-ndjson")
def one_line(ctx: SerializationContext, value: Any) -> bytes:
    """The document tells what one line is."""
    return value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"


def _paths(case: Case[Any]) -> dict[str, Any]:
    paths: dict[str, Any] = case.operation.schema.raw_schema["paths"]
    return paths


@schemathesis.check
def each_line_of_a_stream_is_as_the_document_says(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Schemathesis reads a whole body, and of `application/x-ndjson` the document tells what one line is."""
    if response.status_code != 200 or "application/x-ndjson" not in response.headers.get("content-type", [""])[0]:
        return
    document: dict[str, Any] = case.operation.schema.raw_schema
    content = document["paths"][case.path][case.operation.method.lower()]["responses"]["200"]["content"]
    schema = {**content["application/x-ndjson"]["schema"], "components": document["components"]}
    validator = jsonschema.Draft202012Validator(schema)
    for line in _lines(response):
        validator.validate(line)


@schemathesis.deserializer("application/x-ndjson")
def first_line(ctx: object, response: Response) -> Any:
    """That there is something to check; the other lines are checked above."""
    return next(_lines(response), None)


def _lines(response: Response) -> Iterator[Any]:
    """Only a line feed ends one: what other separators Unicode has may stand in texts."""
    return (json.loads(line) for line in response.text.split("\n") if line)
