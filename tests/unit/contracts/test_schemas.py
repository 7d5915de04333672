"""What a change of a schema breaks."""

from typing import Any

import pytest

from scripts.contracts.schemas import Direction, Side, broken

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


def judged(before: Any, after: Any, direction: Direction, **shapes: Any) -> list[str]:
    return broken(Side(before, {"shapes": shapes}), Side(after, {"shapes": shapes}), direction)


def an_object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def either(*shapes: Any, **more: Any) -> dict[str, Any]:
    return {"anyOf": list(shapes), **more}


WIDENED: list[tuple[Any, Any]] = [
    (TEXT, {"type": ["string", "null"]}),
    (TEXT, {}),
    (NUMBER, {"type": "number"}),
    (TEXT, either(TEXT, {"type": "null"})),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    ({"const": "a"}, {"enum": ["a", "b"]}),
    ({"const": "a"}, TEXT),
    ({"enum": ["a"], "type": "string"}, TEXT),
    ({**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 0}),
    ({**NUMBER, "minimum": 1}, NUMBER),
    ({**NUMBER, "maximum": 9}, {**NUMBER, "maximum": 10}),
    ({**TEXT, "minLength": 1}, TEXT),
    ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 6}),
    ({"type": "array", "items": TEXT, "maxItems": 1}, {"type": "array", "items": TEXT}),
    ({**TEXT, "pattern": "^a$"}, TEXT),
    ({**TEXT, "format": "date-time"}, TEXT),
    ({"type": "array", "items": TEXT}, {"type": "array", "items": either(TEXT, NUMBER)}),
    ({"type": "array", "items": TEXT}, {"type": "array"}),
    (an_object(a={**NUMBER, "minimum": 1}), an_object(a=NUMBER)),
    (an_object(("a",), a=TEXT), an_object(a=TEXT)),
    (an_object(a=an_object(("b",), b=TEXT)), an_object(a=an_object(b=TEXT))),
    (either(TEXT, NUMBER), either(TEXT, NUMBER, {"type": "boolean"})),
    ({"type": "object", "additionalProperties": NUMBER}, {"type": "object", "additionalProperties": {}}),
    ({"allOf": [TEXT, {"const": "a"}]}, {"allOf": [TEXT, {"enum": ["a", "b"]}]}),
    ({"oneOf": [TEXT]}, {"oneOf": [TEXT, NUMBER]}),
]
"""What may be taken, and mustn't be given: each in its turn allows more than before."""


@pytest.mark.parametrize(("narrow", "wide"), WIDENED)
def test_more_may_be_taken_and_less_may_be_given(narrow: Any, wide: Any) -> None:
    assert judged(narrow, wide, "taken") == []
    assert judged(wide, narrow, "given") == []


@pytest.mark.parametrize(("narrow", "wide"), WIDENED)
def test_less_may_not_be_taken_and_more_may_not_be_given(narrow: Any, wide: Any) -> None:
    assert judged(wide, narrow, "taken")
    assert judged(narrow, wide, "given")


BROKEN_BOTH_WAYS: list[tuple[Any, Any]] = [
    (TEXT, NUMBER),
    ({"enum": ["a", "b"]}, {"enum": ["a", "c"]}),
    ({**TEXT, "pattern": "^a$"}, {**TEXT, "pattern": "^b$"}),
    ({**TEXT, "format": "date-time"}, {**TEXT, "format": "date"}),
    (an_object(a=TEXT), an_object()),
    (an_object(a=TEXT), an_object(b=TEXT)),
    (an_object(a=an_object(b=TEXT)), an_object(a=an_object())),
    ({**TEXT, "contentEncoding": "base64"}, TEXT),
    (TEXT, {"not": NUMBER, **TEXT}),
]
"""What was there is gone, or is something else."""


@pytest.mark.parametrize(("before", "after"), BROKEN_BOTH_WAYS)
@pytest.mark.parametrize("direction", ["taken", "given"])
def test_what_is_gone_or_another_thing_is_broken_either_way(before: Any, after: Any, direction: Direction) -> None:
    assert judged(before, after, direction)


HARMLESS: list[tuple[Any, Any]] = [
    (TEXT, TEXT),
    ({**TEXT, "description": "a name"}, {**TEXT, "title": "Name", "examples": ["Ada"]}),
    (an_object(("a",), a=TEXT), an_object(("a",), a=TEXT, b=NUMBER)),
    ({"type": "string", "enum": ["b", "a"]}, {"enum": ["a", "b"], "type": "string"}),
    (either(TEXT, NUMBER), either(NUMBER, TEXT)),
    ({"type": ["string", "null"]}, either(TEXT, {"type": "null"})),
    ({"$ref": "#/shapes/Name"}, TEXT),
    ({"$ref": "#/shapes/Name"}, {"$ref": "#/shapes/Renamed"}),
    (an_object(("a",), a=TEXT), {"allOf": [an_object(a=TEXT), {"required": ["a"]}]}),
]
"""What promises the same, and what grows by a field that needn't be there."""


@pytest.mark.parametrize(("before", "after"), HARMLESS)
@pytest.mark.parametrize("direction", ["taken", "given"])
def test_growing_by_optional_fields_and_saying_it_otherwise_are_harmless(
    before: Any, after: Any, direction: Direction
) -> None:
    assert judged(before, after, direction, Name=TEXT, Renamed=TEXT) == []


def test_a_new_field_that_is_required_breaks_what_is_taken_alone() -> None:
    before, after = an_object(a=TEXT), an_object(("b",), a=TEXT, b=TEXT)
    assert judged(before, after, "taken") == ["/b: is required now"]
    assert judged(before, after, "given") == []


def test_another_default_changes_what_is_taken_alone() -> None:
    before, after = {**TEXT, "default": "a"}, {**TEXT, "default": "b"}
    assert judged(before, after, "taken") == [': the default was "a" and is "b"']
    assert judged(before, after, "given") == []
    nullable = either(TEXT, {"type": "null"}, default=None)
    assert judged(nullable, nullable, "taken") == []
    assert judged(nullable, {**nullable, "default": "x"}, "taken")


def test_a_body_that_took_unknown_fields_and_refuses_them_now_is_broken() -> None:
    open_, closed = an_object(a=TEXT), {**an_object(a=TEXT), "additionalProperties": False}
    assert judged(open_, closed, "taken")
    assert judged(closed, open_, "taken") == judged(open_, closed, "given") == []


def test_it_says_where() -> None:
    before = an_object(halls={"type": "array", "items": an_object(name=TEXT)})
    after = an_object(halls={"type": "array", "items": an_object(name=NUMBER)})
    assert judged(before, after, "given") == ["/halls[]/name: integer is given now"]


def test_a_shape_within_itself_ends() -> None:
    tree = {"type": "object", "properties": {"below": either({"$ref": "#/shapes/Tree"}, {"type": "null"})}}
    reference = {"$ref": "#/shapes/Tree"}
    grown = {**tree, "properties": {**tree["properties"], "name": TEXT}}  # type: ignore[dict-item]
    before, after = Side(reference, {"shapes": {"Tree": tree}}), Side(reference, {"shapes": {"Tree": grown}})
    assert broken(before, after, "given") == broken(before, after, "taken") == []
    assert broken(after, before, "given")
