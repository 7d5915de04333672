"""From a template for staff and what it shows to an answer."""

from typing import Any

from starlette.requests import Request

from okevents.http.answers import Answer
from okevents.http.asgi import Scope
from okevents.pages.catalogue import Text
from okevents.pages.forms import Form
from okevents.pages.reader import Reader
from okevents.pages.staff.navigation import offered
from okevents.pages.staff.session import ServiceName, session_of
from okevents.pages.views import PRIVATE, Views

PREFIXES = ("/desk", "/door", "/operations")
"""Every path that is one of them, or below it, is that of a page for staff."""


class StaffViews:
    """Templates that extend `staff/layout.html`. They are told who is signed in, and where they may go. `services` are
    those of this process."""

    def __init__(self, views: Views, services: tuple[ServiceName, ...]) -> None:
        self._views = views
        self._services = services

    def answer(self, request: Request, template: str, status: int = 200, **shown: Any) -> Answer:
        """The page, which nobody may store."""
        told = self._told(request.scope)
        return self._views.answer(request, template, status, PRIVATE, **told, **shown)

    def signing(self, scope: Scope, reader: Reader, lacks: str | None) -> bytes:
        """The page to sign in on, in place of one that somebody may not see. `lacks`: the scope that their token
        hasn't got; None: they have shown none that is known."""
        kept = scope["path"] if scope["method"] == "GET" else "/desk"
        shown = {"form": Form(), "to": own_path(kept), "is_out": False, "is_led": False, "lacks": lacks}
        return self._views.render(scope, "staff/sign-in.html", reader, **self._told(scope), **shown)

    def sign_in_page(self, request: Request, form: Form, faults: dict[str, Text], **said: bool) -> Answer:
        """The same where it was asked for; `form` has where to go afterwards in `to`."""
        shown = {"is_out": False, "is_led": False, **said}
        status = 422 if faults else 200
        to = own_path(form["to"])
        return self.answer(request, "staff/sign-in.html", status, form=Form({}, faults), to=to, lacks=None, **shown)

    def signing_path(self, path: str, step: str) -> str:
        """Where whoever is on that page signs in or out: at its own service, if it is one of this process."""
        of_bookings = path.startswith(("/desk/bookings", "/door"))
        wanted: ServiceName = "bookings" if of_bookings else "events"
        return f"/desk/{wanted if wanted in self._services else self._services[0]}/{step}"

    def _told(self, scope: Scope) -> dict[str, Any]:
        session = session_of(scope)
        return {
            "session": session,
            "places": offered(session, self._views.addresses, scope),
            "sign_in": self.signing_path(scope["path"], "sign-in"),
            "sign_out": self.signing_path(scope["path"], "sign-out"),
            "is_divided": bool(self._views.addresses.others),
        }


def is_for_staff(path: str) -> bool:
    """Whether the page is one."""
    return any(path == each or path.startswith(f"{each}/") for each in PREFIXES)


def own_path(wanted: str) -> str:
    """Where to go after signing in: the page for staff that was wanted, and nowhere else."""
    path = wanted.partition("?")[0]
    is_right = is_for_staff(path) and "\\" not in wanted and wanted.isascii() and wanted.isprintable()
    return wanted if is_right and not path.endswith(("/sign-in", "/sign-out")) else "/desk"
