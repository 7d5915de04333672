"""JSON Web Tokens of issuers that are trusted (RFC 7519, RFC 8725, RFC 9068 as far as it goes)."""

from okevents.issuers.fetch import fetch
from okevents.issuers.issuers import JwtIssuers, Trust
from okevents.issuers.keys import IssuerKeys

__all__ = ["IssuerKeys", "JwtIssuers", "Trust", "fetch"]
