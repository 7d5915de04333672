"""The released contracts: the documents as they were at the last release, in `contracts/`, which later ones must keep.

`python -m scripts.contracts` tells what the present documents break; `release` writes them down as released, and
refuses if they break anything, unless `--break` says that it is meant.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from okevents.http.schema import Described, openapi
from okevents.messaging.topology import Topology
from okevents.schemas.asyncapi import asyncapi
from scripts.contracts.api import broken_api
from scripts.contracts.messages import broken_messages

RELEASED = Path(__file__).parent.parent.parent / "contracts"

JUDGES: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]] = {
    "openapi": broken_api,
    "asyncapi": broken_messages,
}


def present() -> dict[str, dict[str, Any]]:
    """The documents of both services, with access control and the settings by default."""
    process = Described(has_events=True, has_bookings=True, has_access_control=True, max_page_size=500)
    return {"openapi": openapi(process), "asyncapi": asyncapi(Topology())}


def released(name: str) -> dict[str, Any]:
    """The document as it was released."""
    document: dict[str, Any] = json.loads((RELEASED / f"{name}.json").read_text(encoding="utf-8"))
    return document


def all_broken() -> dict[str, list[str]]:
    """What the present documents break, by their names."""
    return {name: JUDGES[name](released(name), document) for name, document in present().items()}


def write() -> None:
    """From now on the present documents are the released ones."""
    documents = present()
    RELEASED.mkdir(exist_ok=True)
    for name, document in documents.items():
        text = json.dumps(_without_examples(document), indent=1, ensure_ascii=False, sort_keys=True)
        (RELEASED / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def _without_examples(part: Any) -> Any:
    """Examples promise nothing."""
    if isinstance(part, list):
        return [_without_examples(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {key: _without_examples(value) for key, value in part.items() if key not in ("example", "examples")}
