"""Errors as pages, and what every page tells a browser."""

from collections.abc import Sequence

from okevents.errors import BookingNotFound, Forbidden, Kind, OkeventsError, Unauthenticated
from okevents.http.asgi import Scope
from okevents.http.presentation import Rendered
from okevents.http.problems import STATUS, problem
from okevents.pages.catalogue import N_, Text
from okevents.pages.forms import Form
from okevents.pages.reader import Reader, reader_of
from okevents.pages.staff.views import StaffViews, is_for_staff
from okevents.pages.views import PRIVATE, Views

_SAID: dict[Kind, tuple[str, str]] = {
    Kind.NOT_FOUND: (
        N_("There is nothing here"),
        N_("The address may be mistyped, or what it led to is no more."),
    ),
    Kind.BAD_INPUT: (N_("This can’t be understood"), N_("Something in the address or in the form isn’t right.")),
    Kind.UNAUTHENTICATED: (N_("Say who you are"), N_("This page is only for those whose it is.")),
    Kind.FORBIDDEN: (N_("This isn’t allowed"), N_("You may not do this, or it was sent from a page of another site.")),
    Kind.CONFLICT: (
        N_("This isn’t possible any more"),
        N_("Something has changed in the meantime. Look again, and then decide."),
    ),
    Kind.TOO_LARGE: (N_("This is too much"), N_("What was sent is larger than what is taken here.")),
    Kind.TOO_MANY: (N_("One moment, please"), N_("You ask very often. Wait a little, then try again.")),
    Kind.UNPROCESSABLE: (
        N_("This was sent before"),
        N_("This form was already sent with other data. Look at what became of it before you send it again."),
    ),
    Kind.UNAVAILABLE: (
        N_("We’ll be right back"),
        N_("This can’t be done at the moment. Nothing is lost: try again in a little while."),
    ),
}
NOT_OPENED = N_("There is no booking that this opens. Please look at the link again.")
_OTHERWISE = (N_("Something went wrong"), N_("It wasn’t your fault. Please try again in a little while."))


class PagePresentation:
    """Errors are told in the reader's language, and never with what is for operators."""

    def __init__(self, views: Views, staff: StaffViews) -> None:
        self._views = views
        self._staff = staff
        asked = " ".join(("connect-src 'self'", *views.addresses.others))
        policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; {asked}; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        # By `no-referrer` a browser would hide the origin of a form from its own site, too.
        self.headers: Sequence[tuple[bytes, bytes]] = (
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"content-security-policy", policy.encode()),
            (b"cross-origin-opener-policy", b"same-origin"),
        )

    def error(self, error: OkeventsError, scope: Scope) -> Rendered:
        status, headers, _ = problem(error, scope["path"])
        del headers["content-type"]
        reader = reader_of(scope)
        if isinstance(error, Unauthenticated | BookingNotFound) and scope["path"].startswith("/booking/"):
            return self._opening(status, scope, reader)
        if isinstance(error, Unauthenticated | Forbidden) and is_for_staff(scope["path"]):
            body = self._staff.signing(scope, reader, error)
            return Rendered(status, headers | self._views.headers(reader) | PRIVATE, body)
        title, said = _SAID.get(error.kind, _OTHERWISE)
        wait = int(headers["retry-after"]) if "retry-after" in headers else None
        body = self._views.render(scope, "problem.html", reader, status=status, title=title, said=said, wait=wait)
        return Rendered(status, headers | self._views.headers(reader) | PRIVATE, body)

    def _opening(self, status: int, scope: Scope, reader: Reader) -> Rendered:
        """Whoever comes to a booking without what opens it may show that now."""
        booking = scope["path"].split("/")[2]
        form = Form(faults={} if status == STATUS[Kind.UNAUTHENTICATED] else {"secret": Text(NOT_OPENED)})
        body = self._views.render(scope, "open.html", reader, form=form, booking=booking)
        return Rendered(status, self._views.headers(reader) | PRIVATE, body)
