"""What is wrong with a part of the program, and not with a request."""

from collections.abc import Sequence

from okevents.errors.tree import Kind, NotFound, OkeventsError


class Unavailable(OkeventsError):
    """It can't be done at the moment; `Retry-After` says when to try again: to each at a time of its own, within
    `retry_within` seconds."""

    slug = "unavailable"
    title = "The service can't answer at the moment"
    kind = Kind.UNAVAILABLE

    def __init__(self, detail: str, *, retry_within: int = 5) -> None:
        super().__init__(detail)
        self.retry_within = retry_within


class StoreUnavailable(Unavailable):
    """The database can't be reached, or didn't answer in time. Whether a write took place is not known."""

    slug = "store-unavailable"
    title = "The database can't be reached"
    public_detail = "the database can't be used at the moment; the service's log says more"


class Overloaded(Unavailable):
    """More work is waiting than can be done in time. Nothing was done."""

    slug = "overloaded"
    title = "Too much work is waiting"


class MessagingError(OkeventsError):
    """Something about messages."""

    public_detail = "messages can't be sent or received at the moment; the service's log says more"


class Unprocessable(MessagingError):
    """A message that no number of attempts will make right: it is parked at once."""


class Unroutable(MessagingError):
    """The broker has no queue for a message that must have one."""


class PublishUncertain(MessagingError):
    """No confirm came in time: the message may have arrived. It is published again under the same id."""


class BrokerUnavailable(MessagingError):
    """The broker can't be reached."""


class DeadLetterNotFound(NotFound):
    """No message of that id is parked, or not any more: it was replayed or dropped."""

    slug = "dead-letter-not-found"
    title = "There is no such dead letter"


class ConfigurationError(OkeventsError):
    """What is wrong with the configuration: one sentence for each fault."""

    slug = "configuration"
    title = "The configuration can't be used"
    public_detail = "the service isn't set up rightly; its log says more"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
