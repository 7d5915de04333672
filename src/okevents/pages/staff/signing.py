"""Signing in and out, and where staff begin."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from okevents.http.answers import Answer
from okevents.http.asgi import App, Receive, Scope, Send
from okevents.pages.catalogue import N_, Text
from okevents.pages.cookies import Cookie
from okevents.pages.forms import Form, read_form
from okevents.pages.staff.session import Sessions, forgotten, kept, session_of
from okevents.pages.staff.views import StaffViews, own_path

NOT_KNOWN = N_(
    "This token isn’t known here, has expired or was revoked. Look whether it is whole, or ask for a new one."
)


class SigningPages:
    """A method for each operation, by its name in the table."""

    def __init__(self, sessions: Sessions, views: StaffViews) -> None:
        self._sessions = sessions
        self._views = views

    async def start(self, request: Request) -> Answer:
        """Where one may go; to whoever isn't signed in, the form for that."""
        session = session_of(request.scope)
        if session.is_open or session.is_signed_in:
            return self._views.answer(request, "staff/start.html")
        return self._views.sign_in_page(request, Form())

    async def show_sign_in(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.scope["query_string"].decode("latin-1")))
        return self._views.sign_in_page(request, Form(query), is_out=query.get("done") == "signed-out")

    async def sign_in(self, request: Request) -> App:
        """Leads to the page that was wanted. The token is for every service of this process that knows it."""
        form = await read_form(request)
        token = form.text("token").removeprefix("Bearer ").strip()
        services = await self._sessions.sign_in(token)
        if not services:
            return self._views.sign_in_page(request, form.faulty({"token": Text(NOT_KNOWN)}))
        return _Led(own_path(form["to"]), [kept(service, token) for service in services])

    async def sign_out(self, request: Request) -> App:
        path = self._views.signing_path(request.scope["path"], "sign-in")
        return _Led(f"{path}?done=signed-out", [forgotten(service) for service in self._sessions.authenticators])


class _Led:
    """Leads on, having said what to keep: a header for each cookie (RFC 6265, 3)."""

    def __init__(self, path: str, cookies: list[Cookie]) -> None:
        self._path = path
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        headers = [(b"location", self._path.encode()), (b"cache-control", b"no-store"), (b"content-length", b"0")]
        headers += [(b"set-cookie", cookie.header(scope).encode("latin-1")) for cookie in self._cookies]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
