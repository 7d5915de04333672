"""Which addresses a client takes."""

import pytest

from okevents.client import Client


@pytest.mark.parametrize(
    "url",
    ["", "ftp://host", "host:8181", "http://", "http://host:many", "http://host:0", "http://[::1", "http://host/?a=b"],
)
def test_an_address_that_a_service_cant_have_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"is expected|or that of"):
        Client(url)


def test_a_password_in_an_address_is_refused_and_not_told() -> None:
    with pytest.raises(ValueError, match="token") as raised:
        Client("https://me:hidden@host")
    assert "hidden" not in str(raised.value)


async def test_one_address_is_that_of_both_services() -> None:
    async with Client("http://127.0.0.1:1/under/here/") as client:
        assert all(each is not None for each in (client.events, client.bookings, client.availability, client.door))
    with pytest.raises(ValueError, match="one address"):
        Client()
    with pytest.raises(ValueError, match="one address"):
        Client("http://a", events_url="http://b")


async def test_a_service_without_an_address_isnt_asked() -> None:
    async with Client(events_url="http://127.0.0.1:1") as client:
        assert client.events is not None
        with pytest.raises(ValueError, match="bookings_url"):
            _ = client.bookings
    async with Client(bookings_url="http://127.0.0.1:1") as client:
        assert client.bookings is not None
        with pytest.raises(ValueError, match="events_url"):
            _ = client.events
