"""What was asked of this process, and how long the answers took."""

from time import perf_counter

from okevents.http.asgi import Scope
from okevents.kernel.durations import Durations

OPERATION = "okevents.operation"
"""Where in the scope it stands which operation of the table is asked for, as soon as that is known."""

OTHER = "other"
"""What is no operation of the table: pages and what they need, what there isn't, and what was refused before it was
looked at."""

_EXCHANGE = "okevents.exchange"


class Traffic:
    """Of all requests since the start: how long it took until the answer began, by operation and status."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, int], Durations] = {}

    def begin(self, scope: Scope) -> None:
        """A request has come."""
        scope[_EXCHANGE] = self, perf_counter()

    def note(self, operation: str, status: int, seconds: float) -> None:
        """A request is answered."""
        durations = self.answers.get((operation, status))
        if durations is None:
            durations = self.answers[operation, status] = Durations()
        durations.note(seconds)


def note_answer(scope: Scope, status: int) -> None:
    """The answer to a request that has begun begins."""
    traffic, began = scope[_EXCHANGE]
    traffic.note(scope.get(OPERATION, OTHER), status, perf_counter() - began)
