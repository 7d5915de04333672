"""Private servers by hand: `python -m scripts.servers`, until Ctrl-C, or with one of these commands.

start         in the background, until `stop`; prints the variables by which the tests find them
stop          ends those that `start` left in the background, and deletes their data
status        tells whether they run, and where
run COMMAND   runs the command with those variables, and ends the servers with it
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.servers import process
from scripts.servers.ferretdb import FerretdbServer
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.rabbitmq import RabbitmqServer

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".cache" / "servers.json"
LOG = ROOT / ".cache" / "servers.log"

Variables = dict[str, str]

SERVERS: dict[str, type[PostgresqlServer | RabbitmqServer | FerretdbServer]] = {
    "OKEVENTS_TEST_POSTGRESQL_URL": PostgresqlServer,
    "OKEVENTS_TEST_RABBITMQ_URL": RabbitmqServer,
    "OKEVENTS_TEST_MONGODB_URL": FerretdbServer,
}


@contextlib.contextmanager
def running() -> Iterator[Variables]:
    """All servers that this machine has; yields the variables that tell where they are."""
    variables: Variables = {}
    with contextlib.ExitStack() as servers:
        for variable, make in SERVERS.items():
            try:
                server = servers.enter_context(make())
            except process.ServerMissing as missing:
                print(f"# {missing}", file=sys.stderr)
                continue
            variables[variable] = server.url
            if isinstance(server, RabbitmqServer):
                variables["OKEVENTS_TEST_RABBITMQ_MANAGEMENT_URL"] = server.management_url
        yield variables


def tell(variables: Variables) -> None:
    for name, value in variables.items():
        print(f"export {name}={value}", flush=True)


def serve() -> None:
    """Until a signal."""
    with running() as variables:
        tell(variables)
        print("# They run until Ctrl-C.", file=sys.stderr)
        signal.pause()


def hold() -> None:
    """What `start` leaves in the background."""
    with running() as variables:
        pid = os.getpid()
        state = {"pid": pid, "started_at": process.started_at(pid), "variables": variables}
        unfinished = STATE.with_suffix(".new")
        unfinished.write_text(json.dumps(state))
        unfinished.rename(STATE)
        try:
            signal.pause()
        finally:
            STATE.unlink(missing_ok=True)


def background() -> tuple[int, Variables] | None:
    """The process that holds the servers in the background, if there is one, and where they are."""
    if not STATE.exists():
        return None
    state = json.loads(STATE.read_text())
    is_there = process.started_at(state["pid"]) == state["started_at"]
    return (state["pid"], state["variables"]) if is_there else None


def start() -> None:
    if background() is None:
        STATE.parent.mkdir(exist_ok=True)
        STATE.unlink(missing_ok=True)
        LOG.unlink(missing_ok=True)
        holding = process.spawn(
            [sys.executable, "-m", "scripts.servers", "hold"], LOG, environment=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        process.wait_until(lambda: STATE.exists() or holding.poll() is not None, "the servers' start", timeout=600)
    there = background()
    if there is None:
        sys.exit(f"The servers couldn't be started:\n{LOG.read_text()}")
    tell(there[1])


def stop() -> None:
    there = background()
    if there is None:
        sys.exit("No servers run in the background.")
    os.kill(there[0], signal.SIGTERM)
    process.wait_until(lambda: not process.is_running(there[0]), "the servers' end")


def status() -> None:
    there = background()
    if there is None:
        sys.exit("No servers run in the background.")
    tell(there[1])


def run(command: list[str]) -> None:
    with running() as variables:
        code = subprocess.run(command, env=os.environ | variables, check=False).returncode
    sys.exit(code)


def main(arguments: list[str]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        match arguments:
            case []:
                serve()
            case ["start"]:
                start()
            case ["stop"]:
                stop()
            case ["status"]:
                status()
            case ["hold"]:
                hold()
            case ["run", "--", *command] | ["run", *command] if command:
                run(command)
            case _:
                sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
