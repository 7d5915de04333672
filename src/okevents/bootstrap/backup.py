"""Backing up the embedded databases while they are written to."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from okevents import __version__
from okevents.bootstrap import manifest as manifests
from okevents.bootstrap.manifest import BackupRefused, CopiedFile, Manifest
from okevents.config.settings import Settings
from okevents.kernel.clock import SystemClock
from okevents.persistence.sqlite import copying

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
    if folder.exists() and not is_forced:
        raise BackupRefused(f"{folder} is there already; give another name, or replace that backup by --force")
    if folder.exists() and not (folder / manifests.NAME).is_file():
        raise BackupRefused(f"{folder} is no backup, so it isn't replaced; give another name")
    with _prepared(folder) as partial_folder:
        with copying.at_one_instant(list(files.values())) as connections:
            taken_at = SystemClock().now()
            for service, connection in zip(files, connections, strict=True):
                copying.schema_of(connection, service)
                copying.copy(connection, partial_folder / f"{service}.sqlite3", partial(progress, service))
        copied = {service: _checked(partial_folder / f"{service}.sqlite3", service) for service in files}
        manifest = Manifest(okevents=__version__, taken_at=taken_at, files=copied)
        manifests.write(manifest, partial_folder)
        manifests.make_durable(partial_folder)
    return manifest


def _checked(file: Path, service: str) -> CopiedFile:
    """Raises StoreUnavailable if what was written isn't sound."""
    schema = copying.require_sound(file, service)
    manifests.make_durable(file)
    return CopiedFile(
        name=file.name,
        bytes=file.stat().st_size,
        sha256=manifests.digest_of(file),
        schema=schema.migration,
        minimum_version=schema.minimum_version,
    )


@contextmanager
def _prepared(folder: Path) -> Iterator[Path]:
    """A folder that gets that name if all goes well, in place of what has it, and is deleted if anything goes wrong."""
    prepared: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        prepared = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=folder.parent))
        yield prepared
        earlier = prepared.with_suffix(".earlier") if folder.exists() else None
        if earlier is not None:
            folder.rename(earlier)
        prepared.rename(folder)
        manifests.make_durable(folder.parent)
        if earlier is not None:
            shutil.rmtree(earlier)
    except OSError as error:
        raise BackupRefused(f"{folder} can't be written: {error.strerror or error}") from None
    finally:
        if prepared is not None:
            shutil.rmtree(prepared, ignore_errors=True)
