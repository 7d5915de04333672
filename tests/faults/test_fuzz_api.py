"""The API fuzzed over its own OpenAPI documents: thousands of requests that fit them, and that don't.

Schemathesis asks the real program by HTTP, with everything that its checks look at: no answer is a 5xx, each is as
the document says, what doesn't fit is refused and what fits isn't, and what was made is there afterwards, through
sequences of requests too. One seed is one run: OKEVENTS_TEST_FAULTS_SEED.
"""

import asyncio
import os
import re
import sys
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from okevents.access.policy import RULES
from okevents.http.dead_letter_operations import DEAD_LETTERS
from tests.e2e.guests import availability, book, publish
from tests.e2e.program import Program, command, running
from tests.faults import report
from tests.faults.conftest import Note, on
from tests.faults.fleet import Site

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

SEED = os.environ.get("OKEVENTS_TEST_FAULTS_SEED", "1")

EXAMPLES = {"events": 340, "bookings": 300, "up": 60} if report.IS_FULL else {"events": 5, "bookings": 5, "up": 5}
"""For each operation, at most: an operation has only so many cases of its own."""
CASES = report.length(300, 5_000)
"""At the least, for each document."""

OWNERS = sorted(name for name, rule in RULES.items() if rule.owner)
"""Whoever shows something there that is no token shows the secret of another booking, perhaps: 404 says nothing of
which there are, where Schemathesis' `ignored_auth` wants 401. `tests/api/test_access.py` goes through these."""

RECEIVER = "https://127.0.0.1:1/hooks"
"""Where webhooks lead: nobody is there."""

REJECTED = ["400", "401", "403", "404", "405", "409", "412", "415", "422", "429"]
"""What is answered to a request that doesn't fit the document."""

NOWHERE = ("--broker", "amqp://127.0.0.1:1/")
"""A service of its own is asked without a broker: it has learned before what it knows."""
ROOT = Path(__file__).parents[2]

SITES = on("sqlite, local", "postgresql, local", short=("sqlite, local",))


class Databases:
    """Of both services, with an event and a booking in each."""

    def __init__(self, events: str, bookings: str, folder: Path) -> None:
        self.of = {"events": events, "bookings": bookings}
        self.both = ("--events-database", events, "--bookings-database", bookings)
        self.folder = folder
        self.event_id = ""
        self.booking_id = ""

    async def fill(self) -> None:
        code, said = await command("migrate", *self.both, folder=self.folder)
        assert code == 0, said
        async with running("up", *self.both, folder=self.folder) as both:
            self.event_id = await publish(both.http, "Organ night", 100_000)
            await availability(both.http, self.event_id)
            made = await book(both.http, self.event_id, "ada", 5)
            self.booking_id = made.json()["id"]
            assert await both.stop() == 0

    @asynccontextmanager
    async def served(self, shape: str, *arguments: str) -> AsyncIterator[Program]:
        where: tuple[str, ...] = self.both if shape == "up" else ("--database", self.of[shape], *NOWHERE)
        where = where if shape == "bookings" else (*where, "--webhook-networks", "127.0.0.1")
        async with running(shape, *where, *arguments, folder=self.folder) as program:
            yield program

    def configuration(self) -> Path:
        """What Schemathesis may take instead of something drawn, as ids are never guessed."""
        file = self.folder / "schemathesis.toml"
        known = {
            "events": (self.event_id, ("path.event_id", "body.event_id", "query.event")),
            "bookings": (self.booking_id, ("path.id", "body.booking_id")),
            "halls": ("lobby", ("body.hall",)),
        }
        lines = ["max-stream-events = 1", "[dictionaries]"]
        lines += [f'{name} = {{ values = ["{value}"] }}' for name, (value, _) in known.items()]
        # Nothing is posted to any other machine.
        lines.append(f'receivers = {{ values = ["{RECEIVER}"] }}')
        lines += ["[parameters]", '"body.url" = { dictionary = "receivers", probability = 1.0 }']
        for name, (_, places) in known.items():
            lines += [f'"{place}" = {{ dictionary = "{name}", probability = 0.6 }}' for place in places]
        # All checks but this one, which `fuzz_hooks` has more strictly.
        lines += ["[checks]", "positive_data_acceptance.enabled = false"]
        # A version is compared before a patch is judged, by what it would lead to.
        lines.append(f"negative_data_rejection.expected-statuses = {REJECTED}")
        lines += ["[[operations]]", f"include-operation-id = {OWNERS}", "checks.ignored_auth.enabled = false"]
        # Whatever its entries are it succeeds; `fuzz_hooks` looks at what became of them.
        lines += ["[[operations]]", "include-operation-id = 'import_events'"]
        lines.append("checks.negative_data_rejection.enabled = false")
        # Without a broker they are answered 503, which `fuzz_hooks` looks at; of other faults the log tells.
        lines += ["[[operations]]", f"include-operation-id = {[each.name for each in DEAD_LETTERS]}"]
        lines.append("checks.not_a_server_error.enabled = false")
        lines += ["[[operations]]", "include-operation-id = 'create_webhook'", "phases.examples.enabled = false"]
        file.write_text("\n".join(lines))
        return file


@pytest.fixture
async def databases(site: Site) -> Databases:
    filled = Databases(site.events, site.bookings, site.folder)
    await filled.fill()
    return filled


async def fuzz(databases: Databases, program: Program, *arguments: str, hooks: str = "tests.faults.fuzz_hooks") -> str:
    """Everything that Schemathesis said. Raises AssertionError with it if it found anything."""
    address = str(program.http.base_url).rstrip("/")
    environment: Mapping[str, str] = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": hooks,
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "120",
    }
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("st"), f"--config-file={databases.configuration()}", "run"),
        *(f"{address}/schema/openapi.json", f"--seed={SEED}", "--continue-on-failure", "--no-color"),
        *("--suppress-health-check=all", "--request-timeout=20", "--warnings=off", *arguments),
        stdout=PIPE,
        stderr=STDOUT,
        cwd=databases.folder,
        env=environment,
    )
    told, _ = await process.communicate()
    said = told.decode()
    assert process.returncode == 0, said
    assert not [line for line in program.lines if "Traceback" in line], "\n".join(program.lines)
    return said


def cases(said: str) -> int:
    """How many requests were made up."""
    found = re.search(r"([\d,]+) generated", said)
    assert found, said
    return int(found[1].replace(",", ""))


@SITES
@pytest.mark.parametrize("shape", ["events", "bookings", "up"])
async def test_every_answer_is_as_the_document_says(databases: Databases, shape: str, note: Note) -> None:
    """the API fuzzed over its own document."""
    began = time.monotonic()
    async with databases.served(shape) as program:
        said = await fuzz(databases, program, f"--max-examples={EXAMPLES[shape]}")
        assert cases(said) >= CASES
        assert await program.stop() == 0
    note(figure(shape, said, began))


def figure(shape: str, said: str, began: float) -> str:
    return f"`{shape}`, seed {SEED}: {cases(said):,} cases in {time.monotonic() - began:.0f} s"


@SITES
@pytest.mark.parametrize("shape", ["events", "bookings"])
async def test_under_access_control_nothing_is_open_that_the_document_closes(
    databases: Databases, shape: str, note: Note
) -> None:
    """the API fuzzed under access control."""
    began = time.monotonic()
    create = ("tokens", "create", "fuzz", "--scope", "admin", *databases.both)
    code, told = await command(*create, folder=databases.folder)
    assert code == 0, told
    token = next(line for line in told.split() if line.startswith("oke_"))
    async with databases.served(shape, "--access", "required") as program:
        said = await fuzz(databases, program, "--max-examples=5", "--header", f"Authorization: Bearer {token}")
        assert await program.stop() == 0
    note(figure(shape, said, began))
