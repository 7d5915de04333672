"""What a change of an AsyncAPI document breaks for programs that publish or hear its messages as they were."""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.contracts.schemas import Direction, Side, broken

Document = Mapping[str, Any]


def broken_messages(before: Document, after: Document) -> list[str]:
    """A sentence for each thing. Messages, channels, operations and optional fields may be added.

    A message that a service hears may come from programs outside, so what they send must be taken as before.
    """
    found = [*_of_channels(before, after), *_of_operations(before, after)]
    heard = _names(before, "receive")
    for name, message in before["components"]["messages"].items():
        now = after["components"]["messages"].get(name)
        if now is None:
            found.append(f"{name}: was removed")
            continue
        directions: tuple[Direction, ...] = ("given", "taken") if name in heard else ("given",)
        found += _of_message(message, now, name, directions, before, after)
    return list(dict.fromkeys(found))


def _of_message(
    then: Document, now: Document, name: str, directions: tuple[Direction, ...], before: Document, after: Document
) -> Iterator[str]:
    for key in ("contentType", "correlationId", "bindings"):
        if then.get(key) != now.get(key):
            yield f"{name}: {key} was {then.get(key)} and is {now.get(key)}"
    for direction in directions:
        for part, where in (("payload", name), ("headers", f"{name} header")):
            yield from broken(Side(then[part], before), Side(now[part], after), direction, where)


def _of_channels(before: Document, after: Document) -> Iterator[str]:
    for key, then in before["channels"].items():
        now = after["channels"].get(key)
        if now is None:
            yield f"channel {key}: was removed"
            continue
        for what in ("address", "bindings"):  # a queue that is declared otherwise is another one
            if then.get(what) != now.get(what):
                yield f"channel {key}: {what} was {then.get(what)} and is {now.get(what)}"
        for name in then["messages"].keys() - now["messages"].keys():
            yield f"channel {key}: {name} was removed"


def _of_operations(before: Document, after: Document) -> Iterator[str]:
    for key, then in before["operations"].items():
        now = after["operations"].get(key)
        if now is None:
            yield f"operation {key}: was removed"
            continue
        for what in ("action", "channel", "bindings"):
            if _told(then.get(what)) != _told(now.get(what)):
                yield f"operation {key}: {what} was {then.get(what)} and is {now.get(what)}"


def _told(part: Any) -> Any:
    """What counts for others: whether a broker gives back what no queue takes is between it and who publishes."""
    if not isinstance(part, dict):
        return part
    return {key: _told(value) for key, value in part.items() if key != "mandatory"}


def _names(document: Document, action: str) -> set[str]:
    """The messages of all operations of that kind."""
    operations = [each for each in document["operations"].values() if each["action"] == action]
    return {message["$ref"].rsplit("/", 1)[-1] for each in operations for message in each["messages"]}
