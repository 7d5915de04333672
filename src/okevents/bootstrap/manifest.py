"""What a backup of the embedded databases is: a folder with a file for each, and a manifest of them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from okevents.config.settings import Settings
from okevents.errors import ConfigurationError, NotFound, OkeventsError
from okevents.observability.masking import masked
from okevents.persistence.sqlite.file import path_of
from okevents.persistence.sqlite.folders import make_durable

NAME = "manifest.json"
FORMAT = 1

_TOOLS = {"postgresql": "pg_dump", "mongodb": "mongodump"}


class BackupRefused(OkeventsError):
    """A backup can't be made or restored so. Nothing was changed."""


class CopiedFile(Struct, frozen=True, kw_only=True):
    """One database. `schema` is the latest migration; `minimum_version` the oldest program that may use it."""

    name: str
    bytes: int
    sha256: str
    schema: str
    minimum_version: str


class Manifest(Struct, frozen=True, kw_only=True):
    """`taken_at` is the instant that both databases are of; `files` has them by the name of their service."""

    format: int = FORMAT
    okevents: str
    taken_at: datetime
    files: Mapping[str, CopiedFile]


def embedded_files(settings: Settings) -> Mapping[str, Path]:
    """The database file of each service. Raises ConfigurationError where one isn't SQLite's."""
    urls = {"events": settings.events_database, "bookings": settings.bookings_database}
    on_servers = [url for url in urls.values() if not url.startswith("sqlite:")]
    if on_servers:
        where = " and ".join(map(masked, on_servers))
        tools = " and ".join(sorted({_TOOLS[urlsplit(url).scheme] for url in on_servers}))
        raise ConfigurationError([f"{where}: use {tools}, of the bookings first; only SQLite files are copied here"])
    return {service: path_of(url) for service, url in urls.items()}


def digest_of(path: Path) -> str:
    """SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(manifest: Manifest, folder: Path) -> None:
    """Into the folder."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    file = folder / NAME
    file.touch(mode=0o600)
    file.write_bytes(text + b"\n")
    make_durable(file)


def read(folder: Path) -> Manifest:
    """Raises NotFound where no backup is, and BackupRefused for one that this program doesn't understand."""
    try:
        manifest = msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except OSError:
        raise NotFound(f"{folder} holds no backup: it has no {NAME} that can be read") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupRefused(f"{folder / NAME} is damaged: {error}") from None
    if manifest.format != FORMAT:
        raise BackupRefused(f"{folder} was made by okevents {manifest.okevents}, in a form unknown to this program")
    return manifest


def require_whole(manifest: Manifest, folder: Path) -> None:
    """Raises BackupRefused unless every file is there, as it was written."""
    for copied in manifest.files.values():
        file = folder / Path(copied.name).name
        if not file.is_file():
            raise BackupRefused(f"the backup is incomplete: {file} is missing")
        require_written(copied, file)


def require_written(copied: CopiedFile, file: Path) -> None:
    """Raises BackupRefused unless that file has what was copied."""
    if file.stat().st_size != copied.bytes or digest_of(file) != copied.sha256:
        raise BackupRefused(f"the backup is damaged: {file} isn't as it was written; take another backup")
