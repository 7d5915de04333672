"""Processes, ports and folders of private servers."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

DRAWN_FROM = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST_PORT = 10_000


class ServerMissing(Exception):
    """The server can't be run on this machine; the message says what to install."""


def free_port() -> int:
    """A loopback port that nobody listens on now, and that the system gives to no connection by itself.

    Who is ended and started again finds its port free for that reason; and a client that asks meanwhile can't be
    connected to itself, as happens where a connection's own port is drawn from the same range.
    """
    first = int(DRAWN_FROM.read_text().split()[0]) if DRAWN_FROM.exists() else 32_768
    while True:
        port = random.randrange(LOWEST_PORT, first)  # noqa: S311 - it only needs to be another one each time
        with contextlib.suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port


def private_folder(name: str, user: str | None) -> Path:
    """A new temporary folder; that user's where this process is root. Raises ServerMissing."""
    if not sys.platform.startswith("linux"):
        raise ServerMissing(f"{name} is started by the tests on Linux alone; `docker compose up` has one")
    folder = Path(tempfile.mkdtemp(prefix=f"okevents-{name.lower()}-"))
    if account := acting(user):
        shutil.chown(folder, account, account)
    return folder


def acting(user: str | None) -> str | None:
    """The user to act as: servers refuse to run as root, and nobody else can become another user."""
    return user if os.geteuid() == 0 else None


def run(command: Sequence[str], *, user: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """The output of a command that must succeed."""
    account = acting(user)
    done = subprocess.run(
        command,
        user=account,
        group=account,
        extra_groups=[] if account else None,
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
    return done.stdout


def spawn(
    command: Sequence[str], log: Path, *, user: str | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts a process that signals to this one's terminal don't reach."""
    account = acting(user)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            user=account,
            group=account,
            extra_groups=[] if account else None,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 60) -> None:
    """Waits for the condition; raises TimeoutError that names it."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took more than {timeout} s")
        time.sleep(0.02)


def is_listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def started_at(pid: int) -> str | None:
    """When the process was started, which tells it from another of its number; None if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def is_running(pid: int) -> bool:
    return started_at(pid) is not None


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    children: list[int] = []
    with contextlib.suppress(OSError):  # it may end while it is looked at
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            children += [int(child) for child in task.read_text().split()]
    return [pid, *(each for child in children for each in family(child))]


def send(pid: int, number: signal.Signals) -> None:
    """Sends a signal to the process and all that it started."""
    for each in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, number)


def kill(pid: int) -> None:
    """kill -9 of the process and all that it started, and waits for their end."""
    # What is frozen can't start anything more while the list is gone through.
    send(pid, signal.SIGSTOP)
    processes = family(pid)
    send(pid, signal.SIGKILL)
    wait_until(lambda: not any(is_running(each) for each in processes), f"the end of process {pid}")


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
