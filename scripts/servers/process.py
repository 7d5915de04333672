"""What all private servers have in common: an own folder, an own port, and an end."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


class ServerMissing(Exception):
    """The server's programs aren't on this machine; the message says what to install."""


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def private_folder(name: str, user: str | None = None) -> Path:
    """A new temporary folder, owned by that user."""
    folder = Path(tempfile.mkdtemp(prefix=f"okevents-{name}-"))
    if user and os.geteuid() == 0:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def as_user(user: str, command: list[str]) -> list[str]:
    """The command, run by that user where this process is root: servers refuse to run as root."""
    return ["runuser", "-u", user, "--", *command] if os.geteuid() == 0 else command


def run(command: list[str], environment: dict[str, str] | None = None, timeout: float = 60) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=timeout, check=False, cwd="/"
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stdout}{done.stderr}")
    return done.stdout


def wait_until(condition: Callable[[], bool], what: str, timeout: float = 60) -> None:
    """Waits for the condition; raises TimeoutError that names it."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took more than {timeout} s")
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            children += [int(child) for child in task.read_text().split()]
    return [pid, *(each for child in children for each in family(child))]


def send(pid: int, number: signal.Signals) -> None:
    """Sends a signal to the process and all that it started."""
    for each in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, number)


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
