"""Errors as pages: every kind has words, and none tells what is for operators."""

import pytest

from okevents.errors import ConfigurationError, Kind, NotFound, OkeventsError, StoreUnavailable
from okevents.http.asgi import Scope
from okevents.http.problems import STATUS, every_problem
from okevents.pages.addresses import Addresses
from okevents.pages.problems import PagePresentation
from okevents.pages.staff.views import StaffViews
from okevents.pages.views import Views

HERE = Addresses(events="", bookings="")


def scope(path: str = "/whats-on", method: str = "GET", language: str = "en") -> Scope:
    headers = [(b"accept-language", language.encode())]
    return {"type": "http", "path": path, "method": method, "query_string": b"a=1", "headers": headers}


def presentation(addresses: Addresses = HERE) -> PagePresentation:
    views = Views("Cine <Doré>", addresses)
    return PagePresentation(views, StaffViews(views, ("events", "bookings")))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_told_with_its_status(kind: Kind, language: str) -> None:
    error = OkeventsError("at /etc/okevents")
    error.kind = kind  # type: ignore[misc]
    told = presentation().error(error, scope(language=language))
    page = told.body.decode()
    assert told.status == STATUS[kind]
    assert told.headers["content-language"] == language
    assert "/etc/okevents" not in page
    assert page.count("<h1>") == 1
    assert "Cine &lt;Doré&gt;" in page


def test_every_problem_can_be_told() -> None:
    assert {"cross-site"} <= set(every_problem())


def test_when_to_try_again_is_said_to_people_and_programs() -> None:
    told = presentation().error(StoreUnavailable("the disk of db.internal is full"), scope())
    assert told.status == 503
    assert "db.internal" not in told.body.decode()
    wait = told.headers["retry-after"]
    assert f"Try again in {wait} seconds." in told.body.decode() or wait == "1"


def test_a_page_that_was_sent_a_form_offers_no_other_language() -> None:
    assert "hreflang" in presentation().error(NotFound("x"), scope()).body.decode()
    assert "hreflang" not in presentation().error(NotFound("x"), scope(method="POST")).body.decode()


def test_pages_may_ask_the_other_service_alone() -> None:
    def policy(addresses: Addresses) -> str:
        return dict(presentation(addresses).headers)[b"content-security-policy"].decode()

    assert "connect-src 'self';" in policy(HERE)
    assert "connect-src 'self' https://b.example.org;" in policy(Addresses(events="", bookings="https://b.example.org"))
    assert "unsafe" not in policy(HERE)


def test_where_nothing_is_known_of_the_other_service_nothing_leads_there() -> None:
    page = presentation(Addresses(bookings="")).error(ConfigurationError(["x"]), scope()).body.decode()
    assert "whats-on" not in page.replace('href="/whats-on?a=1', "")
