"""What a change of a JSON Schema breaks, for whoever relied on it as it was.

Where the schema is of something *taken*, what was allowed must still be allowed; where it is of something *given*,
nothing may be given that wasn't to be expected. What is both, as a message that is published by the
services and by programs outside, has to hold in both directions. Only the keywords that the documents use are judged;
another one that changes counts as broken, so that nothing passes because it isn't known here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Schema = Mapping[str, Any]
Direction = Literal["taken", "given"]

_SAID = {"title", "description", "examples", "example", "deprecated", "$comment", "$id", "$schema", "contentMediaType"}
"""These say nothing of what is allowed."""

_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_JUDGED = {
    *("type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf", "oneOf", "allOf"),
    *("$ref", "$defs", "components", "default", *_LEAST, *_MOST),
}

_ANYTHING = {"array", "boolean", "integer", "null", "number", "object", "string"}


class Side(NamedTuple):
    """A schema, and the document that its references lead into."""

    schema: Schema
    document: Mapping[str, Any]

    def of(self, schema: Any) -> "Side":
        """Another schema of the same document. `true` and `false` are schemas too."""
        return Side({} if schema is True else {"enum": []} if schema is False else schema, self.document)

    def resolved(self) -> "Side":
        """Without a reference, and with what all of `allOf` say put together."""
        schema = self.schema
        if "$ref" in schema:
            found: Any = self.document
            for name in schema["$ref"].removeprefix("#/").split("/"):
                found = found[name.replace("~1", "/").replace("~0", "~")]
            schema = _together([found, {key: value for key, value in schema.items() if key != "$ref"}])
            return self.of(schema).resolved()
        if "allOf" in schema:
            parts = [self.of(part).resolved().schema for part in schema["allOf"]]
            return self.of(_together([*parts, {key: value for key, value in schema.items() if key != "allOf"}]))
        return self


def broken(before: Side, after: Side, direction: Direction, where: str = "") -> list[str]:
    """A sentence for each thing that is broken, with the place where it is; none if all is well."""
    return list(_broken(before, after, direction, where, ()))


def _broken(before: Side, after: Side, direction: Direction, where: str, known: tuple[Any, ...]) -> Iterator[str]:
    here = (before.schema.get("$ref"), after.schema.get("$ref"))
    if None not in here:
        if here in known:  # a shape within itself: it is compared already
            return
        known = (*known, here)
    before, after = before.resolved(), after.resolved()
    if _alternatives(before) or _alternatives(after):
        yield from _of_alternatives(before, after, direction, where, known)
    else:
        yield from _of_one(before, after, direction, where, known)
    if direction == "taken" and before.schema.get("default") != after.schema.get("default"):
        yield f"{where}: the default was {_told(before, 'default')} and is {_told(after, 'default')}"
    for keyword in sorted({*before.schema, *after.schema} - _JUDGED - _SAID):
        if before.schema.get(keyword) != after.schema.get(keyword):
            yield from _of_restriction(keyword, before.schema, after.schema, direction, where)


def _of_one(before: Side, after: Side, direction: Direction, where: str, known: tuple[Any, ...]) -> Iterator[str]:
    """Of two that have no alternatives."""
    yield from _of_types(before.schema, after.schema, direction, where)
    yield from _of_values(before.schema, after.schema, direction, where)
    yield from _of_bounds(before.schema, after.schema, direction, where)
    yield from _of_properties(before, after, direction, where, known)
    if "items" in before.schema or "items" in after.schema:
        one, other = (side.of(side.schema.get("items", {})) for side in (before, after))
        yield from _broken(one, other, direction, f"{where}[]", known)


def _of_types(before: Schema, after: Schema, direction: Direction, where: str) -> Iterator[str]:
    then, now = _types(before), _types(after)
    wider, narrower = (then, now) if direction == "taken" else (now, then)
    if lost := wider - narrower:
        said = "is taken no more" if direction == "taken" else "is given now"
        yield f"{where}: {' or '.join(sorted(lost))} {said}"


def _of_values(before: Schema, after: Schema, direction: Direction, where: str) -> Iterator[str]:
    then, now = _values(before), _values(after)
    wider, narrower = (then, now) if direction == "taken" else (now, then)
    if narrower is None:
        return
    if wider is None:
        said = "only some values are taken now" if direction == "taken" else "any value is given now"
        yield f"{where}: {said}"
    elif lost := wider - narrower:
        said = "is taken no more" if direction == "taken" else "is given now"
        yield f"{where}: {', '.join(sorted(lost))} {said}"


def _of_bounds(before: Schema, after: Schema, direction: Direction, where: str) -> Iterator[str]:
    for keyword in (*_LEAST, *_MOST):
        then, now = before.get(keyword), after.get(keyword)
        wider, narrower = (then, now) if direction == "taken" else (now, then)
        if narrower is None or wider == narrower:
            continue
        is_within = wider is not None and (wider > narrower if keyword in _LEAST else wider < narrower)
        if not is_within:
            yield f"{where}: {keyword} was {then} and is {now}"


def _of_restriction(keyword: str, before: Schema, after: Schema, direction: Direction, where: str) -> Iterator[str]:
    """One that is there or not: of two patterns, or two formats, nobody can tell which allows more."""
    loose = after if direction == "taken" else before
    if keyword in loose or keyword not in ("pattern", "format"):
        yield f"{where}: {keyword} was {before.get(keyword)} and is {after.get(keyword)}"


def _of_properties(
    before: Side, after: Side, direction: Direction, where: str, known: tuple[Any, ...]
) -> Iterator[str]:
    then, now = before.schema.get("properties", {}), after.schema.get("properties", {})
    was_required, is_required = set(before.schema.get("required", ())), set(after.schema.get("required", ()))
    for name in then:
        if name not in now:
            yield f"{where}/{name}: was removed"
        else:
            yield from _broken(before.of(then[name]), after.of(now[name]), direction, f"{where}/{name}", known)
    if direction == "taken":
        yield from (f"{where}/{name}: is required now" for name in sorted(is_required - was_required))
    else:
        still = (was_required - is_required) & set(now)
        yield from (f"{where}/{name}: may be missing now" for name in sorted(still))
    one, other = (side.schema.get("additionalProperties", True) for side in (before, after))
    if isinstance(one, Mapping) or isinstance(other, Mapping):
        yield from _broken(before.of(one), after.of(other), direction, f"{where}/*", known)
    elif direction == "taken" and other is False and one is not False:
        yield f"{where}: fields that it doesn't know are refused now"


def _of_alternatives(
    before: Side, after: Side, direction: Direction, where: str, known: tuple[Any, ...]
) -> Iterator[str]:
    """Each of those that must be covered is covered by one of the others; else it is told of the nearest one."""
    then, now = (_alternatives(side) or _by_type(side) for side in (before, after))
    covered, covering = (then, now) if direction == "taken" else (now, then)
    for one in covered:
        pairs = [(one, each) if direction == "taken" else (each, one) for each in covering]
        tries = [list(_broken(old, new, direction, where, known)) for old, new in pairs]
        if all(tries):
            yield from min(tries, key=len)


def _alternatives(side: Side) -> Sequence[Side]:
    return [side.of(each) for each in side.schema.get("anyOf", side.schema.get("oneOf", ()))]


def _by_type(side: Side) -> Sequence[Side]:
    """One for each type that it allows. A default belongs to all of them together."""
    schema = {keyword: value for keyword, value in side.schema.items() if keyword != "default"}
    types = schema.get("type")
    return [side.of({**schema, "type": each}) for each in types] if isinstance(types, list) else [side.of(schema)]


def _types(schema: Schema) -> set[str]:
    given = schema.get("type", sorted(_ANYTHING))
    types = {given} if isinstance(given, str) else set(given)
    if "type" not in schema and (values := _values(schema)) is not None:
        return {_type_of(json.loads(value)) for value in values}
    return types | {"integer"} if "number" in types else types


def _type_of(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _values(schema: Schema) -> set[str] | None:
    """Those that alone are allowed, as JSON; None for any."""
    if "const" in schema:
        return {json.dumps(schema["const"], sort_keys=True)}
    return {json.dumps(value, sort_keys=True) for value in schema["enum"]} if "enum" in schema else None


def _told(side: Side, keyword: str) -> str:
    return json.dumps(side.schema[keyword]) if keyword in side.schema else "none"


def _together(parts: Sequence[Schema]) -> Schema:
    """One schema that says what all of them say. Where two say different things of one field, the later one counts."""
    put: dict[str, Any] = {}
    for part in parts:
        for keyword, value in part.items():
            if keyword == "required":
                put[keyword] = sorted({*put.get(keyword, ()), *value})
            elif keyword == "properties":
                fields = put.get(keyword, {})
                put[keyword] = {**fields, **{name: {**fields.get(name, {}), **each} for name, each in value.items()}}
            else:
                put[keyword] = value
    return put
