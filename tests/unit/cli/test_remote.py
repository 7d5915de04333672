"""Where commands look for the service, what they show it, and how they end."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from okevents.cli.exits import Ended
from okevents.cli.remote import Service, ask, asks, ended
from okevents.client import errors
from okevents.client.problems import problem_of

FILE = """
[profiles.default]
url = "http://default"
token = "of-default"

[profiles.live]
url = "http://live"
token = "of-live"

[profiles.open]
url = "http://open"
"""


@click.command()
@asks
def where(service: Service) -> None:
    click.echo(f"{service.place.url} {service.token}")
    assert "of-" not in repr(service)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "TOKEN", "PROFILE", "CONFIG"):
        monkeypatch.delenv(f"OKEVENTS_{name}", raising=False)
    return tmp_path


def said(*arguments: str, **environment: str) -> str:
    answer = CliRunner(env={f"OKEVENTS_{name}": value for name, value in environment.items()}).invoke(where, arguments)
    assert answer.exit_code == 0, answer.output
    return answer.output.strip()


def test_without_anything_it_is_this_machines(folder: Path) -> None:
    assert said() == "http://127.0.0.1:8181 None"
    assert said("--token", "t") == "http://127.0.0.1:8181 t"
    assert said("--url", "http://other", TOKEN="t") == "http://other t"


def test_the_nearer_one_holds(folder: Path) -> None:
    (folder / "okevents.toml").write_text(FILE)
    assert said() == "http://default of-default"
    assert said("--profile", "live") == said(PROFILE="live") == "http://live of-live"
    assert said("--profile", "live", URL="http://other") == "http://live of-live"
    assert said("--token", "t", PROFILE="live") == "http://live t"
    assert said(TOKEN="t", PROFILE="live") == "http://live of-live"
    assert said(TOKEN="t", PROFILE="open") == "http://open t"
    assert said(URL="http://other", PROFILE="live") == "http://other None"


def test_a_profiles_token_goes_to_no_other_address(folder: Path) -> None:
    (folder / "okevents.toml").write_text(FILE)
    assert said("--url", "http://other") == said(URL="http://other") == "http://other None"
    refused = CliRunner().invoke(where, ["--url", "http://other", "--profile", "live"])
    assert (refused.exit_code, "--url or --profile" in refused.output) == (2, True)


@pytest.mark.parametrize("given", ["hidden\n", "hïdden", " "])
def test_a_token_that_cant_be_sent_is_refused_and_not_told(given: str, folder: Path) -> None:
    refused = CliRunner().invoke(where, ["--token", given])
    assert (refused.exit_code, "dden" in refused.output) == (2, False)


def test_profiles_are_completed(folder: Path) -> None:
    (folder / "okevents.toml").write_text(FILE)
    completing = {"_WHERE_COMPLETE": "bash_complete", "COMP_WORDS": "where --profile l", "COMP_CWORD": "2"}
    answer = CliRunner(env=completing).invoke(where, prog_name="where")
    assert answer.output.strip() == "plain,live"


JSON = {"content-type": "application/problem+json"}


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (problem_of(400, JSON, b'{"errors": [{"pointer": "/name", "detail": "is \\u001b"}]}'), 2, ["/name: is \ufffd"]),
        (problem_of(400, JSON, b'{"detail": "no"}'), 2, ["no"]),
        (problem_of(404, JSON, b'{"type": "/problems/event-not-found", "detail": "no"}'), 4, ["no"]),
        (problem_of(401, {}, b""), 5, ["the service answered 401", "give one by OKEVENTS_TOKEN, a profile or --token"]),
        (problem_of(403, JSON, b'{"detail": "no"}'), 5, ["no"]),
        (problem_of(409, JSON, b'{"type": "/problems/sold-out", "detail": "no"}'), 5, ["no"]),
        (problem_of(412, JSON, b'{"detail": "no"}'), 5, ["no"]),
        (problem_of(422, JSON, b'{"type": "/problems/idempotency-key-reused", "detail": "no"}'), 5, ["no"]),
        (problem_of(409, JSON, b'{"type": "/problems/idempotency-key-in-flight", "detail": "no"}'), 3, ["no"]),
        (problem_of(429, JSON, b'{"detail": "no"}'), 3, ["no"]),
        (problem_of(503, JSON, b'{"detail": "no", "request_id": "abc"}'), 3, ["no (request abc)"]),
        (errors.Unreachable("away"), 3, ["away"]),
        (errors.OutOfTime("late"), 3, ["late"]),
        (errors.Interrupted("cut"), 1, ["cut"]),
        (errors.UnexpectedAnswer("odd"), 1, ["odd"]),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_each_error_has_its_exit_code(error: errors.ClientError, code: int, lines: list[str]) -> None:
    told = ended(error)
    assert (told.code, list(told.lines)) == (code, lines)


def test_a_service_that_has_no_address_is_told(folder: Path) -> None:
    (folder / "okevents.toml").write_text('[profiles.default]\nevents-url = "http://127.0.0.1:1"\n')

    @click.command()
    @asks
    def look(service: Service) -> None:
        async def work(client: object) -> object:
            return getattr(client, "bookings")  # noqa: B009

        ask(service, work)

    answer = CliRunner().invoke(look)
    assert isinstance(answer.exception, Ended)
    assert (answer.exception.code, str(answer.exception)) == (2, "the client was given no bookings_url")
