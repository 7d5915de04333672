"""From a template for staff and what it shows to an answer."""

from typing import Any

from starlette.requests import Request

from okevents.errors import Forbidden, Unauthenticated
from okevents.http.answers import Answer
from okevents.http.asgi import Scope, header
from okevents.pages.catalogue import N_, Text
from okevents.pages.forms import Form
from okevents.pages.reader import Reader
from okevents.pages.staff.navigation import offered
from okevents.pages.staff.session import ServiceName, session_of
from okevents.pages.views import PRIVATE, Views

START = "/desk"
ENDED = N_("Your token isn’t known here, has expired or was revoked. Sign in with another one.")
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

    def signing(self, scope: Scope, reader: Reader, error: Unauthenticated | Forbidden) -> bytes:
        """The page to sign in on, in place of one that somebody may not see."""
        query = scope["query_string"].decode("latin-1")
        wanted = f"{scope['path']}?{query}" if query else scope["path"]
        lacks = error.scope if isinstance(error, Forbidden) else None
        faults = {"token": Text(ENDED)} if isinstance(error, Unauthenticated) and error.is_invalid else {}
        shown = _signing(scope, Form({"to": wanted if scope["method"] == "GET" else START}, faults), lacks=lacks)
        return self._views.render(scope, "staff/sign-in.html", reader, **self._told(scope), **shown)

    def sign_in_page(self, request: Request, form: Form, *, is_out: bool = False) -> Answer:
        """The same where it was asked for; `form` has where to go afterwards in `to`."""
        shown = _signing(request.scope, form, is_out=is_out)
        return self.answer(request, "staff/sign-in.html", 422 if form.faults else 200, **shown)

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


def _signing(scope: Scope, form: Form, *, lacks: str | None = None, is_out: bool = False) -> dict[str, Any]:
    """What the page shows; never the token that was typed. `lacks`: the scope that a token hasn't got."""
    # Another site's link makes a browser keep the cookie back (SameSite=Strict); the same page once more may do.
    is_led = header(scope, b"sec-fetch-site") == "cross-site"
    faults = Form({}, form.faults)
    return {"form": faults, "to": own_path(form["to"]), "lacks": lacks, "is_out": is_out, "is_led": is_led}


def is_for_staff(path: str) -> bool:
    """Whether the page is one."""
    return any(path == each or path.startswith(f"{each}/") for each in PREFIXES)


def own_path(wanted: str) -> str:
    """Where to go after signing in: the page for staff that was wanted, and nowhere else."""
    path = wanted.partition("?")[0]
    is_right = is_for_staff(path) and "\\" not in wanted and wanted.isascii() and wanted.isprintable()
    return wanted if is_right and not path.endswith(("/sign-in", "/sign-out")) else START
