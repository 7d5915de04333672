"""Forms as browsers send them."""

import pytest
from starlette.requests import Request

from okevents.errors import BadInput, UnsupportedMediaType
from okevents.http.asgi import Disconnected, Message
from okevents.pages.forms import Form, read_form

URLENCODED = "application/x-www-form-urlencoded"


def sent(body: bytes, content_type: str = URLENCODED, kind: str = "http.request") -> Request:
    async def receive() -> Message:
        return {"type": kind, "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def test_what_was_typed_is_there_as_it_was_typed() -> None:
    form = await read_form(sent(b"name=+Ada%20%C3%89+&places=2&empty=&name=Eve"))
    assert (form["name"], form["empty"], form["other"], form.text("name")) == ("Eve", "", "", "Eve")
    assert form.whole("places") == 2
    assert (await read_form(sent(b"name=%C3%89%FF"))).text("name") == "É\ufffd"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "two", "٢", "9" * 40, "1e3"])
def test_what_is_no_number(text: str) -> None:
    assert Form({"places": text}).whole("places") is None


async def test_what_is_no_form() -> None:
    with pytest.raises(UnsupportedMediaType):
        await read_form(sent(b"{}", "application/json"))
    with pytest.raises(BadInput, match="more than 500 fields"):
        await read_form(sent(b"&".join(b"a%d=1" % number for number in range(501))))
    with pytest.raises(Disconnected):
        await read_form(sent(b"", kind="http.disconnect"))
    assert (await read_form(sent(b"", "text/plain"))).fields == {}


def test_what_was_typed_is_in_no_text_about_it() -> None:
    assert "hidden" not in repr(Form({"secret": "hidden"}))
