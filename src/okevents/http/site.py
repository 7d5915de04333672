"""The web pages that a process serves beside its API, at paths of their own."""

from typing import Protocol

from starlette.routing import Route

from okevents.http.gate import Gate
from okevents.http.presentation import Presentation


class Site(Protocol):
    """`prefixes`: every path that begins with one of them is a page's, or that of something that pages need. `home`:
    where a browser is sent that asks for nothing in particular. `origins`: those of the other service's pages, which
    may use this one's API."""

    @property
    def prefixes(self) -> tuple[str, ...]: ...

    @property
    def home(self) -> str: ...

    @property
    def origins(self) -> tuple[str, ...]: ...

    @property
    def presentation(self) -> Presentation: ...

    def routes(self, events: Gate, bookings: Gate) -> list[Route]:
        """Each behind the gate of its service."""
        ...
