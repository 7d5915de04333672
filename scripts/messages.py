"""`python -m scripts.messages`: renews the catalogues of the pages' texts from the code and the templates.

What was translated stays; what is new is left empty, for people to translate; what is no more goes.
"""

from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from okevents.pages.catalogue import DOMAIN
from scripts.docs import DOCS

PAGES = DOCS.parent / "src" / "okevents" / "pages"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext.babel_extract")]
OPTIONS = {
    "**/templates/**.html": {"newstyle_gettext": "true", "silent": "false", "trimmed": "true", "trim_blocks": "true"}
}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def extracted() -> Catalog:
    """Every text that can be shown, and in which file it stands."""
    found = Catalog(project="okevents", version="pages", charset="utf-8")
    texts = extract_from_dir(PAGES, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=())
    for name, _, message, _, context in texts:
        found.add(message, locations=[(name, 0)], context=context)
    return found


def catalogues() -> dict[str, Catalog]:
    """What there is, by language."""
    found = {}
    for path in sorted(PAGES.glob(f"locale/*/LC_MESSAGES/{DOMAIN}.po")):
        language = path.parent.parent.name
        with path.open("rb") as stream:
            found[language] = read_po(stream, locale=language, domain=DOMAIN)
    return found


def main() -> None:
    template = extracted()
    for language, catalogue in catalogues().items():
        renew(catalogue, template)
        path = PAGES / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        path.write_bytes(written(catalogue))
        missing = [message for message in catalogue if message.id and not is_translated(message)]
        print(f"renewed {path}: {len(catalogue)} texts, {len(missing)} of them to be translated")


def renew(catalogue: Catalog, template: Catalog) -> None:
    """Gives it exactly the texts of the template. Dates stay as they are: the file changes where texts do."""
    dates = catalogue.creation_date, catalogue.revision_date
    catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
    catalogue.creation_date, catalogue.revision_date = dates
    catalogue.obsolete.clear()


def written(catalogue: Catalog) -> bytes:
    """The catalogue as its file is to be."""
    stream = BytesIO()
    write_po(stream, catalogue, width=120, include_lineno=False)
    return stream.getvalue()


def is_translated(message: Message) -> bool:
    """Whether every form of it is there, and somebody stands by it."""
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(forms) and not message.fuzzy


if __name__ == "__main__":
    main()
