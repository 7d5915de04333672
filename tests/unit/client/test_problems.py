"""From answers to errors."""

from datetime import UTC, datetime

import msgspec
import pytest

from okevents.client import errors
from okevents.client.problems import problem_of
from okevents.errors import BadInput as Refused
from okevents.errors import FieldFault, OkeventsError
from okevents.http.problems import STATUS, every_problem
from okevents.http.problems import problem_of as told_of

JSON = {"content-type": "application/problem+json"}
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
BY_STATUS = {
    400: errors.BadInput,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    412: errors.PreconditionFailed,
    429: errors.TooManyRequests,
    500: errors.Failed,
    503: errors.Failed,
}


@pytest.mark.parametrize("slug", every_problem())
def test_every_problem_that_the_service_tells_has_its_kind(slug: str) -> None:
    status = STATUS[every_problem()[slug].kind]
    body = msgspec.json.encode({"type": f"/problems/{slug}", "status": status, "detail": "because"})
    problem = problem_of(status, JSON, body)
    assert (problem.status, problem.type, str(problem)) == (status, slug, "because")
    assert isinstance(problem, BY_STATUS.get(status, errors.Problem))
    if status == 409 and slug != "conflict":
        assert type(problem).slug == slug, f"{slug} has no class of its own"


def test_members_have_their_types_and_none_where_they_arent_told() -> None:
    def conflict(slug: str, **members: object) -> errors.Problem:
        return problem_of(409, JSON, msgspec.json.encode({"type": f"/problems/{slug}", "status": 409, **members}))

    sold_out = conflict("sold-out", free=2, hall="lobby", waiting=0)
    assert isinstance(sold_out, errors.SoldOut)
    assert (sold_out.free, sold_out.hall) == (2, "lobby")
    assert sold_out.members == {"free": 2, "hall": "lobby", "waiting": 0}
    admitted = conflict("already-admitted", at="2030-01-01T12:00:00Z", where=None, ticket="?")
    assert isinstance(admitted, errors.AlreadyAdmitted)
    assert (admitted.at, admitted.where, admitted.ticket) == (NOW, None, None)


def test_the_services_own_words_come_through() -> None:
    refused: OkeventsError = Refused([FieldFault("/name", "is missing"), FieldFault("/startdate", "is missing")])
    problem = problem_of(400, JSON, msgspec.json.encode(told_of(refused, "/events")))
    assert isinstance(problem, errors.BadInput)
    assert problem.faults == (("/name", "is missing"), ("/startdate", "is missing"))
    assert "/name: is missing" in problem.detail


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"type": 1}', b"\xff"])
def test_what_a_proxy_wrote_is_known_by_its_status(body: bytes) -> None:
    for headers in (JSON, {"content-type": "text/html"}, {}):
        problem = problem_of(502, {**headers, "x-request-id": "abc"}, body)
        assert isinstance(problem, errors.Failed)
        assert (problem.type, problem.request_id) == ("about:blank", "abc")
        assert str(problem) == "the service answered 502"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("Tue, 01 Jan 2030 12:01:00 GMT", 60.0),
        ("Tue, 01 Jan 2030 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(given: str, seconds: float | None) -> None:
    assert problem_of(503, {"retry-after": given}, b"", NOW).retry_after == seconds
