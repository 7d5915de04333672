"""What a change of an OpenAPI document breaks for clients that rely on it as it was."""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.contracts.schemas import Direction, Side, broken

Document = Mapping[str, Any]


def broken_api(before: Document, after: Document) -> list[str]:
    """A sentence for each thing. Operations, optional parameters and fields of answers may be added."""
    found: list[str] = []
    for path, item in before["paths"].items():
        for method, operation in item.items():
            where = f"{method.upper()} {path}"
            now = after["paths"].get(path, {}).get(method)
            if now is None:
                found.append(f"{where}: was removed")
            else:
                found += _of_operation(operation, now, where, before, after)
    return found


def _of_operation(then: Document, now: Document, where: str, before: Document, after: Document) -> Iterator[str]:
    if then["operationId"] != now["operationId"]:
        yield f"{where}: operationId was {then['operationId']} and is {now['operationId']}"
    yield from _of_access(then, now, where)
    yield from _of_parameters(then, now, where, before, after)
    yield from _of_request(then.get("requestBody"), now.get("requestBody"), where, before, after)
    for status, answer in then["responses"].items():
        place = f"{where} {status}"
        answer_now = now["responses"].get(status)
        if answer_now is not None:
            yield from _of_headers(answer, answer_now, place)
            yield from _of_contents(answer, answer_now, "given", place, before, after)
        elif status.startswith("2"):
            yield f"{place}: was removed"


def _of_access(then: Document, now: Document, where: str) -> Iterator[str]:
    """Each entry is enough by itself; none at all lets in everybody."""
    was, is_now = (
        [sorted((name, *scopes) for name, scopes in each.items()) for each in operation.get("security", [])]
        for operation in (then, now)
    )
    if is_now and (not was or any(each not in is_now for each in was)):
        yield f"{where}: who was let in needs something else now"


def _of_parameters(then: Document, now: Document, where: str, before: Document, after: Document) -> Iterator[str]:
    known, named = ({(each["in"], each["name"]): each for each in side.get("parameters", [])} for side in (then, now))
    for (place, name), parameter in named.items():
        said = f"{where} {place} {name}"
        old = known.get((place, name))
        if parameter.get("required") and not (old or {}).get("required"):
            yield f"{said}: is required now"
        if old is not None:
            yield from broken(Side(old["schema"], before), Side(parameter["schema"], after), "taken", said)
    for place, name in known.keys() - named.keys():
        yield f"{where} {place} {name}: was removed"


def _of_request(
    then: Document | None, now: Document | None, where: str, before: Document, after: Document
) -> Iterator[str]:
    place = f"{where} body"
    if now is not None and now.get("required") and not (then or {}).get("required"):
        yield f"{place}: is required now"
    if then is not None:
        if now is None:
            yield f"{place}: was removed"
        else:
            yield from _of_contents(then, now, "taken", place, before, after)


def _of_contents(
    then: Document, now: Document, direction: Direction, where: str, before: Document, after: Document
) -> Iterator[str]:
    contents = now.get("content", {})
    for media_type, content in then.get("content", {}).items():
        if media_type not in contents:
            yield f"{where}: {media_type} was removed"
        else:
            one, other = Side(content.get("schema", {}), before), Side(contents[media_type].get("schema", {}), after)
            yield from broken(one, other, direction, where)


def _of_headers(then: Document, now: Document, where: str) -> Iterator[str]:
    headers = now.get("headers", {})
    for name, header in then.get("headers", {}).items():
        if name not in headers:
            yield f"{where} header {name}: was removed"
        elif header.get("required") and not headers[name].get("required"):
            yield f"{where} header {name}: may be missing now"
