"""One call over HTTP: with its key, its tries and its deadline. Nothing else here knows the HTTP library."""

import asyncio
import itertools
import os
import secrets
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx2
import msgspec
from msgspec import Struct

from okevents import __version__
from okevents.client.errors import Interrupted, OutOfTime, Problem, UnexpectedAnswer, Unreachable
from okevents.client.problems import problem_of
from okevents.client.retries import Retries, is_passing
from okevents.observability.masking import masked

T = TypeVar("T")

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
NDJSON = "application/x-ndjson"

_CONNECT_WITHIN = 5.0
_Failure = Problem | Unreachable


class Call(Struct, frozen=True, kw_only=True):
    """What is asked. `secret` is shown in place of the client's token. A write without `key` is given one of its own,
    so every write may be tried again."""

    method: str = "GET"
    path: str
    query: Mapping[str, str] = {}
    body: bytes | None = None
    media_type: str = JSON
    accept: str = JSON
    headers: Mapping[str, str] = {}
    key: str | None = None
    if_version: int | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        return f"Call({self.method} {self.path})"


class Answer(NamedTuple):
    """A whole answer. `following` is what the query of the next page has besides; None: there is none."""

    body: bytes
    following: Mapping[str, str] | None

    def read(self, kind: type[T]) -> T:
        """Raises UnexpectedAnswer."""
        return read(self.body, kind)


def read(body: bytes, kind: type[T]) -> T:
    """JSON as that shape. Raises UnexpectedAnswer."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"the answer isn't what an okevents of this version gives: {error}") from None


class Transport:
    """The way to one service, or to both at one address. Raises ValueError for an address that they can't have."""

    def __init__(
        self, url: str, *, token: str | None, retries: Retries, tls: ssl.SSLContext | None, connections: int
    ) -> None:
        self.url = _address(url)
        self._token = token
        self.retries = retries
        self._http = httpx2.AsyncClient(
            headers={"user-agent": f"okevents/{__version__}"},
            limits=httpx2.Limits(max_connections=connections),
            follow_redirects=False,  # the token is for this address
            verify=True if tls is None else tls,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, call: Call) -> Answer:
        """The whole answer. Raises Problem, Unreachable, UnexpectedAnswer."""
        response = await self._answered(call, self.retries.timeout, is_stream=False)
        return Answer(response.content, _following(response))

    async def look(self, path: str) -> Answer:
        """One try, and whatever its status is. Raises Unreachable."""
        request = self._request(Call(path=path), min(self.retries.timeout, self.retries.deadline))
        try:
            response = await self._http.send(request)
        except httpx2.RequestError as error:
            raise Unreachable(f"{self.url} can't be reached: {_said(error)}") from None
        return Answer(response.content, None)

    async def write(
        self,
        method: str,
        path: str,
        body: Struct | Mapping[str, Any],
        key: str | None,
        if_version: int | None = None,
        media_type: str = JSON,
    ) -> Answer:
        """Asks with that body, as JSON. Raises as `ask`."""
        content = msgspec.json.encode(body)
        call = Call(method=method, path=path, body=content, media_type=media_type, key=key, if_version=if_version)
        return await self.ask(call)

    @asynccontextmanager
    async def open(self, call: Call, silence: float | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer's bytes as they come; none may come for so many seconds, else as long as one try may wait.

        Raises as `ask`, and Interrupted where it breaks off.
        """
        silence = silence or self.retries.timeout
        response = await self._answered(call, silence, is_stream=True)
        try:
            async with aclosing(self._chunks(response)) as chunks:
                yield chunks
        finally:
            await response.aclose()

    async def _answered(self, call: Call, silence: float, *, is_stream: bool) -> httpx2.Response:
        """The first answer that is no failure; raises the last one. Each try has the same key."""
        request = self._request(call, silence)
        clock = asyncio.get_running_loop().time
        ends_at = clock() + self.retries.deadline
        failure: _Failure | None = None
        for attempt in itertools.count(1):
            try:
                async with asyncio.timeout_at(ends_at):
                    answered = await self._once(request, is_stream=is_stream)
            except TimeoutError:
                said = f"{self.url} didn't answer within {self.retries.deadline:g} seconds"
                raise OutOfTime(said if failure is None else f"{said}; before that: {failure}") from None
            if isinstance(answered, httpx2.Response):
                return answered
            failure = answered
            wait = self.retries.wait(attempt, failure.retry_after if isinstance(failure, Problem) else None)
            if attempt >= self.retries.attempts or clock() + wait >= ends_at:
                break
            await asyncio.sleep(wait)
        assert failure is not None  # noqa: S101 - for the type
        raise failure

    async def _once(self, request: httpx2.Request, *, is_stream: bool) -> httpx2.Response | _Failure:
        """One try: an answer, or a failure that another try may not meet. Raises what each would meet."""
        try:
            response = await self._http.send(request, stream=True)
            if is_stream and response.status_code == 200:
                return response
            await response.aread()
        except httpx2.RequestError as error:
            return Unreachable(f"{self.url} can't be reached: {_said(error)}")
        if response.is_success:
            return response
        if response.status_code < 400:
            to = response.headers.get("location", "nowhere")
            raise UnexpectedAnswer(
                f"{self.url} answered {response.status_code} to {to}; give the address that is meant"
            )
        problem = problem_of(response.status_code, response.headers, response.content)
        if not is_passing(problem):
            raise problem
        return problem

    def _request(self, call: Call, silence: float) -> httpx2.Request:
        headers = {"accept": call.accept, **call.headers}
        if call.body is not None:
            headers["content-type"] = call.media_type
        if call.method != "GET":
            headers["idempotency-key"] = call.key or secrets.token_hex(16)
        if call.if_version is not None:
            headers["if-match"] = f'"{call.if_version}"'
        if (shown := call.secret or self._token) is not None:
            headers["authorization"] = f"Bearer {shown}"
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"what is to be sent as {name} has signs that a header can't have")
        return self._http.build_request(
            call.method,
            f"{self.url}{call.path}",
            params=call.query or None,
            content=call.body,
            headers=headers,
            timeout=httpx2.Timeout(silence, connect=min(_CONNECT_WITHIN, silence), pool=None),  # the deadline bounds it
        )

    async def _chunks(self, response: httpx2.Response) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except httpx2.RequestError as error:
            raise Interrupted(f"{self.url} broke the stream off: {_said(error)}") from None


def _address(url: str) -> str:
    """Without a slash at its end. Raises ValueError."""
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        is_right = False
    if not is_right or parts.query or parts.fragment:
        raise ValueError(f"{masked(url)!r} isn't an address; http://host:port or https://host:port is expected")
    if "@" in parts.netloc:
        raise ValueError(f"{masked(url)!r} has a user in it; who asks is told by a token")
    return url.rstrip("/")


def _following(response: httpx2.Response) -> Mapping[str, str] | None:
    """By the Link header (RFC 8288). Only its query counts: the service needn't know the address that it has here."""
    link = response.links.get("next", {}).get("url")
    return None if link is None else dict(parse_qsl(urlsplit(link).query))


def _said(error: httpx2.RequestError) -> str:
    """What the system says of it, where that is known: the library's own words rarely tell."""
    if isinstance(error, httpx2.ConnectTimeout):
        return "no connection came about in time"
    if isinstance(error, httpx2.TimeoutException):
        return "nothing came for too long"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate isn't trusted: {cause.verify_message}"
        if isinstance(cause, OSError) and cause.errno is not None:
            said = os.strerror(cause.errno) if cause.errno > 0 else cause.strerror
            return (said or str(cause)).lower()
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
