"""Forms as browsers send them: what was typed, so that it can be shown again, and what is wrong with it."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from msgspec import Struct
from starlette.requests import Request

from okevents.errors import BadInput, FieldFault, UnsupportedMediaType
from okevents.http.asgi import Disconnected, header
from okevents.pages.catalogue import Text

MEDIA_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 500


class Form(Struct, frozen=True):
    """`fields` is what was typed, by the fields' names; `faults` what is wrong, in the reader's words, by the same."""

    fields: Mapping[str, str] = {}
    faults: Mapping[str, Text] = {}

    def __getitem__(self, name: str) -> str:
        """What was typed; nothing where there is no such field."""
        return self.fields.get(name, "")

    def text(self, name: str) -> str:
        """The same without spaces around it."""
        return self[name].strip()

    def whole(self, name: str) -> int | None:
        """A number that isn't negative; None for anything else."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def faulty(self, faults: Mapping[str, Text]) -> "Form":
        """The same with what is wrong with it."""
        return Form(self.fields, faults)

    def __repr__(self) -> str:
        """Without what was typed, which may be a secret."""
        return f"Form({', '.join(self.fields)})"


async def read_form(request: Request) -> Form:
    """Raises UnsupportedMediaType, BadInput, BodyTooLarge and BodyTooSlow, and Disconnected."""
    media_type = (header(request.scope, b"content-type") or "").partition(";")[0].strip().lower()
    message = await request.receive()  # whole: the guard has put it together
    if message["type"] != "http.request":
        raise Disconnected
    if message["body"] and media_type != MEDIA_TYPE:
        raise UnsupportedMediaType(f"the body's content type is {media_type!r}; a form is sent as {MEDIA_TYPE}")
    text = message["body"].decode("utf-8", "replace")
    try:
        return Form(dict(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)))
    except ValueError:
        raise BadInput([FieldFault("", f"has more than {MAX_FIELDS} fields")]) from None
