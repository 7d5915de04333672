"""Each row of the table runs on the sites that it names, each with databases and a virtual host of its own."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.fleet import Site

MARKS = {
    "sqlite, local": [pytest.mark.sqlite],
    "postgresql, local": [pytest.mark.postgresql],
    "sqlite, rabbitmq": [pytest.mark.sqlite, pytest.mark.rabbitmq],
    "postgresql, rabbitmq": [pytest.mark.postgresql, pytest.mark.rabbitmq],
    "mongodb, rabbitmq": [pytest.mark.mongodb, pytest.mark.rabbitmq],
}
EVERYWHERE = tuple(MARKS)
WITH_RABBITMQ = tuple(name for name in MARKS if name.endswith("rabbitmq"))


def on(*sites: str, short: Sequence[str] | None = None) -> pytest.MarkDecorator:
    """Runs the test on each of those sites, by the fixture `site`; a short run on those in `short`, if it is given."""
    chosen = sites if report.IS_FULL or short is None else short
    parameters = [pytest.param(name, id=name.replace(", ", "-"), marks=MARKS[name]) for name in chosen]
    return pytest.mark.parametrize("site_name", parameters)


@pytest.fixture
def site(request: pytest.FixtureRequest, site_name: str, tmp_path: Path) -> Site:
    """New databases and a new virtual host."""
    database, _, carrier = site_name.partition(", ")
    if database == "sqlite":
        events, bookings = f"sqlite://{tmp_path}/events.sqlite3", f"sqlite://{tmp_path}/bookings.sqlite3"
    else:
        events = request.getfixturevalue(f"{database}_url")
        bookings = request.getfixturevalue(f"other_{database}_url")
    broker = request.getfixturevalue("rabbitmq_url") if carrier == "rabbitmq" else "local:"
    return Site(name=site_name, events=events, bookings=bookings, broker=broker, folder=tmp_path)


Note = Callable[[str], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Iterator[Note]:
    """Says what the row came to; the test's docstring names the row. A row that says nothing was not reached."""
    row = (request.function.__doc__ or request.function.__name__).partition("\n")[0].rstrip(".")
    where = request.node.callspec.params.get("site_name", "") if hasattr(request.node, "callspec") else ""
    count = len(report.figures)
    yield lambda said: report.note(row, where, said)
    if len(report.figures) == count:
        report.missed(row, where)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if report.figures:
        file = report.write()
        terminalreporter.section(f"faults, {'at full length' if report.IS_FULL else 'short'}; also in {file.name}")
        terminalreporter.write_line(report.table(report.figures))
