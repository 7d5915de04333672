"""What may be posted to, and what may not."""

from ipaddress import ip_address

import pytest

from okevents.errors import BadInput
from okevents.webhooks.addresses import Allowed, require_postable

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808", "2002:808:808::1"]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an example
    "10.0.0.1",
    "100.64.0.1",  # shared
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",  # metadata of clouds
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",  # Teredo
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "4000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may(address: str) -> None:
    assert Allowed().has(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_may_not(address: str) -> None:
    assert not Allowed().has(ip_address(address))


def test_a_network_that_is_named_may_and_its_neighbours_may_not() -> None:
    allowed = Allowed(["10.1.0.0/16", "fd00::/8", "127.0.0.1"])
    for address in ("10.1.2.3", "fd12::1", "127.0.0.1", "8.8.8.8"):
        assert allowed.has(ip_address(address))
    for address in ("10.2.0.1", "127.0.0.2", "fe80::1", "::ffff:10.1.2.3"):
        assert not allowed.has(ip_address(address))
    assert allowed.is_named(ip_address("10.1.2.3"))
    assert not allowed.is_named(ip_address("8.8.8.8"))


@pytest.mark.parametrize(
    "url",
    ["https://shop.example.org/hooks", "https://shop.example.org:8443/?a=b", "https://8.8.8.8/", "https://[2606::1]/"],
)
def test_these_can_be_posted_to(url: str) -> None:
    require_postable(url, Allowed())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://shop.example.org/", "only for networks that webhook-networks names"),
        ("http://8.8.8.8/", "only for networks"),
        ("ftp://shop.example.org/", "https://host/path is expected"),
        ("https:///path", "https://host/path is expected"),
        ("https://shop.example.org:0/", "https://host/path is expected"),
        ("https://shop.example.org:port/", "isn't an address"),
        ("https://[::1/", "isn't an address"),
        ("https://user:password@shop.example.org/", "has a user in it"),
        ("https://shop.example.org/#part", "behind '#'"),
        ("https://127.0.0.1/", "leads to 127.0.0.1, which isn't public"),
        ("https://[::ffff:10.0.0.1]/", "which isn't public"),
        ("https://169.254.169.254/latest", "which isn't public"),
    ],
)
def test_these_can_not_and_it_is_told_why(url: str, said: str) -> None:
    with pytest.raises(BadInput) as raised:
        require_postable(url, Allowed())
    (fault,) = raised.value.faults
    assert fault.pointer == "/url"
    assert said in fault.detail
    assert "password" not in fault.detail


def test_where_a_network_is_named_http_may_lead_there_alone() -> None:
    allowed = Allowed(["10.0.0.0/8"])
    require_postable("http://10.0.0.7/hooks", allowed)
    require_postable("http://inside.example.org/hooks", allowed)  # where it leads is seen when it is posted
    with pytest.raises(BadInput):
        require_postable("http://8.8.8.8/hooks", allowed)
