"""Who reads a page: in which language, and in which form of dates and numbers."""

from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie

from babel import Locale, UnknownLocaleError
from msgspec import Struct

from okevents.http.asgi import Scope, list_header

LANGUAGES = {"en": "English", "es": "Español"}
"""Those that the pages are written in, each as it calls itself. The first is what the texts in the code are in."""

COOKIE = "okevents_language"
COOKIE_LASTS = 365 * 24 * 3600
_PLAIN = {"en": "en_GB", "es": "es_ES"}
"""The form of dates where the reader says a language alone."""


class Reader(Struct, frozen=True):
    """The language of the texts, and the form of everything else."""

    language: str
    locale: Locale

    @property
    def tag(self) -> str:
        """As HTML and HTTP name the language (RFC 5646)."""
        return self.language


def reader_of(scope: Scope) -> Reader:
    """By the reader's own choice, else by what their browser asks for (RFC 9110, 12.5.4), else in English."""
    wanted = list(_wanted(list_header(scope, b"accept-language") or ""))
    chosen = cookies_of(scope).get(COOKIE)
    if chosen in LANGUAGES:
        return Reader(chosen, next((each for each in wanted if each.language == chosen), _plain(chosen)))
    if wanted:
        return Reader(wanted[0].language, wanted[0])
    first = next(iter(LANGUAGES))
    return Reader(first, _plain(first))


def cookies_of(scope: Scope) -> dict[str, str]:
    """What the browser keeps for this path (RFC 6265)."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(list_header(scope, b"cookie") or "")
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _plain(language: str) -> Locale:
    return Locale.parse(_PLAIN[language])


def _wanted(accepted: str) -> Iterator[Locale]:
    """The forms that are asked for, of languages that there are: the ones that are liked best first."""
    liked: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        tag, _, parameters = part.partition(";")
        try:
            liked.append((-float(parameters.strip().removeprefix("q=") or 1), tag.strip()))
        except ValueError:
            continue
    for dislike, tag in sorted(liked, key=lambda each: each[0]):
        language = tag.partition("-")[0].lower()
        if language not in LANGUAGES or dislike == 0:
            continue
        try:
            yield _plain(language) if tag.lower() == language else Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            yield _plain(language)
