"""What a browser is asked to keep (RFC 6265)."""

from typing import Literal

from msgspec import Struct

from okevents.http.asgi import Scope


class Cookie(Struct, frozen=True):
    """No script can read it, and it goes over HTTPS alone where the page does. `seconds` 0 makes the browser forget.

    `path`: the paths that it is sent to are those below. Strict: with no request that another site began.
    """

    name: str
    value: str
    path: str
    same_site: Literal["Strict", "Lax"] = "Strict"
    seconds: int = 0

    def header(self, scope: Scope) -> str:
        """As `Set-Cookie`."""
        secure = "; Secure" if scope["scheme"] == "https" else ""
        return (
            f"{self.name}={self.value}; Path={self.path}; Max-Age={self.seconds}; "
            f"HttpOnly; SameSite={self.same_site}{secure}"
        )

    def __repr__(self) -> str:
        """Without the value, which may be a secret."""
        return f"Cookie({self.name})"
