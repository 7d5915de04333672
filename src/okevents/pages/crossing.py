"""Requests that another site makes a browser send (Cross-Site Request Forgery)."""

from urllib.parse import urlsplit

from okevents.errors import CrossSite
from okevents.http.asgi import Scope, header

_OURS = ("same-origin", "none")


def require_own_page(scope: Scope) -> None:
    """Raises CrossSite for what comes from a page of another origin.

    A browser says where a request comes from: by `Sec-Fetch-Site` (W3C Fetch Metadata) where the connection is
    trustworthy, else by `Origin`. What says neither is no browser, and has no cookies but those that it was given.
    """
    site, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
    # The scheme isn't compared: a proxy may speak TLS for this process.
    is_host = origin is None or urlsplit(origin).netloc == header(scope, b"host")
    if not (is_host if site is None else site in _OURS):
        raise CrossSite("the form was sent from a page of another site; open the page here, and send it from there")
