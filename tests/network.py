"""Keeps tests on this machine."""

import ipaddress
import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit


def guard() -> Callable[[str, tuple[object, ...]], None]:
    """An audit hook that refuses connections to anywhere but loopback and the servers that the environment names.

    It sees Python's own sockets; uvloop's, which are C's, pass it by.
    """
    allowed = {"localhost", *_given_hosts()}

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect" and isinstance(address := arguments[1], tuple):
            host = str(address[0])
            if host not in allowed and not _is_loopback(host):
                raise RuntimeError(f"a test connects to {host}; tests use loopback alone")

    return hook


def _given_hosts() -> Iterator[str]:
    for name, value in os.environ.items():
        if name.startswith("OKEVENTS_TEST_") and name.endswith("_URL"):
            for each in urlsplit(value).netloc.rpartition("@")[2].split(","):
                yield each.rpartition(":")[0] or each


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
