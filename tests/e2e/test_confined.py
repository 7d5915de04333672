"""The program as containers confine it: nothing can be written but the data folder, and it may do nothing special."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests import servers
from tests.e2e.guests import availability, book, publish
from tests.e2e.program import COMMAND, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

CONFINED = """#!/bin/sh
# Everything that is mounted becomes read-only but for the data folder; then all capabilities are given up.
set -e
if [ "$1" != inside ]; then exec unshare --mount --propagation private "$0" inside "$@"; fi
shift
mount --bind {data} {data}
awk '{{print $5}}' /proc/self/mountinfo | while read -r place; do
  case "$place" in {data}|/proc*|/dev*|/sys*) ;; *) mount -o remount,bind,ro "$place" || : ;; esac
done
if touch {folder}/anything || touch /tmp/anything; then echo "it could be written to"; exit 99; fi
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all {program} "$@"
"""


@pytest.fixture
def confined(tmp_path: Path) -> Path:
    """A command that is the program's own, confined. The data folder is `data`."""
    if os.geteuid() != 0:
        servers.unusable("a root file system is made read-only by root alone")
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        servers.unusable(f"mounts of its own can't be had: {tried.stderr.strip()}")
    (tmp_path / "data").mkdir()
    program = tmp_path / "okevents"
    places = {"data": tmp_path / "data", "folder": tmp_path, "program": COMMAND}
    program.write_text(CONFINED.format(**{name: shlex.quote(str(path)) for name, path in places.items()}))
    program.chmod(0o755)
    return program


def capabilities(pid: int) -> set[str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split()[1] for line in lines if line.startswith(("CapPrm", "CapEff", "CapBnd"))}


async def test_it_needs_no_more_than_a_folder_for_its_data(confined: Path, tmp_path: Path) -> None:
    async with running("up", folder=tmp_path, program=confined) as program:
        assert capabilities(program.pid) == {"0" * 16}
        event_id = await publish(program.http, "Organ night", 4)
        await availability(program.http, event_id)
        assert (await book(program.http, event_id, "ada", 3)).status_code == 201
        assert (await program.http.get(f"/whats-on/{event_id}")).status_code == 200
        assert (await program.http.get("/health/ready")).status_code == 200
        assert await program.stop() == 0
    assert {"events.sqlite3", "bookings.sqlite3"} <= {each.name for each in (tmp_path / "data").glob("*")}


def test_commands_run_in_a_folder_that_may_not_be_looked_into(tmp_path: Path) -> None:
    """As where root, at home, has the service's user do something."""
    closed = tmp_path / "closed"
    closed.mkdir()
    # Root may look into everything, as long as it has its capabilities.
    without = "setpriv --bounding-set=-all --inh-caps=-all" if os.geteuid() == 0 else ""
    said = f"chmod 0 . && exec {without} {shlex.quote(str(COMMAND))} tokens list --data {shlex.quote(str(tmp_path))}"
    try:
        done = subprocess.run(["sh", "-c", said], cwd=closed, capture_output=True, text=True, check=False)
    finally:
        closed.chmod(0o700)
    assert (done.returncode, done.stderr) == (0, "")
    assert "There are no tokens" in done.stdout
