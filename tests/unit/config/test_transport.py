"""What a URL says of TLS."""

import re
from pathlib import Path

import pytest

from okevents.config import urls
from okevents.config.transport import exposure


@pytest.fixture(autouse=True)
def _no_mode_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:p@db.example/x", "add sslmode=verify-full"),
        ("postgresql://u:p@db.example/x?sslmode=prefer", "may be in plain text"),
        ("postgresql://u:p@127.0.0.1,db.example:5433/x", "at db.example may be"),
        ("postgresql://u:p@db.example/x?sslmode=require", "doesn't check who answers"),
        ("mongodb://db.example/x", "is in plain text: add tls=true"),
        ("mongodb://db.example/x?tls=true&tlsAllowInvalidHostnames=true", "leave tlsallowinvalidhostnames out"),
        ("amqp://guest:guest@rabbit.example/", "use amqps:"),
        ("amqps://guest:guest@rabbit.example/?no_verify_ssl=1", "leave no_verify_ssl out"),
    ],
)
def test_a_way_that_others_could_listen_on_is_told(url: str, said: str) -> None:
    told = exposure(url)
    assert told is not None
    assert said in told
    assert ".example" in told
    assert ":p@" not in told


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///file",
        "local:",
        "postgresql://postgres@127.0.0.1:5433/x",
        "postgresql:///x?host=/run/postgresql",
        "postgresql://db.example/x?sslmode=verify-full",
        "postgresql://db.example/x?sslmode=verify-ca",
        "postgresql://db.example/x?sslmode=disable",
        "mongodb://localhost/x",
        "mongodb://[::1]:27017/x",
        "mongodb://db.example/x?tls=true",
        "mongodb://db.example/x?tlsCAFile=/ca.pem",
        "mongodb://db.example/x?tls=false",
        "amqp://guest:guest@localhost/",
        "amqps://guest:guest@rabbit.example/",
    ],
)
def test_nothing_is_told_of_what_is_checked_or_meant_or_stays_on_this_machine(url: str) -> None:
    assert exposure(url) is None


def test_the_mode_of_the_environment_counts_as_the_driver_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert exposure("postgresql://db.example/x") is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://h/x?sslmode=verfy-full", "one of disable, allow"),
        ("postgresql://h/x?sslrootcert=FILE", "add sslmode=verify-full"),
        ("postgresql://h/x?sslmode=prefer&sslcert=FILE", "add sslmode=verify-full"),
        ("postgresql://h/x?sslmode=verify-full&sslrootcert=/none", "the file /none of sslrootcert can't be read"),
        ("mongodb://h/x?tls=false&tlsCAFile=FILE", "set tls=true"),
        ("mongodb://h/x?tls=true&tlsCAFile=/none", "the file /none of tlscafile can't be read"),
        ("amqp://h/?cafile=FILE", "begin the URL with amqps:"),
        ("amqps://h/?certfile=/none", "the file /none of certfile can't be read"),
    ],
)
def test_what_a_driver_would_pass_over_is_refused(url: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    file.touch()
    check = urls.broker if url.startswith("amqp") else urls.database
    with pytest.raises(ValueError, match=re.escape(said)):
        check(url.replace("FILE", str(file)))
