"""The service worker of the door's page, which opens the page where there is no connection."""

import json
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from importlib.resources import files

from okevents.pages.routing import assets

ASSETS = (
    "pages.css",
    "staff.css",
    "door.css",
    "icon.svg",
    "door.js",
    "door-camera.js",
    "door-page.js",
    "door-queue.js",
    "door-store.js",
    "door-tickets.js",
)


class Worker:
    """`shells`: by its path, the page without an event, which the script fills in from what the device keeps.

    The version is made of all that the worker keeps, so a browser that looks at the worker anew keeps anew whatever has
    changed, and all of it together.
    """

    def __init__(self, shells: Mapping[str, bytes]) -> None:
        self._shells = shells

    @cached_property
    def _kept(self) -> dict[str, bytes]:
        known = assets()
        return {f"/assets/{name}": known[name].body for name in ASSETS} | dict(self._shells)

    @cached_property
    def version(self) -> str:
        digest = sha256(_source())
        for path, body in sorted(self._kept.items()):
            digest.update(path.encode() + sha256(body).digest())
        return digest.hexdigest()[:16]

    @cached_property
    def script(self) -> bytes:
        told = {"version": self.version, "kept": sorted(self._kept)}
        return b"const KEPT = " + json.dumps(told).encode() + b";\n" + _source()


def _source() -> bytes:
    return files(__package__).joinpath("worker.js").read_bytes()
