"""From a template and what it shows to an answer."""

from collections.abc import Iterable
from functools import cache, partial
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request

from okevents.events.ports import StoredEvent
from okevents.http.answers import Answer
from okevents.http.asgi import Scope
from okevents.pages.addresses import Addresses
from okevents.pages.catalogue import translations
from okevents.pages.formats import Formats
from okevents.pages.reader import LANGUAGES, Reader, reader_of

HTML = "text/html; charset=utf-8"
PUBLIC = {"cache-control": "no-cache", "vary": "Accept-Language, Cookie"}
PRIVATE = {"cache-control": "private, no-store"}
"""What is somebody's own is stored nowhere, also not for going back to it after others use the browser."""


class Views:
    """Every template is given the reader's language and formats, and where everything is."""

    def __init__(self, site_name: str, addresses: Addresses) -> None:
        self._site_name = site_name
        self.addresses = addresses

    def answer(
        self, request: Request, template: str, status: int = 200, headers: dict[str, str] | None = None, **shown: Any
    ) -> Answer:
        """The page. `headers`: how it may be stored, and what else there is to say; None: it is everybody's."""
        reader = reader_of(request.scope)
        body = self.render(request.scope, template, reader, **shown)
        return Answer(status, self.headers(reader) | (PUBLIC if headers is None else headers), body)

    def headers(self, reader: Reader) -> dict[str, str]:
        """Of every page in that language."""
        return {"content-type": HTML, "content-language": reader.tag}

    def render(self, scope: Scope, template: str, reader: Reader, **shown: Any) -> bytes:
        page = environment(reader.language).get_template(template)
        return page.render(
            reader=reader,
            formats=Formats(reader),
            site_name=self._site_name,
            addresses=self.addresses,
            languages=_languages(scope),
            link=partial(self.to, reader),
            **shown,
        ).encode()

    def to(self, reader: Reader, origin: str | None, path: str) -> str:
        """A link to a page of one of the services. One of another process is told the language that is read here."""
        return f"{origin}{path}?lang={reader.language}" if origin else path


@cache
def environment(language: str) -> Environment:
    """The templates, with their texts in that language. Everything that they show is escaped."""
    made = Environment(
        loader=PackageLoader("okevents.pages", "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.filters |= {"hue": hue, "groupby_month": by_month}
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return made


def hue(object_id: str) -> int:
    """Which of the twelve colours something has, always the same."""
    return int(object_id[-4:], 16) % 12


def by_month(events: Iterable[StoredEvent], formats: Formats) -> list[tuple[str, list[StoredEvent]]]:
    """The events of each month, in the order that they are in."""
    grouped = groupby(events, key=lambda each: formats.month(each.event.starts_at, each.event.timezone))
    return [(month, list(found)) for month, found in grouped]


def _languages(scope: Scope) -> dict[str, tuple[str, str]]:
    """For each language its own name and where this page is in it; nothing where it can't be asked for again."""
    if scope["method"] != "GET":
        return {}
    query = scope["query_string"].decode("latin-1")
    kept = f"{query}&" if query else ""
    return {
        language: (name, f"{scope['path']}?{kept}{urlencode({'lang': language})}")
        for language, name in LANGUAGES.items()
    }
