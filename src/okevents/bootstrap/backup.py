"""Backing up the embedded databases while they are written to."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from okevents import __version__
from okevents.bootstrap import manifest as manifests
from okevents.bootstrap import swapping
from okevents.bootstrap.manifest import CopiedFile, Manifest
from okevents.config.settings import Settings
from okevents.kernel.clock import SystemClock
from okevents.kernel.crashing import crash_point
from okevents.persistence.sqlite import copying
from okevents.persistence.sqlite.folders import make_durable

Progress = Callable[[str, int, int], None]
"""Told a service, how many bytes of its database are copied, and of how many."""


def back_up(settings: Settings, folder: Path, *, is_forced: bool, progress: Progress) -> Manifest:
    """Copies both databases, as they are at one instant, into a new folder, which is there whole or not at all.

    Being of one instant they are what a process that is killed then would leave behind: whatever one of them knows
    of the other is there, or on its way in an outbox. `is_forced`: an earlier backup there is replaced.
    Raises BackupRefused, NotFound, ConfigurationError and StoreUnavailable.
    """
    files = manifests.embedded_files(settings)
    folder = folder.resolve()  # through a link it is what that leads to which is replaced
    with swapping.prepared(folder, is_forced=is_forced) as partial_folder:
        with copying.at_one_instant(list(files.values())) as connections:
            taken_at = SystemClock().now()
            for service, connection in zip(files, connections, strict=True):
                copying.schema_of(connection, service)
                copying.copy(connection, partial_folder / f"{service}.sqlite3", partial(progress, service))
        copied = {service: _checked(partial_folder / f"{service}.sqlite3", service) for service in files}
        manifest = Manifest(okevents=__version__, taken_at=taken_at, files=copied)
        crash_point("backup.copy.after")
        manifests.write(manifest, partial_folder)
        make_durable(partial_folder)
        crash_point("backup.manifest.after")
    return manifest


def _checked(file: Path, service: str) -> CopiedFile:
    """Raises StoreUnavailable if what was written isn't sound."""
    schema = copying.require_sound(file, service)
    make_durable(file)
    return CopiedFile(
        name=file.name,
        bytes=file.stat().st_size,
        sha256=manifests.digest_of(file),
        schema=schema.migration,
        minimum_version=schema.minimum_version,
    )
