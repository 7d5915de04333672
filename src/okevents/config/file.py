"""The TOML file: which one it is, and what it says."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

FILE_VARIABLE = "OKEVENTS_CONFIG"
FILE_NAME = "okevents.toml"
PROFILES = "profiles"
"""The one table in it that isn't of settings."""


class Content(Struct, frozen=True):
    """Empty where there is no file and none was named."""

    path: Path
    values: Mapping[str, Any]


def content(file: Path | None, folder: Path, environment: Mapping[str, str]) -> Content:
    """The file that is named, by the command line or else by the environment, else the one in the folder.

    Raises ValueError, in a sentence, where it can't be read.
    """
    named = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    path = named or folder / FILE_NAME
    if named is None and not is_there(path):
        return Content(path, {})
    try:
        return Content(path, tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ValueError(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} isn't TOML: {error}") from None


def is_there(path: Path) -> bool:
    """Whether there is such a file. What is in a folder that may not be looked into isn't, as for who is in root's
    home and acts as somebody else."""
    try:
        return path.exists()
    except PermissionError:
        return False
