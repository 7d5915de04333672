"""What clients send of webhooks, and what is wrong with it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from okevents.errors import BadInput, FieldFault
from okevents.kernel import validation
from okevents.kernel.clock import Rfc3339
from okevents.kernel.ids import WebhookId
from okevents.webhooks.addresses import MAX_URL, Allowed, require_postable
from okevents.webhooks.model import DeliveryState, Webhook, WebhookStatus

Url = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=MAX_URL,
        pattern=r"^https?://[\x21-\x7e]+$(?!\n)",
        description="An absolute https:// URL of ASCII characters, without blanks.",
    ),
]
MessageWanted = Literal[
    "*",
    "event.*",
    "event.created",
    "event.updated",
    "event.cancelled",
    "booking.*",
    "booking.held",
    "booking.confirmed",
    "booking.checked_in",
    "booking.waiting",
    "booking.offered",
    "booking.expired",
    "booking.cancelled",
    "availability.changed",
]
Description = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)",
        description="Text in one line, without control characters.",
    ),
]
MAX_OVERLAP = 7 * 86_400
Overlap = Annotated[int, Meta(ge=0, le=MAX_OVERLAP)]
DAY = 86_400


class WebhookDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """An address and which messages are posted to it. `guests`: the names and addresses of guests, too."""

    url: Url
    messages: Annotated[list[MessageWanted], Meta(min_length=1, max_length=20)]
    description: Description = ""
    guests: bool = False
    enabled: bool = True


class RotationDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """`overlap`: for so many seconds the secret of before signs, too."""

    overlap: Overlap = DAY


class ReplayDraft(Struct, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Which deliveries are sent once more: those made in that span, the oldest first, and of these those in that state.

    `after`: where the answer to the request before has got to.
    """

    from_: Rfc3339
    until: Rfc3339
    state: DeliveryState | None = None
    after: Annotated[str, Meta(max_length=200)] | None = None


def to_webhook(draft: WebhookDraft, webhook_id: WebhookId, now: datetime, allowed: Allowed) -> Webhook:
    """A new one. Raises BadInput."""
    require_postable(draft.url, allowed)
    return Webhook(
        id=webhook_id,
        version=1,
        url=draft.url,
        messages=tuple(dict.fromkeys(draft.messages)),
        description=draft.description,
        has_guests=draft.guests,
        status=WebhookStatus.ENABLED if draft.enabled else WebhookStatus.DISABLED,
        created_at=now,
        updated_at=now,
    )


def patched(webhook: Webhook, patch: Mapping[str, Any], now: datetime, allowed: Allowed) -> Webhook:
    """The webhook with those fields changed, null being a field's default. Raises BadInput."""
    present: dict[str, Any] = {
        "url": webhook.url,
        "messages": list(webhook.messages),
        "description": webhook.description,
        "guests": webhook.has_guests,
        "enabled": webhook.is_enabled,
    }
    merged = {name: value for name, value in {**present, **patch}.items() if value is not None}
    wanted = to_webhook(validation.convert(merged, WebhookDraft), webhook.id, now, allowed)
    return replace(
        webhook,
        url=wanted.url,
        messages=wanted.messages,
        description=wanted.description,
        has_guests=wanted.has_guests,
        status=wanted.status,
        reason=None if wanted.is_enabled else webhook.reason,
    )


def overlap_of(body: bytes) -> timedelta:
    """Raises BadInput."""
    return timedelta(seconds=validation.decode(body or b"{}", RotationDraft).overlap)


def require_span(draft: ReplayDraft) -> None:
    """Raises BadInput."""
    faults = [
        FieldFault(f"/{name}", "has no offset; RFC 3339 with one is expected, such as '2031-05-09T20:00:00Z'")
        for name, at in (("from", draft.from_), ("until", draft.until))
        if at.tzinfo is None
    ]
    if not faults and draft.until <= draft.from_:
        faults.append(FieldFault("/until", "isn't after from"))
    if faults:
        raise BadInput(faults)
