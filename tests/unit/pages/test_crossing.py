"""Forms that another site makes a browser send."""

import pytest

from okevents.errors import CrossSite
from okevents.http.asgi import Scope
from okevents.pages.crossing import require_own_page


def sent(**headers: str) -> Scope:
    given = {"host": "tickets.example.org", **headers}
    return {"headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
        {"origin": "http://tickets.example.org"},
        {"origin": "https://tickets.example.org"},
    ],
)
def test_own_pages_and_programs_may(headers: dict[str, str]) -> None:
    require_own_page(sent(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "origin": "https://shop.example.org"},
        {"sec_fetch_site": "cross-site", "origin": "https://tickets.example.org"},
        {"origin": "https://evil.example.com"},
        {"origin": "https://tickets.example.org.evil.example.com"},
        {"origin": "http://tickets.example.org:8080"},
        {"origin": "null"},
        {"origin": ""},
    ],
)
def test_others_may_not(headers: dict[str, str]) -> None:
    with pytest.raises(CrossSite):
        require_own_page(sent(**headers))
