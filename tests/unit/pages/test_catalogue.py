"""Every text of the pages is there in every language, and the catalogues have no others."""

import re

import pytest

from okevents.pages.catalogue import translations
from okevents.pages.reader import LANGUAGES
from scripts.messages import catalogues, extracted, is_translated, renew

CATALOGUES = catalogues()


def test_each_language_but_the_first_has_a_catalogue() -> None:
    assert set(CATALOGUES) == set(LANGUAGES) - {next(iter(LANGUAGES))}


@pytest.mark.parametrize("language", CATALOGUES)
def test_its_texts_are_those_of_the_pages(language: str) -> None:
    assert {message.id for message in CATALOGUES[language]} == {"", *(message.id for message in extracted())}


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_text_is_translated(language: str) -> None:
    assert [message.id for message in CATALOGUES[language] if message.id and not is_translated(message)] == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_put_into_a_text_is_put_into_each_form_of_it(language: str) -> None:
    for message in CATALOGUES[language]:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        named = {name for each in ids for name in _named(each)}
        for form in forms:
            assert message.id == "" or _named(form) <= named, message.id
        assert message.id == "" or _named(forms[-1]) == named, message.id


@pytest.mark.parametrize("language", CATALOGUES)
def test_renewing_changes_nothing_where_nothing_has_changed(language: str) -> None:
    catalogue = catalogues()[language]
    renew(catalogue, extracted())
    before = {message.id: message.string for message in CATALOGUES[language] if message.id}
    assert {message.id: message.string for message in catalogue if message.id} == before


def test_the_catalogue_is_compiled_as_it_stands() -> None:
    spanish = translations("es")
    assert spanish.gettext("What’s on") == "Programación"
    assert spanish.ngettext("{n} place free", "{n} places free", 1) == "{n} plaza libre"
    assert spanish.ngettext("{n} place free", "{n} places free", 0) == "{n} plazas libres"
    assert translations("en").gettext("What’s on") == "What’s on"


def _named(text: object) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", str(text)))
