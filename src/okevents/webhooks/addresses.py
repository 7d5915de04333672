"""Which addresses may be posted to: public ones, and others only where the settings name their network.

Whoever may make a webhook must not be able to have okevents knock at doors that only its own network can see.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from okevents.errors import BadInput, FieldFault

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2000
_SCHEMES = ("https", "http")

_PUBLIC_V6 = IPv6Network("2000::/3")
# Prefixes under which an IPv4 address stands in an IPv6 one, and how many bits follow it there.
_EMBEDDED = (
    (IPv6Network("::/96"), 0),
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
_NAT64 = IPv6Network("64:ff9b::/96")
# Beyond what the standard library of the oldest Python here knows to be for special use.
_SPECIAL: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)


class Allowed:
    """`networks`: those that may be posted to although they aren't public."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks = tuple(ip_network(network) for network in networks)

    @property
    def has_networks(self) -> bool:
        return bool(self._networks)

    def is_named(self, address: Address) -> bool:
        """Whether the settings name its network."""
        return any(address in network for network in self._networks)

    def has(self, address: Address) -> bool:
        """Whether it may be posted to: its network is named, or it is public in each way that it can be read."""
        if self.is_named(address):
            return True
        forms = tuple(_forms(address))
        return all(_is_public(form) for form in forms)


def _forms(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 addresses that it leads to on its way."""
    if isinstance(address, IPv4Address):
        yield address
        return
    embedded = [IPv4Address((int(address) >> bits) & 0xFFFFFFFF) for prefix, bits in _EMBEDDED if address in prefix]
    yield from embedded
    # A translator's prefix is no place of its own: what counts is where it leads.
    if not (address in _NAT64 and embedded):
        yield address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    is_special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_multicast and not is_special


def require_postable(url: str, allowed: Allowed, pointer: str = "/url") -> None:
    """Raises BadInput for an address that could never be posted to. What a name leads to is seen when it is posted."""
    if fault := _fault_of(url, allowed):
        raise BadInput([FieldFault(pointer, fault)])


def _fault_of(url: str, allowed: Allowed) -> str | None:
    wanted = "https://host/path is expected"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"isn't an address; {wanted}"
    if parts.scheme not in _SCHEMES or not parts.hostname or port == 0:
        return f"isn't an address that can be posted to; {wanted}"
    if "@" in parts.netloc:
        return "has a user in it; leave that out, the receiver knows okevents by the signature"
    if parts.fragment:
        return "has a part behind '#', which is never sent; leave that out"
    return _host_fault(parts, allowed)


def _host_fault(parts: SplitResult, allowed: Allowed) -> str | None:
    literal: Address | None
    try:
        literal = ip_address(parts.hostname or "")
    except ValueError:
        literal = None
    if parts.scheme == "http" and not (allowed.has_networks if literal is None else allowed.is_named(literal)):
        return "is http://, which is only for networks that webhook-networks names; https:// is expected"
    if literal is not None and not allowed.has(literal):
        return f"leads to {literal}, which isn't public; the setting webhook-networks can allow its network"
    return None
