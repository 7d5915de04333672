"""Named points at which a test has the process die, as by `kill -9`: nothing is finished, flushed or given back.

`OKEVENTS_TEST_CRASH_AT=relay.discard.before:3` ends it when it comes to that point for the third time. Nothing else
looks at the variable, and without it a point costs no more than a comparison.
"""

import os
import signal

VARIABLE = "OKEVENTS_TEST_CRASH_AT"

POINTS = (
    "answers.claim.before",
    "answers.claim.after",
    "events.commit.before",
    "events.commit.after",
    "events.apply.before",
    "events.apply.after",
    "bookings.commit.before",
    "bookings.commit.after",
    "relay.claim.after",
    "relay.publish.before",
    "relay.publish.after",
    "relay.discard.before",
    "relay.discard.after",
    "consumer.handle.before",
    "consumer.acknowledge.before",
    "consumer.acknowledge.after",
    "mongodb.apply.before",
    "mongodb.apply.half",
    "mongodb.claim.half",
    "backup.copy.after",
    "backup.manifest.after",
    "backup.replace.half",
    "backup.replace.after",
    "restore.stage.after",
    "restore.record.after",
    "restore.replace.half",
    "restore.record.dropped",
)
"""`events.apply` is what is done with availability that was heard of; what the Booking Service does with an event is a
commit of its own. `relay.publish.after` is when the broker has confirmed. On MongoDB a commit is one insert, which is
applied in several steps: before them, and between what it does to bookings or the event and its messages. A message is
claimed there in two: `mongodb.claim.half` lies between them. `backup` and `restore` are commands, not services:
`backup.replace.half` lies between the two renames that put a backup in another's place, `restore.record.after` and
`.dropped` are reached for each database's record, `restore.replace.half` after each rename."""


def _wanted(text: str) -> tuple[str, int]:
    """The point, and how often it is to be reached. Raises ValueError for one that doesn't exist."""
    point, _, count = text.partition(":")
    if text and point not in POINTS:
        raise ValueError(f"{VARIABLE}: there is no point {point!r}, but {', '.join(POINTS)}")
    return point, int(count or 1)


_point, _left = _wanted(os.environ.get(VARIABLE, ""))


def crash_point(name: str) -> None:
    """The process has come to that point; a test may want it to die here."""
    global _left
    if name != _point:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
