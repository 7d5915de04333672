"""A private RabbitMQ, with its own node name, ports and Erlang port mapper."""

import contextlib
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from scripts.servers.process import ServerMissing, free_port, is_listening, kill, run, spawn, wait_until
from scripts.servers.server import Certificate, PrivateServer
from scripts.servers.warden import warden

# A busy machine must raise no alarm by chance; who wants one raises it by rabbitmqctl. Figures that nobody reads cost
# time. By RabbitMQ's own default, the guest is let in from loopback alone.
CONFIGURATION = """
listeners.tcp.1 = 127.0.0.1:{port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management_port}
management_agent.disable_metrics_collector = true
vm_memory_high_watermark.relative = 0.8
disk_free_limit.absolute = 10MB
log.console = true
log.console.level = warning
log.file = false
"""

TLS = """
listeners.ssl.1 = 127.0.0.1:{port}
ssl_options.cacertfile = {certificate.authority}
ssl_options.certfile = {certificate.chain}
ssl_options.keyfile = {certificate.key}
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
"""


def _programs() -> Path:
    """The folder of the programs themselves: Debian's wrappers on the path know one server and one user."""
    for folder in (Path("/usr/lib/rabbitmq/bin"), Path(shutil.which("rabbitmq-server") or "/none").parent):
        if (folder / "rabbitmq-server").exists():
            return folder
    raise ServerMissing("RabbitMQ isn't installed; on Debian and Ubuntu: apt-get install rabbitmq-server")


class RabbitmqServer(PrivateServer):
    """`url` is that of its default virtual host, `management_url` of its HTTP API.

    With a certificate it speaks TLS besides, at `tls_url`.
    """

    name = "RabbitMQ"
    user = "rabbitmq"

    def __init__(self, certificate: Certificate | None = None) -> None:
        self._programs = _programs()
        super().__init__()
        self.port, management_port, epmd_port = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        self.management_url = f"http://guest:guest@127.0.0.1:{management_port}"
        self._health = f"http://127.0.0.1:{management_port}/api/"
        configuration, plugins = self.folder / "rabbitmq.conf", self.folder / "enabled_plugins"
        said = CONFIGURATION.format(port=self.port, management_port=management_port)
        if certificate is not None:
            tls_port = free_port()
            self.tls_url = f"amqps://guest:guest@127.0.0.1:{tls_port}/"
            said += TLS.format(port=tls_port, certificate=self._own(certificate))
        configuration.write_text(said)
        plugins.write_text("[rabbitmq_management].\n")
        self._epmd_port = epmd_port
        self._epmd: subprocess.Popen[bytes] | None = None
        self._variables = os.environ | {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"okevents{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONFIG_FILE": str(configuration),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
        }

    def rabbitmqctl(self, *arguments: str) -> str:
        """The output of RabbitMQ's own tool, which takes a third of a second."""
        command = [str(self._programs / "rabbitmqctl"), "-q", "-n", self._variables["RABBITMQ_NODENAME"], *arguments]
        return run(command, user=self.user, environment=self._variables)

    def settle(self) -> None:
        """Saves the names of the queues: 3.10 does it late, and after a kill a quorum queue that was declared less than
        a second before is in its list, but never answers."""
        self.rabbitmqctl("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def start(self) -> None:
        self._start_port_mapper()
        super().start()

    def close(self) -> None:
        if self._epmd is not None:
            kill(self._epmd.pid)
            self._epmd.wait()
            warden.forget("process", self._epmd.pid)
        super().close()

    def _command(self) -> list[str]:
        return [str(self._programs / "rabbitmq-server")]

    def _environment(self) -> Mapping[str, str]:
        return self._variables

    def _is_ready(self) -> bool:
        """The HTTP API and the broker's own port are opened last, in no promised order."""
        with contextlib.suppress(OSError), urllib.request.urlopen(self._health, timeout=5):  # noqa: S310 - own URL
            return is_listening(self.port)
        return False

    def _start_port_mapper(self) -> None:
        """Erlang would start one that outlives the node, and that nobody could tell from others."""
        if self._epmd is None:
            epmd = shutil.which("epmd") or "epmd"
            self._epmd = spawn([epmd], self.folder / "epmd.log", user=self.user, environment=self._variables)
            warden.note("process", self._epmd.pid)
            wait_until(lambda: is_listening(self._epmd_port), "the Erlang port mapper's start")
