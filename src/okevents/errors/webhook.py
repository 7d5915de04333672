"""What is refused about webhooks."""

from okevents.errors.tree import Conflict, NotFound


class WebhookNotFound(NotFound):
    """There is no such webhook."""

    slug = "webhook-not-found"
    title = "There is no such webhook"


class DeliveryNotFound(NotFound):
    """The webhook has no such delivery, or not any more: they are kept for a time."""

    slug = "delivery-not-found"
    title = "There is no such delivery"


class TooManyWebhooks(Conflict):
    """There are as many webhooks as there may be."""

    slug = "too-many-webhooks"
    title = "There are too many webhooks"
