"""No address but a public one is connected to, in whatever form it comes."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.toolkit.http.addresses import address_problem, problem_of

FORBIDDEN = (
    *("127.0.0.1", "127.255.0.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.9"),
    *("198.18.0.1", "192.88.99.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "::127.0.0.1", "::8.8.8.8"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "64:ff9b::10.0.0.1"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001::1", "100::1", "3fff::1", "5f00::1", "4000::1"),
    *("localhost", "", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"),
)
PUBLIC = (
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "64:ff9b::8.8.8.8",
)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_tool_never_connects_there(address: str) -> None:
    assert address_problem(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    assert address_problem(address) == ""


@given(st.ip_addresses())
def test_what_is_let_through_is_public_by_the_standard_library_too(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    embedded = ipaddress.ip_network("64:ff9b::/96")
    if address_problem(str(address)) == "" and not (address.version == 6 and address in embedded):
        assert address.is_global
        assert not (address.is_multicast or address.is_private or address.is_loopback or address.is_link_local)


def test_one_bad_address_among_good_ones_spoils_them_all() -> None:
    assert problem_of(["8.8.8.8", "2606:4700::1111"]) == ""
    assert problem_of(["8.8.8.8", "10.0.0.1"]) == "10.0.0.1 is private"
    assert problem_of(["8.8.8.8", "::1"]) == "::1 is this machine"
    assert problem_of([]) == "the host has no address"
