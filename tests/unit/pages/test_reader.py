"""Which language and form somebody reads in."""

import pytest

from okevents.http.asgi import Scope
from okevents.pages.reader import reader_of


def asked(accepted: str | None = None, cookie: str | None = None) -> Scope:
    given = {b"accept-language": accepted, b"cookie": cookie}
    return {"headers": [(name, value.encode()) for name, value in given.items() if value is not None]}


@pytest.mark.parametrize(
    ("accepted", "language", "form"),
    [
        (None, "en", "en_GB"),
        ("", "en", "en_GB"),
        ("es", "es", "es_ES"),
        ("es-MX,es;q=0.9,en;q=0.8", "es", "es_MX"),
        ("de-DE,de;q=0.9,es;q=0.5,en;q=0.8", "en", "en_GB"),
        ("en-US", "en", "en_US"),
        ("fr,de", "en", "en_GB"),
        ("es;q=0,en-AU", "en", "en_AU"),
        ("es-XX-nonsense", "es", "es_ES"),
        ("*;q=x, es;q=high, en;;;", "en", "en_GB"),
    ],
)
def test_what_the_browser_asks_for(accepted: str | None, language: str, form: str) -> None:
    reader = reader_of(asked(accepted))
    assert (reader.language, str(reader.locale)) == (language, form)


@pytest.mark.parametrize(
    ("accepted", "cookie", "language", "form"),
    [
        ("en-GB,es-AR;q=0.5", "okevents_language=es", "es", "es_AR"),
        ("en-US", "a=b; okevents_language=es", "es", "es_ES"),
        ("es-AR", "okevents_language=xx", "es", "es_AR"),
        ("es-AR", "nonsense;;=", "es", "es_AR"),
    ],
)
def test_the_own_choice_goes_before_it(accepted: str, cookie: str, language: str, form: str) -> None:
    reader = reader_of(asked(accepted, cookie))
    assert (reader.language, str(reader.locale)) == (language, form)
