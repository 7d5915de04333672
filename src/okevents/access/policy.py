"""Who may do what: the one table. An operation that isn't in it can't be served."""

from collections.abc import Mapping
from typing import NamedTuple

from okevents.access.model import Principal, Scope
from okevents.errors import Forbidden, Unauthenticated


class Rule(NamedTuple):
    """`scope` None: everybody may. `owner`: so may the guest whose booking it is, with its secret."""

    scope: Scope | None
    owner: bool = False


_EVERYBODY = Rule(None)
_ORGANISER = Rule(Scope.EVENTS_WRITE)
_ADMINISTRATOR = Rule(Scope.ADMIN)
_DOOR = Rule(Scope.CHECK_IN)
_READS_OWN = Rule(Scope.BOOKINGS_READ, owner=True)
_CHANGES_OWN = Rule(Scope.BOOKINGS_WRITE, owner=True)

RULES: Mapping[str, Rule] = {
    # The Events Service.
    "list_events": _EVERYBODY,
    "find_event": _EVERYBODY,
    "find_event_by_name": _EVERYBODY,
    "show_events_calendar": _EVERYBODY,
    "show_event_calendar": _EVERYBODY,
    "create_event": _ORGANISER,
    "import_events": _ORGANISER,
    "replace_event": _ORGANISER,
    "patch_event": _ORGANISER,
    "cancel_event": _ORGANISER,
    "reinstate_event": _ORGANISER,
    "list_webhooks": _ADMINISTRATOR,
    "create_webhook": _ADMINISTRATOR,
    "find_webhook": _ADMINISTRATOR,
    "patch_webhook": _ADMINISTRATOR,
    "delete_webhook": _ADMINISTRATOR,
    "rotate_webhook": _ADMINISTRATOR,
    "test_webhook": _ADMINISTRATOR,
    "list_deliveries": _ADMINISTRATOR,
    "find_delivery": _ADMINISTRATOR,
    "replay_delivery": _ADMINISTRATOR,
    "replay_deliveries": _ADMINISTRATOR,
    # The Booking Service.
    "list_availability": _EVERYBODY,
    "find_availability": _EVERYBODY,
    "follow_availability": _EVERYBODY,
    "book": _EVERYBODY,
    "list_bookings": Rule(Scope.BOOKINGS_READ),
    "find_occupancy": Rule(Scope.BOOKINGS_READ),
    "find_booking": _READS_OWN,
    "amend_booking": _CHANGES_OWN,
    "confirm_booking": _CHANGES_OWN,
    "extend_booking": _CHANGES_OWN,
    "cancel_booking": _CHANGES_OWN,
    "decline_booking": _CHANGES_OWN,
    "erase_booking": _CHANGES_OWN,
    "list_tickets": _READS_OWN,
    "print_tickets": _READS_OWN,
    "draw_ticket_svg": _READS_OWN,
    "draw_ticket_png": _READS_OWN,
    "show_booking_calendar": _READS_OWN,
    "show_ticket_keys": _EVERYBODY,
    "check_in": _DOOR,
    "check_in_booking": _DOOR,
    "undo_check_in": _DOOR,
    "take_scans": _DOOR,
    "show_door_list": _DOOR,
    # Every process.
    "live": _EVERYBODY,
    "ready": _EVERYBODY,
    "metrics": Rule(Scope.METRICS_READ),
    "list_dead_letters": _ADMINISTRATOR,
    "find_dead_letter": _ADMINISTRATOR,
    "replay_dead_letter": _ADMINISTRATOR,
    "drop_dead_letter": _ADMINISTRATOR,
    "replay_dead_letters": _ADMINISTRATOR,
    "drop_dead_letters": _ADMINISTRATOR,
}


def require_allowed(principal: Principal, operation: str) -> bool:
    """Whether what the principal has shown has still to open the booking that is asked for.

    Raises Unauthenticated for one who has shown nothing that could be good for it, and Forbidden for one who has
    shown what isn't. Neither says anything about what is asked for.
    """
    rule = RULES[operation]
    if rule.scope is None or principal.has(rule.scope):
        return False
    if principal.secret is not None and rule.owner:
        return True
    if not principal.scopes and principal.secret is None:
        also = ", or the secret that came with the booking" if rule.owner else ""
        raise Unauthenticated(f"a token with the scope {rule.scope} is needed{also}: Authorization: Bearer …")
    raise Forbidden(f"a token with the scope {rule.scope} is needed", scope=rule.scope)
