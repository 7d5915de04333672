"""Passwords in URLs, in whatever text they stand."""

import pytest

from okevents.observability.masking import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ada:hidden@host/db", "postgresql://ada:****@host/db"),
        ("postgresql://ada:hid/den@host/db", "postgresql://ada:****@host/db"),
        ("postgresql://ada:hid?d#en@host/db", "postgresql://ada:****@host/db"),
        ("mongodb://ada:hid@den@one:1,two:2/db", "mongodb://ada:****@one:1,two:2/db"),
        ("amqp://:hidden@host/", "amqp://:****@host/"),
        (
            "https://id.example=https://ada:hidden@id.example/keys",
            "https://id.example=https://ada:****@id.example/keys",
        ),
        ("mongodb://host/?tlsCertificateKeyFilePassword=hidden&tls=true", None),
        ("postgresql://host/db?sslmode=require&sslpassword=hidden", None),
        ('{"message": "amqp://ada:hidden@host/ is away"}', '{"message": "amqp://ada:****@host/ is away"}'),
        (
            "at amqp://ada:hidden@host/ and amqp://bob:hidden@host/",
            "at amqp://ada:****@host/ and amqp://bob:****@host/",
        ),
    ],
)
def test_a_password_is_masked(text: str, shown: str | None) -> None:
    assert "hidden" not in masked(text)
    assert "****" in masked(text)
    assert shown is None or masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "no URL: ada@example.org",
        "http://127.0.0.1:8181/events for ada@example.org",
        "postgresql://ada@host:5432/db",
        "https://id.example=https://id.example/jwks.json",
    ],
)
def test_what_has_no_password_stays(text: str) -> None:
    assert masked(text) == text
