"""Who may do what: every operation of both services, asked for by every kind of principal, of own and other objects."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Struct

from okevents.access.model import Scope
from okevents.access.policy import RULES
from okevents.access.tokens import describe, new_token
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.dead_letter_operations import DEAD_LETTERS
from okevents.http.operations import BOTH, EVENTS, Operation
from okevents.http.webhook_operations import WEBHOOKS
from okevents.kernel.ids import BookingId
from okevents.pages.operations import PAGES, PageOperation
from tests.api.bodies import a_booking
from tests.api.serving import serving_parts
from tests.api.test_bookings import an_event_with

OPERATIONS = {operation.name: operation for operation in (*BOTH, *DEAD_LETTERS, *EVENTS, *WEBHOOKS, *BOOKINGS, *DOOR)}

SHOWS: Mapping[str, Scope | None] = {scope.value: scope for scope in Scope} | {
    "nothing": None,
    "own secret": None,
    "another's secret": None,
    "revoked": None,
    "expired": None,
    "mistyped": None,
    "a ticket": None,
}
"""What is shown, by what it is called here."""

EVERYBODY = frozenset(SHOWS)
VALID = frozenset({*(scope.value for scope in Scope), "nothing", "own secret", "another's secret"})
ADMIN = frozenset({"admin"})
ORGANISER = frozenset({"events:write", "admin"})
READS_OWN = frozenset({"bookings:read", "own secret", "admin"})
CHANGES_OWN = frozenset({"bookings:write", "own secret", "admin"})
DOOR_STAFF = frozenset({"check-in", "admin"})

MAY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("live", "ready"), EVERYBODY),
    "metrics": frozenset({"metrics:read", "admin"}),
    **dict.fromkeys(("list_events", "find_event", "find_event_by_name"), EVERYBODY),
    **dict.fromkeys(("show_events_calendar", "show_event_calendar"), EVERYBODY),
    **dict.fromkeys(("create_event", "replace_event", "patch_event", "cancel_event", "reinstate_event"), ORGANISER),
    "import_events": ORGANISER,
    **dict.fromkeys(("list_availability", "find_availability", "follow_availability", "show_ticket_keys"), EVERYBODY),
    **dict.fromkeys(("list_webhooks", "create_webhook", "find_webhook", "patch_webhook", "delete_webhook"), ADMIN),
    **dict.fromkeys(("rotate_webhook", "test_webhook", "list_deliveries", "find_delivery"), ADMIN),
    **dict.fromkeys(("replay_delivery", "replay_deliveries"), ADMIN),
    **dict.fromkeys(("list_dead_letters", "find_dead_letter"), ADMIN),
    **dict.fromkeys(("replay_dead_letter", "drop_dead_letter", "replay_dead_letters", "drop_dead_letters"), ADMIN),
    "book": VALID,
    **dict.fromkeys(("list_bookings", "find_occupancy"), frozenset({"bookings:read", "admin"})),
    **dict.fromkeys(("find_booking", "list_tickets", "print_tickets", "draw_ticket_svg", "draw_ticket_png"), READS_OWN),
    "show_booking_calendar": READS_OWN,
    **dict.fromkeys(("amend_booking", "confirm_booking", "extend_booking"), CHANGES_OWN),
    **dict.fromkeys(("cancel_booking", "decline_booking", "erase_booking"), CHANGES_OWN),
    **dict.fromkeys(("check_in", "check_in_booking", "undo_check_in", "take_scans", "show_door_list"), DOOR_STAFF),
}
"""Written once more, by hand: whoever changes the rules has to mean it."""


class World(Struct):
    """A service with access control, an event, two guests' bookings, and everything that can be shown."""

    http: httpx.AsyncClient
    event_id: str
    own: str
    other: str
    credentials: dict[str, str | None]

    async def ask(self, operation: Operation, shown: str, booking: str | None = None) -> httpx.Response:
        """The operation with a body that changes nothing, shown that; of the guest's own booking if none is named."""
        is_event = operation.path.startswith("/events/")
        of = self.event_id if is_event else booking or self.own
        known: dict[str, Any] = {"id": of, "event_id": self.event_id, "name": "best", "number": 1, "delivery": of}
        known["message_id"] = "event:1"
        path = operation.path.replace(":path}", "}").format(**known)
        credential = self.credentials[shown]
        headers = {} if credential is None else {"authorization": f"Bearer {credential}"}
        body: Any = None if operation.method == "get" else {"nonsense": 1}
        async with self.http.stream(operation.method.upper(), path, headers=headers, json=body) as answer:
            if answer.headers["content-type"] != "text/event-stream":
                await answer.aread()
        return answer

    def headers(self, shown: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.credentials[shown]}"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    now = datetime.now(UTC)
    async with serving_parts(tmp_path, access="required") as (parts, http):
        credentials: dict[str, str | None] = {"nothing": None, "mistyped": new_token()[:-1] + "!"}

        async def issue(name: str, scope: Scope, ago: timedelta | None = None) -> None:
            secret = credentials[name] = new_token()
            made = now - timedelta(days=1)
            token = describe(secret, name, [scope], made, None if ago is None else now - ago)
            for database in parts.databases.values():
                await database.tokens.add(token)
                if name == "revoked":
                    await database.tokens.revoke(token.id, now)

        for scope in Scope:
            await issue(scope.value, scope)
        await issue("revoked", Scope.ADMIN)
        await issue("expired", Scope.ADMIN, ago=timedelta(seconds=1))
        http.headers["authorization"] = f"Bearer {credentials['admin']}"
        event_id = await an_event_with(http, 10)
        del http.headers["authorization"]
        made = [(await http.post("/bookings", json=a_booking(event_id))).json() for _ in range(2)]
        assert parts.bookings is not None
        credentials["own secret"], credentials["another's secret"] = made[0]["secret"], made[1]["secret"]
        credentials["a ticket"] = await parts.bookings.door.ticket(BookingId(made[0]["id"]), 1)
        yield World(http, event_id, made[0]["id"], made[1]["id"], credentials)


def test_every_operation_has_its_rule_and_every_rule_its_operation() -> None:
    assert set(OPERATIONS) == set(RULES) == set(MAY)


async def test_the_walk_covers_what_both_documents_offer(world: World) -> None:
    document = (await world.http.get("/schema/openapi.json")).json()
    offered = {each["operationId"] for item in document["paths"].values() for each in item.values()}
    assert offered == set(MAY)


@pytest.mark.parametrize("name", OPERATIONS)
async def test_who_may_and_who_may_not(world: World, name: str) -> None:
    operation = OPERATIONS[name]
    for shown in SHOWS:
        answer = await world.ask(operation, shown)
        refused = answer.status_code in (401, 403) or (
            answer.status_code == 404 and "that this secret opens" in answer.text
        )
        assert refused == (shown not in MAY[name]), f"{shown}: {answer.status_code}"
        if not refused:
            continue
        assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code != 404:
            assert answer.headers["www-authenticate"].startswith('Bearer realm="okevents"')
        has_shown_something_valid = shown in VALID and shown != "nothing"
        expected = (
            {404} if "secret" in shown and "own secret" in MAY[name] else {403 if has_shown_something_valid else 401}
        )
        assert {answer.status_code} == expected, f"{shown}: {answer.text}"


@pytest.mark.parametrize("name", [name for name, shown in MAY.items() if shown in (READS_OWN, CHANGES_OWN)])
async def test_a_guest_cant_tell_anothers_booking_from_one_that_there_isnt(world: World, name: str) -> None:
    told = []
    for booking in (world.other, "0" * 24):
        answer = await world.ask(OPERATIONS[name], "own secret", booking)
        told.append((answer.status_code, answer.json()["type"], answer.json()["detail"].replace(booking, "ID")))
    assert told[0] == told[1]
    assert told[0][0] == 404


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
async def test_a_page_lets_in_whom_the_api_lets_in(world: World, page: PageOperation) -> None:
    """Forms are sent as what they can't be, so that they change nothing."""
    path = page.path.format(id=world.own, event_id=world.event_id, language="en")
    body = None if page.method == "get" else b"nonsense"
    for shown in SHOWS:
        headers = {} if world.credentials[shown] is None else world.headers(shown)
        headers["content-type"] = "text/plain"
        answer = await world.http.request(page.method.upper(), path, headers=headers, content=body)
        assert (answer.status_code in (401, 403, 404)) == (shown not in MAY[page.rule]), (
            f"{shown}: {answer.status_code}"
        )


async def test_nobody_learns_of_a_booking_without_showing_anything(world: World) -> None:
    answers = [await world.http.get(f"/bookings/{booking}") for booking in (world.own, "0" * 24)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_what_the_guest_shows_works_until_the_booking_passes_to_another(world: World) -> None:
    path, old = f"/bookings/{world.own}", world.headers("own secret")
    assert (await world.http.get(path, headers=old)).json()["id"] == world.own
    guest = {"guest": {"name": "Grace", "email": "grace@example.org"}}
    merge = {"content-type": "application/merge-patch+json"}
    moved = await world.http.patch(path, json=guest, headers=old | merge)
    new = {"authorization": f"Bearer {moved.json()['secret']}"}
    assert (await world.http.get(path, headers=old)).status_code == 404
    assert (await world.http.post(f"{path}/cancel", headers=old)).status_code == 404
    assert (await world.http.post(f"{path}/cancel", headers=new)).status_code == 200


async def test_a_transfer_whose_answer_was_lost_is_answered_again_to_who_shows_the_old_secret_and_the_key(
    world: World,
) -> None:
    path, old = f"/bookings/{world.own}", world.headers("own secret")
    guest = {"guest": {"name": "Grace", "email": "grace@example.org"}}
    keyed = {"content-type": "application/merge-patch+json", "idempotency-key": "k"}
    first = await world.http.patch(path, json=guest, headers=old | keyed)
    assert first.status_code == 200
    again = await world.http.patch(path, json=guest, headers=old | keyed)
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotent-replay"] == "true"
    nothing = await world.http.patch(path, json=guest, headers=world.headers("another's secret") | keyed)
    assert nothing.status_code == 404
    without = {"content-type": keyed["content-type"]}
    for headers in (without, without | {"idempotency-key": "other"}):
        refused = await world.http.patch(path, json=guest, headers=old | headers)
        assert (refused.status_code, refused.json()["detail"]) == (404, nothing.json()["detail"])
    assert (await world.http.get(path, headers=old | {"idempotency-key": "k"})).status_code == 404
    # What the new guest does under that key is told to nobody else.
    new = {"authorization": f"Bearer {first.json()['secret']}"}
    third = {"guest": {"name": "Eve", "email": "eve@example.org"}}
    moved = await world.http.patch(path, json=third, headers=new | keyed)
    assert moved.status_code == 200
    assert (await world.http.patch(path, json=third, headers=old | keyed)).status_code == 422
    assert (await world.http.patch(path, json=guest, headers=old | keyed)).content == first.content


async def test_the_same_key_of_two_principals_is_two_keys(world: World) -> None:
    key, body = {"idempotency-key": "k"}, {"name": "best", "startdate": 1_924_977_600_000, "location": {"name": "x"}}
    made = [
        await world.http.post("/events", json=body, headers=key | world.headers(shown))
        for shown in ("events:write", "admin", "admin")
    ]
    assert [answer.status_code for answer in made] == [201] * 3
    ids = [answer.json()["id"] for answer in made]
    assert ids[0] != ids[1] == ids[2]


async def test_no_credential_is_told_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for shown in SHOWS:
        for name in ("find_booking", "create_event"):
            answer = await world.ask(OPERATIONS[name], shown)
            credential = world.credentials[shown]
            assert credential is None or credential not in answer.text
    assert not [each for each in world.credentials.values() if each is not None and each in caplog.text]


async def test_an_open_service_asks_nobody(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    made = (await http.post("/bookings", json=a_booking(event_id))).json()
    assert (await http.get(f"/bookings/{made['id']}", headers={"authorization": "Basic x"})).status_code == 200
    assert (await http.get("/metrics")).status_code == 200
