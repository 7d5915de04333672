"""Lists that come in pages."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from okevents.client.transport import Call, Transport

T = TypeVar("T")


class Listing(Generic[T]):
    """A list, fetched page by page while it is read: `async for event in listing`, or `async for page in
    listing.pages()`. Each reading begins anew. Raises as calls do, between pages."""

    def __init__(self, transport: Transport, call: Call, page: type[list[T]]) -> None:
        self._transport = transport
        self._call = call
        self._page = page

    def __aiter__(self) -> AsyncIterator[T]:
        return self._entries()

    async def pages(self) -> AsyncGenerator[list[T], None]:
        """A page at a time. Pages neither overlap nor leave anything out, whatever changes meanwhile."""
        call, following = self._call, self._call.query
        while True:
            answer = await self._transport.ask(
                Call(path=call.path, query={**call.query, **following}, secret=call.secret)
            )
            yield answer.read(self._page)
            if answer.following is None:
                return
            following = answer.following

    async def _entries(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for entry in page:
                yield entry


def query_of(wanted: Mapping[str, Any], others: Mapping[str, str], page_size: int | None = None) -> dict[str, str]:
    """Filters as a query: instants as RFC 3339, what is None left out. `others` are names that differ there."""
    given = {**wanted, "limit": page_size}
    return {
        others.get(name, name): value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in given.items()
        if value is not None
    }
