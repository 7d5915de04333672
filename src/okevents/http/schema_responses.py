"""What each operation answers, for the OpenAPI document: a success with its headers, and the problems."""

from typing import Any

from okevents.access.policy import RULES
from okevents.http.example_answers import answers_of
from okevents.http.example_problems import problem_example
from okevents.http.operations import Operation
from okevents.http.problems import MEDIA_TYPE

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A problem (RFC 9457). Some have members of their own, such as `free` where it is sold out.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "A stable reference, /problems/{slug}."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string", "description": "From 500 on: what the log has of it."},
        "errors": {
            "type": "array",
            "description": "One entry for each bad field.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901), or a parameter's name."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_PROBLEM_HEADERS = {
    401: ("WWW-Authenticate", "What would be let in (RFC 6750, 3)."),
    403: ("WWW-Authenticate", "Which scope would be let in (RFC 6750, 3)."),
    503: ("Retry-After", "Seconds."),
}

_ACCESS_PROBLEMS = {
    401: "What was shown isn't valid, or nothing was.",
    403: "What was shown isn't good for this; `scope` says what would be.",
}


def responses(operation: Operation, *, has_access_control: bool) -> dict[str, Any]:
    """By their status."""
    success: dict[str, Any] = {"description": operation.summary}
    if operation.gives:
        schema = reference(operation.gives)
        whole = {"type": "array", "items": schema} if operation.gives_many else _one_of(schema, operation.gives_type)
        streams = {each: {"schema": _one_of(schema, each)} for each in operation.also_gives}
        success["content"] = {operation.gives_type: {"schema": whole}, **streams}
    elif operation.shown is not None:
        success["content"] = {operation.gives_type: {"schema": {"type": "string"}, "example": operation.shown}}
    elif operation.status != 204:
        success["content"] = {operation.gives_type: {}}
    for media_type, example in answers_of(operation.name).items():
        success["content"][media_type]["example"] = example
    success["headers"] = {**_headers(operation), **_request_id()}
    problems = {
        **(_ACCESS_PROBLEMS if has_access_control and RULES[operation.name].scope is not None else {}),
        **operation.problems,
    }
    return {
        str(operation.status): success,
        **{str(status): _problem(operation, said, status) for status, said in problems.items()},
        "default": _problem(operation, "Any other problem."),
    }


def _headers(operation: Operation) -> dict[str, Any]:
    """What a success says in its header."""
    said: dict[str, Any] = {}
    has_place = operation.status == 201 or (operation.gives == "DeliveryShown" and operation.status == 202)
    if has_place:
        said["Location"] = _header("Where it is read.", is_required=True)
    if operation.method != "get" and "Idempotency-Key" in operation.headers and operation.gives != "ScansShown":
        if operation.status in (200, 201):
            said["ETag"] = _header("The version that it led to, for `If-Match`.", is_required=True)
        said["Idempotent-Replay"] = _header("`true` where it is the first answer to that key, once more.")
    if "cursor" in operation.query:
        said["Link"] = _header("The first page and, if there is one, the next (RFC 8288).")
    return said


def _problem(operation: Operation, said: str, status: int | None = None) -> dict[str, Any]:
    headers = _request_id()
    if status in _PROBLEM_HEADERS:
        name, meaning = _PROBLEM_HEADERS[status]
        headers[name] = _header(meaning, is_required=True)
    content = {MEDIA_TYPE: {"schema": reference("Problem"), "example": problem_example(operation, status)}}
    return {"description": said, "headers": headers, "content": content}


def _request_id() -> dict[str, Any]:
    return {"X-Request-Id": _header("By which it is found in the log.", is_required=True)}


def _header(said: str, *, is_required: bool = False) -> dict[str, Any]:
    return {"description": said, "required": is_required, "schema": {"type": "string"}}


def _one_of(schema: dict[str, Any], media_type: str) -> dict[str, Any]:
    """What one line, or one event, of a stream is."""
    if media_type == "text/event-stream":
        data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
        return {"type": "object", "properties": {"event": {"type": "string"}, "id": {"type": "string"}, "data": data}}
    return {"type": "string"} if media_type == "text/csv" else schema


def reference(name: str) -> dict[str, Any]:
    """To a shape of the document."""
    return {"$ref": f"#/components/schemas/{name}"}
