"""Running services by name."""

from pathlib import Path

import pytest

from okevents.config.load import load
from okevents.config.profiles import Profile, profile
from okevents.config.shape import Shape
from okevents.errors import ConfigurationError

FILE = """
port = 9000

[profiles.default]
url = "http://127.0.0.1:9000"

[profiles.live]
events-url = "https://events.example.org"
bookings-url = "https://bookings.example.org"
token-file = "live.token"
"""


def fault(text: str, name: str | None, folder: Path) -> str:
    (folder / "okevents.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        profile(name, {}, folder=folder)
    return "\n".join(caught.value.faults)


def test_they_stand_beside_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "okevents.toml").write_text(FILE)
    assert load(Shape.UP, {}, {}, folder=tmp_path).settings.port == 9000
    assert profile(None, {}, folder=tmp_path) == Profile(url="http://127.0.0.1:9000")
    live = profile("live", {"OKEVENTS_CONFIG": str(tmp_path / "okevents.toml")}, folder=Path("/nowhere"))
    assert live is not None
    assert (live.events_url, live.bookings_url) == ("https://events.example.org", "https://bookings.example.org")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "live.token").write_text("hidden\n")
    assert live.read_token() == "hidden"


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert profile(None, {}, folder=tmp_path) is None


def test_what_clients_take_of_the_environment_is_no_setting() -> None:
    names = ("URL", "TOKEN", "PROFILE", "SECRET", "EVENTS_URL", "BOOKINGS_URL")
    load(Shape.UP, {}, {f"OKEVENTS_{name}": "x" for name in names}, folder=Path("/nowhere"))


def test_what_is_wrong_with_one_is_told_without_its_token(tmp_path: Path) -> None:
    assert fault(FILE, "test", tmp_path) == "there is no profile test; there are default, live"
    assert "none in the TOML file" in fault("port = 1", "test", tmp_path)
    assert "unknown field `uri`" in fault('[profiles.x]\nuri = "http://a"', "x", tmp_path)
    assert "url is expected" in fault("[profiles.x]", "x", tmp_path)
    assert "url is expected" in fault('[profiles.x]\nurl = "http://a"\nevents-url = "http://b"', "x", tmp_path)
    assert "isn't a table" in fault('profiles = "x"', "x", tmp_path)
    assert "isn't TOML" in fault("[", None, tmp_path)
    two = fault('[profiles.x]\nurl = "http://a"\ntoken = "hidden"\ntoken-file = "t"', "x", tmp_path)
    assert "one is expected" in two
    assert "hidden" not in two
    assert "hidden" not in fault('[profiles.x]\nurl = "http://a"\ntoken = ["hidden"]', "x", tmp_path)
    missing = Profile(url="http://a", token_file=str(tmp_path / "missing"))
    with pytest.raises(ConfigurationError, match="can't be read: no such file"):
        missing.read_token()
