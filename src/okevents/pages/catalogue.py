"""The texts in other languages: gettext catalogues, written as `.po` and compiled in memory when they are first used.

So a fresh clone and an installed wheel have the same texts, and nothing has to be built.
"""

from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import NamedTuple

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOMAIN = "pages"


class Text(NamedTuple):
    """What is to be said, in the language of the code, and what is put into it."""

    message: str
    values: Mapping[str, object] = {}


def N_(message: str) -> str:  # noqa: N802 - gettext's name for it
    """Marks a text that is translated where it is shown."""
    return message


@cache
def translations(language: str) -> NullTranslations:
    """Of that language; the texts as they stand in the code where it has no catalogue, because they are in it."""
    source = files(__package__).joinpath("locale", language, "LC_MESSAGES", f"{DOMAIN}.po")
    if not source.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with source.open("rb") as stream:
        write_mo(compiled, read_po(stream, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return GNUTranslations(compiled)
