"""Responses that both services give."""

from litestar.response import Response

from okevents.http.parameters import has_same_tag


def json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """JSON that is encoded already."""
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def conditional(if_none_match: str | None, body: bytes, etag: str) -> Response[bytes]:
    """200 with the representation, or 304 for who has it already."""
    if has_same_tag(if_none_match, etag):
        return Response(b"", status_code=304, media_type="application/json", headers={"etag": etag})
    return json(body, headers={"etag": etag})


def written(
    body: bytes, version: int, is_replay: bool, status: int = 200, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """The answer to a write; a replayed one says so in a header, not in the body."""
    told = {"etag": f'"{version}"', **(headers or {})}
    if is_replay:
        told["idempotent-replay"] = "true"
    return json(body, status, told)
