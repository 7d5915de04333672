"""A private RabbitMQ, with its own node name, ports and Erlang port mapper."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from scripts.servers.process import (
    ServerMissing,
    as_user,
    family,
    free_port,
    is_listening,
    is_running,
    private_folder,
    remove,
    run,
    send,
    wait_until,
)

# A busy test machine must raise no alarm by chance; tests that want one raise it by rabbitmqctl.
CONFIGURATION = """
listeners.tcp.1 = 127.0.0.1:{port}
vm_memory_high_watermark.relative = 0.8
disk_free_limit.absolute = 10MB
loopback_users = none
log.console.level = error
"""


class RabbitmqServer:
    """`url` is that of its default virtual host."""

    def __init__(self) -> None:
        self._server = shutil.which("rabbitmq-server") or "/usr/sbin/rabbitmq-server"
        if not Path(self._server).exists():
            raise ServerMissing("RabbitMQ isn't installed: apt-get install rabbitmq-server")
        self._folder = private_folder("rabbitmq", "rabbitmq")
        self.port = free_port()
        self._epmd_port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        (self._folder / "rabbitmq.conf").write_text(CONFIGURATION.format(port=self.port))
        (self._folder / "enabled_plugins").write_text("[].\n")
        self._environment = os.environ | {
            "HOME": str(self._folder),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"okevents{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_LOGS": str(self._folder / "log" / "rabbit.log"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("RabbitMQ isn't running")
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(
            as_user("rabbitmq", [self._server]),
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda: is_listening(self.port) or self._process_ended(), "RabbitMQ's start")
        self.rabbitmqctl("await_startup")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        send(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        send(self.pid, signal.SIGCONT)

    def rabbitmqctl(self, *arguments: str) -> str:
        command = ["rabbitmqctl", "-q", "-n", self._environment["RABBITMQ_NODENAME"], *arguments]
        return run(as_user("rabbitmq", command), self._environment)

    def close(self) -> None:
        if self._process is not None:
            self.resume()
            self.kill()
        run(
            ["epmd", "-port", str(self._epmd_port), "-kill"],
            self._environment | {"ERL_EPMD_RELAXED_COMMAND_CHECK": "true"},
        )
        remove(self._folder)

    def _process_ended(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"RabbitMQ ended at its start with {self._process.returncode}")
        return False

    def _end(self, number: signal.Signals) -> None:
        """Ends the node and what it started, but for the port mapper, which outlives it."""
        if self._process is None:
            return
        processes = [pid for pid in family(self.pid) if "epmd" not in Path(f"/proc/{pid}/comm").read_text()]
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        wait_until(lambda: not any(is_running(pid) for pid in processes[1:]), "RabbitMQ's end")
        self._process.wait(timeout=60)
        self._process = None
