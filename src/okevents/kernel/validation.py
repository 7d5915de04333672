"""Bad input, told whole: every bad field of a JSON body at once, each with its RFC 6901 pointer.

msgspec decodes and validates in one pass and stops at the first fault, which is right for the good input that is
nearly all of it. Only a body that fails is walked again, field by field, to name everything that is wrong with it.
"""

import re
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct, ValidationError
from msgspec.structs import fields

from okevents.errors import BadInput, FieldFault, MalformedJson

T = TypeVar("T", bound=Struct)

_LIMIT = re.compile(r"Expected `(\w+)` (?:of length )?([<>])= (\d+)")
_LIMITED = {"str": "text with a length of {}", "array": "a list with a length of {}", "int": "a whole number of {}"}


def decode(body: bytes, shape: type[T]) -> T:
    """The body as that shape.

    Raises MalformedJson for what isn't JSON, and BadInput with one fault for each bad or unknown field.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except ValidationError as error:
        said = str(error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson([FieldFault("", f"is not JSON: {error}")]) from None
    raise BadInput(faults_of(parse(body), shape) or [FieldFault("", said)])


def parse(body: bytes) -> Any:
    """The body as plain lists, dicts and values. Raises MalformedJson."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson([FieldFault("", f"is not JSON: {error}")]) from None


def convert(raw: object, shape: type[T]) -> T:
    """The same as `decode`, for a value that is parsed already."""
    try:
        return msgspec.convert(raw, shape)
    except ValidationError as error:
        raise BadInput(faults_of(raw, shape) or [FieldFault("", str(error))]) from None


def faults_of(raw: object, shape: type[Struct], pointer: str = "") -> list[FieldFault]:
    """Every field of the value that isn't as the shape says, unknown and missing ones too."""
    if not isinstance(raw, dict):
        return [FieldFault(pointer, f"is {_said(raw)}; an object is expected")]
    known = {field.encode_name: field for field in fields(shape)}
    faults = [
        FieldFault(
            _below(pointer, name),
            f"is not a known field; known here: {', '.join(known)}",
        )
        for name in raw
        if name not in known
    ]
    for name, field in known.items():
        if name in raw:
            faults.extend(_value_faults(raw[name], field.type, _below(pointer, name)))
        elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
            faults.append(FieldFault(_below(pointer, name), "is missing"))
    return faults


def _value_faults(raw: object, annotation: Any, pointer: str) -> list[FieldFault]:
    """The faults inside the value where there are any, else what is wrong with it as a whole."""
    inside: list[FieldFault] = []
    for part in _parts(annotation):
        if isinstance(raw, dict) and isinstance(part, type) and issubclass(part, Struct):
            inside = faults_of(raw, part, pointer)
        elif isinstance(raw, list) and get_origin(part) in (list, tuple):
            item = get_args(part)[0]
            inside = [fault for i, value in enumerate(raw) for fault in _value_faults(value, item, f"{pointer}/{i}")]
    if inside:
        return inside
    try:
        msgspec.convert(raw, annotation)
    except ValidationError as error:
        return [FieldFault(pointer, f"is {_said(raw)}; {_in_words(str(error), annotation)}")]
    return []


def _in_words(said: str, annotation: Any) -> str:
    """What would be right, from what msgspec says is wrong."""
    if limit := _LIMIT.match(said):
        kind, bound, number = limit.groups()
        amount = f"{'at least' if bound == '>' else 'at most'} {number}"
        return f"expected: {_LIMITED.get(kind, 'a number of {}').format(amount)}"
    if "enum value" in said and (known := _choices(annotation)):
        return f"expected: one of {', '.join(known)}"
    if "matching regex" in said or "RFC3339" in said:
        form = _form(annotation, must_match="matching regex" in said)
        said = f"expected: {form.removesuffix('.')}" if form else said
    return said[0].lower() + said[1:]


def _choices(annotation: Any) -> list[str]:
    """The texts of which the value must be one, where that is what it must be."""
    return [str(each) for part in _parts(annotation) if get_origin(part) is Literal for each in get_args(part)]


def _form(annotation: Any, *, must_match: bool) -> str | None:
    """The form that a value must have: as its description says it; `must_match`: the one beside its pattern."""
    if get_origin(annotation) is Annotated:
        for meta in get_args(annotation)[1:]:
            if isinstance(meta, Meta) and meta.description and (meta.pattern is not None or not must_match):
                return meta.description[0].lower() + meta.description[1:]
    return next((form for each in get_args(annotation) if (form := _form(each, must_match=must_match))), None)


def _parts(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, without their constraints."""
    if get_origin(annotation) is Annotated:
        return _parts(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [part for alternative in get_args(annotation) for part in _parts(alternative)]
    return [annotation]


def _below(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _said(raw: object) -> str:
    """The value as the client wrote it, cut to a readable length."""
    text = msgspec.json.encode(raw).decode()
    return text if len(text) <= 40 else f"{text[:37]}..."
