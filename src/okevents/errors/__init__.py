"""The error tree. An error knows its slug, its kind and what to say; only the HTTP room knows a status code.

OkeventsError
├── Refusal                 somebody asked for what can't be had; asking again in the same way is useless
│   ├── BadInput            one fault for each bad field
│   │   └── MalformedJson · BadCursor · BadTicket
│   ├── Unauthenticated · Forbidden · CrossSite
│   ├── TooManyRequests     TooManyStreams
│   ├── MalformedRequest · UrlTooLong · HeaderTooLarge · NotImplementedHere · UnsupportedVersion
│   ├── BodyTooLarge · BodyTooSlow · UnsupportedMediaType · UnsupportedContentCoding · MethodNotAllowed
│   ├── TicketKeyUnusable   UnknownTicketKey · RetiredTicketKey
│   ├── NotFound            EventNotFound · BookingNotFound · WebhookNotFound · DeliveryNotFound · DeadLetterNotFound
│   ├── Conflict            SoldOut · EventOver · EventCancelled · HallsUnknown · IllegalTransition
│   │   │                   BookingNotOpen · BookingClosed · TooManyPlaces · GuestLimitReached · HoldLimitReached
│   │   │                   KeyInFlight · TooManyWebhooks
│   │   └── NotAdmitted     AlreadyAdmitted · WrongEvent · CheckInNotOpen · BookingNotConfirmed · BookingCancelled
│   │                       TicketReplaced · NoSuchTicket · PlaceReleased
│   ├── PreconditionFailed  If-Match names another version
│   └── KeyReused           an idempotency key came with another request
├── Unavailable             a part that is needed can't be reached, or there is too much work; may be tried again
│   ├── StoreUnavailable
│   └── Overloaded
├── MessagingError          Unprocessable · Unroutable · PublishUncertain · BrokerUnavailable
└── ConfigurationError      every fault of a configuration, told at once
"""

from okevents.errors.access import CrossSite, Forbidden, TooManyRequests, Unauthenticated
from okevents.errors.booking import (
    BookingClosed,
    BookingNotFound,
    BookingNotOpen,
    EventCancelled,
    EventNotFound,
    EventOver,
    GuestLimitReached,
    HallsUnknown,
    HoldLimitReached,
    SoldOut,
    TooManyPlaces,
)
from okevents.errors.door import (
    AlreadyAdmitted,
    BadTicket,
    BookingCancelled,
    BookingNotConfirmed,
    CheckInNotOpen,
    NoSuchTicket,
    NotAdmitted,
    PlaceReleased,
    RetiredTicketKey,
    TicketKeyUnusable,
    TicketReplaced,
    UnknownTicketKey,
    WrongEvent,
)
from okevents.errors.operating import (
    BrokerUnavailable,
    ConfigurationError,
    DeadLetterNotFound,
    MessagingError,
    Overloaded,
    PublishUncertain,
    StoreUnavailable,
    Unavailable,
    Unprocessable,
    Unroutable,
)
from okevents.errors.requests import (
    HeaderTooLarge,
    MalformedRequest,
    NotImplementedHere,
    TooManyStreams,
    UnsupportedVersion,
    UrlTooLong,
)
from okevents.errors.tree import (
    BadCursor,
    BadInput,
    BodyTooLarge,
    BodyTooSlow,
    Conflict,
    FieldFault,
    IllegalTransition,
    KeyInFlight,
    KeyReused,
    Kind,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
    OkeventsError,
    PreconditionFailed,
    Refusal,
    UnsupportedContentCoding,
    UnsupportedMediaType,
)
from okevents.errors.webhook import DeliveryNotFound, TooManyWebhooks, WebhookNotFound

__all__ = [
    "AlreadyAdmitted",
    "BadCursor",
    "BadInput",
    "BadTicket",
    "BodyTooLarge",
    "BodyTooSlow",
    "BookingCancelled",
    "BookingClosed",
    "BookingNotConfirmed",
    "BookingNotFound",
    "BookingNotOpen",
    "BrokerUnavailable",
    "CheckInNotOpen",
    "ConfigurationError",
    "Conflict",
    "CrossSite",
    "DeadLetterNotFound",
    "DeliveryNotFound",
    "EventCancelled",
    "EventNotFound",
    "EventOver",
    "FieldFault",
    "Forbidden",
    "GuestLimitReached",
    "HallsUnknown",
    "HeaderTooLarge",
    "HoldLimitReached",
    "IllegalTransition",
    "KeyInFlight",
    "KeyReused",
    "Kind",
    "MalformedJson",
    "MalformedRequest",
    "MessagingError",
    "MethodNotAllowed",
    "NoSuchTicket",
    "NotAdmitted",
    "NotFound",
    "NotImplementedHere",
    "OkeventsError",
    "Overloaded",
    "PlaceReleased",
    "PreconditionFailed",
    "PublishUncertain",
    "Refusal",
    "RetiredTicketKey",
    "SoldOut",
    "StoreUnavailable",
    "TicketKeyUnusable",
    "TicketReplaced",
    "TooManyPlaces",
    "TooManyRequests",
    "TooManyStreams",
    "TooManyWebhooks",
    "Unauthenticated",
    "Unavailable",
    "UnknownTicketKey",
    "Unprocessable",
    "Unroutable",
    "UnsupportedContentCoding",
    "UnsupportedMediaType",
    "UnsupportedVersion",
    "UrlTooLong",
    "WebhookNotFound",
    "WrongEvent",
]
