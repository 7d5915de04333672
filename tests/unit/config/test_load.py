"""Where settings come from, and what is told when they are wrong."""

from pathlib import Path

import pytest

from okevents.config.load import Loaded, load
from okevents.config.shape import Shape
from okevents.errors import ConfigurationError


def faults(shape: Shape = Shape.UP, **given: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(shape, given, {}, folder=Path("/nowhere"))
    return "\n".join(caught.value.faults)


def test_command_line_over_environment_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "okevents.toml").write_text('port = 1\nprefetch = 2\nlog-level = "debug"\n')
    environment = {"OKEVENTS_PORT": "3", "OKEVENTS_PREFETCH": "4"}
    loaded: Loaded = load(Shape.UP, {"port": "5"}, environment, folder=tmp_path)
    settings = loaded.settings
    assert (settings.port, settings.prefetch, settings.log_level, settings.max_attempts) == (5, 4, "debug", 5)
    assert loaded.sources["port"] == "--port"
    assert loaded.sources["prefetch"] == "OKEVENTS_PREFETCH"
    assert "okevents.toml" in loaded.sources["log_level"]
    assert loaded.sources["max_attempts"] == "default"


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "okevents.toml").write_text("prot = 1\n")
    environment = {"OKEVENTS_PREFECH": "4", "OKEVENTS_MAX_BODY": "tiny"}
    with pytest.raises(ConfigurationError) as caught:
        load(Shape.UP, {"port": "99999", "host": "0.0.0.0"}, environment, folder=tmp_path)  # noqa: S104
    said = "\n".join(caught.value.faults)
    for part in ("did you mean port", "did you mean OKEVENTS_PREFETCH", "OKEVENTS_MAX_BODY", "--port", "--insecure"):
        assert part in said
    assert len(caught.value.faults) == 5


def test_an_unknown_scheme_names_the_known_ones() -> None:
    said = faults(database="oracle://x/y")
    assert "sqlite:///" in said
    assert "postgresql://" in said
    assert "mongodb://" in said


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("okevents.config.urls.find_spec", lambda _: None)
    assert "pip install 'okevents[postgresql]'" in faults(database="postgresql://host/x")


def test_one_database_for_both_services_is_refused() -> None:
    url = "postgresql://host/x"
    assert "one of its own" in faults(events_database=url, bookings_database=url)


def test_whose_databases_there_are_is_said_by_their_names_and_by_files(tmp_path: Path) -> None:
    def stored(**environment: str) -> Shape:
        return load(Shape.UP, {"data": str(tmp_path)}, environment, folder=tmp_path).stored

    events = {"OKEVENTS_EVENTS_DATABASE": "postgresql://host/events"}
    bookings = {"OKEVENTS_BOOKINGS_DATABASE": "postgresql://host/bookings"}
    assert stored() is Shape.UP
    assert stored(OKEVENTS_DATABASE="postgresql://host/x") is Shape.UP
    assert stored(**events, **bookings) is Shape.UP
    assert stored(**events) is Shape.EVENTS
    assert stored(**bookings) is Shape.BOOKINGS
    (tmp_path / "bookings.sqlite3").touch()
    assert stored(**events) is Shape.UP
    assert stored(**bookings) is Shape.BOOKINGS
    assert stored() is Shape.UP


def test_a_write_must_not_wait_for_longer_than_its_request_may_take() -> None:
    assert "max-wait isn't shorter than request-timeout" in faults(max_wait="2s", request_timeout="2s")
    load(Shape.UP, {"max_wait": "1s", "request_timeout": "2s"}, {}, folder=Path("/nowhere"))


@pytest.mark.parametrize("broker", [None, "local:"])
def test_a_service_of_its_own_needs_a_broker_outside_of_it(broker: str | None) -> None:
    assert "amqp://" in faults(Shape.EVENTS, broker=broker)


def test_passwords_are_never_shown() -> None:
    assert "geheim" not in faults(events_database="postgresql://u:geheim@/")
    settings = load(Shape.UP, {"database": "postgresql://u:geheim@h/d"}, {}, folder=Path("/nowhere")).settings
    assert "geheim" not in repr(settings)
    assert settings.bookings_database.endswith("/d_bookings")


@pytest.mark.parametrize(
    "password", ["geheim/x", "/geheim", "geheim?x", "?geheim", "geheim#x", "#geheim", "[geheim", "[geheim]"]
)
@pytest.mark.parametrize("url", ["postgresql://u:{}@h/d", "mongodb://u:{}@h,i:1/d", "amqp://u:{}@h/"])
def test_a_password_that_is_not_percent_encoded_is_not_shown(url: str, password: str) -> None:
    given = url.format(password)
    said = faults(broker=given) if url.startswith("amqp") else faults(events_database=given)
    assert "percent-encoded" in said
    assert "geheim" not in said


@pytest.mark.parametrize(
    ("shape", "given", "expected"),
    [
        (Shape.EVENTS, {"database": "nonsense", "broker": "amqp://host/"}, ["--database"]),
        (Shape.EVENTS, {"database": "nonsense", "broker": "smoke:"}, ["--database", "--broker"]),
        (Shape.EVENTS, {"broker": "amqp://"}, ["--broker"]),
        (
            Shape.UP,
            {"events_database": "x", "bookings_database": "sqlite:///nowhere/events.sqlite3"},
            ["--events-data"],
        ),
        (Shape.UP, {"insecure": "maybe", "host": "192.0.2.1"}, ["--insecure"]),
        (Shape.UP, {"max_hold": "long", "hold": "2h"}, ["--max-hold"]),
        (Shape.UP, {"port": "x", "hold": "2h", "host": "192.0.2.1"}, ["--port", "host is", "hold is longer"]),
    ],
)
def test_faults_that_follow_from_another_fault_are_not_told(
    shape: Shape, given: dict[str, object], expected: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(shape, {"data": "/nowhere", **given}, {}, folder=Path("/nowhere"))
    told = caught.value.faults
    assert len(told) == len(expected), told
    for fault, part in zip(told, expected, strict=True):
        assert fault.startswith(part)


def test_what_a_broken_file_may_have_said_is_not_missed(tmp_path: Path) -> None:
    (tmp_path / "okevents.toml").write_text("broker = amqp://host/\n")
    with pytest.raises(ConfigurationError) as caught:
        load(Shape.EVENTS, {}, {}, folder=tmp_path)
    (fault,) = caught.value.faults
    assert "isn't TOML" in fault


def test_origins_are_taken_as_a_browser_writes_them() -> None:
    said = "https://www.example.org, http://localhost:3000,http://[::1]:8080"
    loaded = load(Shape.UP, {"cors_origins": said}, {}, folder=Path("/nowhere"))
    assert loaded.settings.cors_origins == ("https://www.example.org", "http://localhost:3000", "http://[::1]:8080")


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "example.org",
        "https://example.org/",
        "https://Example.org",
        "https://*.example.org",
        "https://example.org:443",
        "http://example.org:80",
        "http://example.org:65536",
        "ftp://example.org",
        "https://a@example.org",
        "https://",
    ],
)
def test_what_no_browser_would_write_is_refused(origin: str) -> None:
    assert "origins are expected" in faults(cors_origins=origin)


@pytest.mark.parametrize("shape", [Shape.EVENTS, Shape.BOOKINGS])
def test_the_address_of_the_other_service_is_an_origin(shape: Shape) -> None:
    name = "bookings_address" if shape is Shape.EVENTS else "events_address"
    bad = ("https://b.example.org/book", "https://a.example.org,https://b.example.org")
    given = {"broker": "amqp://host/", "database": "postgresql://host/x"}
    loaded = load(shape, {**given, name: " https://b.example.org "}, {}, folder=Path("/nowhere"))
    assert getattr(loaded.settings, name) == "https://b.example.org"
    for address in bad:
        with pytest.raises(ConfigurationError, match="an origin is expected"):
            load(shape, {**given, name: address}, {}, folder=Path("/nowhere"))


def test_the_name_of_the_house_is_one_line() -> None:
    assert load(Shape.UP, {"site_name": " Cine Doré "}, {}, folder=Path("/nowhere")).settings.site_name == "Cine Doré"
    for name in ("", " ", "two\nlines", "x" * 61):
        assert "site-name" in faults(site_name=name)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "localhost", "LOCALHOST", "::1"])
def test_a_loopback_address_needs_no_access_control(host: str) -> None:
    assert load(Shape.UP, {"host": host}, {}, folder=Path("/nowhere")).settings.host == host


@pytest.mark.parametrize("host", ["localhost.evil.example", "127.evil.example", "::1234", "0.0.0.0", "::", "10.0.0.1"])  # noqa: S104
def test_an_address_that_only_looks_like_loopback_does(host: str) -> None:
    assert "--insecure" in faults(host=host)
