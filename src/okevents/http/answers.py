"""Responses that both services give."""

from collections.abc import Iterable, Mapping

from msgspec import Struct
from starlette.requests import Request

from okevents.http.asgi import Receive, Scope, Send, respond
from okevents.http.parameters import has_same_tag

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"


class Answer(Struct, frozen=True):
    """A whole response, as an ASGI application."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        """Without the body, which may have a secret."""
        return f"Answer({self.status})"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await respond(send, self.status, self.headers, self.body)


def json(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """JSON that is encoded already."""
    return Answer(status, {"content-type": JSON, **(headers or {})}, body)


def listed(entries: Iterable[bytes], links: str) -> Answer:
    """One page of a list, of entries that are JSON already, and the way on in the Link header (RFC 8288)."""
    return json(b"[" + b",".join(entries) + b"]", headers={"link": links})


def wants(request: Request, media_type: str) -> bool:
    """Whether the client asks for that media type rather than JSON."""
    return media_type in request.headers.get("accept", "")


def conditional(request: Request, body: bytes, etag: str) -> Answer:
    """200 with the representation, or 304 for who has it already."""
    if has_same_tag(request, etag):
        return Answer(304, {"etag": etag})
    return json(body, headers={"etag": etag})


def written(
    body: bytes, version: int, is_replay: bool, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to a write; a replayed one says so in a header, not in the body."""
    told = {"etag": f'"{version}"', **(headers or {})}
    if is_replay:
        told["idempotent-replay"] = "true"
    return json(body, status, told)
