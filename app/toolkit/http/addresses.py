"""Which addresses HTTP tools never connect to: everything that is not somewhere on the public internet.

https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_IPV4: Mapping[str, str] = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "a carrier's own",  # also a cloud's metadata: 100.100.100.200
    "127.0.0.0/8": "this machine",
    "168.63.129.16/32": "a cloud's metadata",
    "169.254.0.0/16": "link-local",  # most clouds' metadata: 169.254.169.254
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",  # also a cloud's metadata: 192.0.0.192
    "192.0.2.0/24": "for documentation",
    "192.31.196.0/24": "reserved",
    "192.52.193.0/24": "reserved",
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "reserved",
    "198.18.0.0/15": "for measurements",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_IPV6: Mapping[str, str] = {
    "::1/128": "this machine",
    "::ffff:0:0/96": "an IPv4 address in IPv6",
    "::/96": "an IPv4 address in IPv6",
    "64:ff9b:1::/48": "a private NAT64",
    "100::/64": "discarded",
    "2001::/32": "Teredo",
    "2001::/23": "reserved",
    "2001:db8::/32": "for documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "reserved",
    "3fff::/20": "for documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_NETWORKS4 = tuple((IPv4Network(network), kind) for network, kind in _IPV4.items())
_NETWORKS6 = tuple((IPv6Network(network), kind) for network, kind in _IPV6.items())
_NAT64 = IPv6Network("64:ff9b::/96")  # how a cluster that has only IPv6 reaches a public IPv4 address
_UNICAST6 = IPv6Network("2000::/3")


def address_problem(text: str) -> str:
    """What kind of address this is, where tools may not connect to it; empty where they may."""
    try:
        address = ip_address(text)
    except ValueError:
        return "no address"
    return _problem4(address) if isinstance(address, IPv4Address) else _problem6(address)


def problem_of(addresses: Iterable[str]) -> str:
    """The first problem among a host's addresses: one bad address spoils them all."""
    found = list(addresses)
    if not found:
        return "the host has no address"
    return next((f"{text} is {kind}" for text in found if (kind := address_problem(text))), "")


def _problem4(address: IPv4Address) -> str:
    kind = next((kind for network, kind in _NETWORKS4 if address in network), "")
    return kind or ("" if address.is_global else "not public")


def _problem6(address: IPv6Address) -> str:
    if address.scope_id:
        return "link-local"
    if address in _NAT64:
        return _problem4(IPv4Address(int(address) & 0xFFFFFFFF))
    kind = next((kind for network, kind in _NETWORKS6 if address in network), "")
    return kind or ("" if address in _UNICAST6 and address.is_global else "reserved")
