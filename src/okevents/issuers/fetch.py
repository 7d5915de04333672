"""Getting an issuer's key set: bounded in size and time, and never led elsewhere."""

import asyncio
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO

from okevents.errors import Unavailable

FETCH_WITHIN = 5.0
MAX_BYTES = 256 * 1024


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The keys are at the address that the operator has set, and nowhere else."""

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: ARG002 - urllib's
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects())


async def fetch(url: str) -> bytes:
    """What is at the address. Raises Unavailable."""
    try:
        async with asyncio.timeout(2 * FETCH_WITHIN):
            return await asyncio.to_thread(_read, url)
    except (OSError, HTTPException, TimeoutError, ValueError) as error:
        raise Unavailable(f"the keys at {url} can't be had now ({error})") from error


def _read(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"accept": "application/json"})  # noqa: S310 - checked as it is set
    with _opener.open(request, timeout=FETCH_WITHIN) as answer:
        body: bytes = answer.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise ValueError(f"they have more than {MAX_BYTES} bytes")
    return body
