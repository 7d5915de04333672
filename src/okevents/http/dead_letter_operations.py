"""The part of the table of operations that is about messages that couldn't be handled. Every process has it."""

from okevents.http import parameter_shapes as shapes
from okevents.http.operations import BAD, UNKNOWN, Operation
from okevents.http.parameter_shapes import Parameter

_QUEUE = {"queue": Parameter("Of that queue alone; else of all that the process hears from.", shapes.FILTER)}
_AWAY = {503: "The broker or the database can't be reached; try again after `Retry-After` seconds."}
_ONE = {**BAD, **UNKNOWN, **_AWAY}

DEAD_LETTERS = (
    Operation(
        method="get",
        path="/dead-letters",
        name="list_dead_letters",
        tag="dead letters",
        summary="Messages that couldn't be handled, with their reasons: of each queue the oldest first.",
        query={**_QUEUE, "limit": Parameter("The most of each queue.", shapes.LIMIT)},
        gives="DeadLetterShown",
        gives_many=True,
        problems={**BAD, **_AWAY},
    ),
    Operation(
        method="post",
        path="/dead-letters/replay",
        name="replay_dead_letters",
        tag="dead letters",
        summary="Have all of them handled once more, up to 200 of each queue for each request.",
        query=_QUEUE,
        gives="SweptShown",
        problems={**BAD, **_AWAY},
    ),
    Operation(
        method="post",
        path="/dead-letters/drop",
        name="drop_dead_letters",
        tag="dead letters",
        summary="Delete all of them for good, up to 200 of each queue for each request.",
        query=_QUEUE,
        gives="SweptShown",
        problems={**BAD, **_AWAY},
    ),
    # Ahead of the letter itself, whose path would take these for ids.
    Operation(
        method="post",
        path="/dead-letters/{message_id:path}/replay",
        name="replay_dead_letter",
        tag="dead letters",
        summary="Have that message handled once more.",
        query=_QUEUE,
        gives="SweptShown",
        problems=_ONE,
    ),
    Operation(
        method="post",
        path="/dead-letters/{message_id:path}/drop",
        name="drop_dead_letter",
        tag="dead letters",
        summary="Delete that message for good.",
        query=_QUEUE,
        gives="SweptShown",
        problems=_ONE,
    ),
    Operation(
        method="get",
        path="/dead-letters/{message_id:path}",
        name="find_dead_letter",
        tag="dead letters",
        summary="That message with its reason and its body.",
        query=_QUEUE,
        gives="DeadLetterOpened",
        problems=_ONE,
    ),
)
