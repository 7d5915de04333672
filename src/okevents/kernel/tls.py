"""What went wrong with TLS, and what to do about it: drivers say it in the words of OpenSSL, or in their own."""

import re
from typing import NamedTuple


class TlsNames(NamedTuple):
    """What the parameters of a URL are called: the file of whom we trust, and those of who we are."""

    authority: str
    client: str


_ADVICE = (
    (
        r"certificate has expired",
        "its certificate has expired: renew it, or set this machine's clock right",
    ),
    (r"certificate is not yet valid", "its certificate isn't valid yet: see that both clocks are right"),
    (
        r"hostname mismatch|ip address mismatch|doesn't match",
        "its certificate is for another host: use a name in the URL that it is for, or have it issued for this one",
    ),
    (
        r"self.signed certificate|unable to get (local )?issuer certificate|unable to verify the first certificate",
        "its certificate is from nobody who is trusted here: see who answers, or name its authority by {authority}",
    ),
    (r"root certificate file", "name the file of its certificate's authority by {authority}"),
    (
        r"certificate required|valid client certificate|unknown ca\b|bad certificate|alert handshake failure",
        "it wants to see a certificate that it trusts: name its files by {client}",
    ),
    (r"no certificate or crl found|no start line|pem lib", "a file that the URL names isn't a certificate in PEM form"),
    (
        r"wrong.version.number|rejected SSL upgrade|SSL handshake failed|record layer failure|unexpected eof|"
        r"ssl handshake is taking|SSL: UNEXPECTED",
        "TLS isn't spoken there: see that the port is right and TLS is on; nothing was sent in plain text",
    ),
)


def advice(said: str, names: TlsNames) -> str | None:
    """What to do about the trouble that a driver tells so; None if it isn't about TLS."""
    for pattern, sentence in _ADVICE:
        if re.search(pattern, said, re.IGNORECASE):
            return sentence.format(authority=names.authority, client=names.client)
    return None
