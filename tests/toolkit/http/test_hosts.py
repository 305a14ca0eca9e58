"""The host of a tool is a name that ops have written down, and nothing that only looks like one."""

import pytest

from app.toolkit.http.hosts import Hosts, Pinned, Target, target_of

ODD = {
    "http://api.example.com/": "https://",
    "file:///etc/passwd": "https://",
    "gopher://api.example.com/": "https://",
    "//api.example.com/": "no web address",
    "api.example.com/x": "no web address",
    "https://127.0.0.1/": "no name",
    "https://2130706433/": "no name",
    "https://017700000001/": "no name",
    "https://0x7f000001/": "no name",
    "https://0x7f.1/": "no name",
    "https://127.1/": "no name",
    "https://[::1]/": "no name",
    "https://[::ffff:127.0.0.1]/": "no name",
    "https://api.example.com@evil.example/": '"@"',
    "https://user:pass@api.example.com/": '"@"',
    "https://api.example.com./": "dot",
    "https://ⓔxample.com/": "xn--",
    "https://①②⑦.⓪.⓪.①/": "xn--",
    "https://api.example.com。evil.example/": "xn--",
    "https://api.example.com:0/": "no name",
    "https://api.example.com:port/": "no name",
    "https://api.example.com:99999/": "no name",
    "https://api..example.com/": "no name",
    "https://-api.example.com/": "no name",
    "https:///x": "no name",
    "https://api.example.com\\@evil.example/": "backslash",
    "https://api.example.com%2eevil.example/": "no name",
    "https://api.example.com\t.evil.example/": "no name",
    "https://{host}/x": "placeholder",
    "https://{sub}.example.com/x": "placeholder",
    "https://api.example.com:{port}/x": "placeholder",
    "https://api.example.com/x?a={b}": "[query]",
    "https://api.example.com/x#y": "out of the url",
    "https://api.example.com/a b": "space",
    "https://api.example.com/a\r\nHost: evil": "control",
}


@pytest.mark.parametrize("url", ODD)
def test_an_odd_url_is_told_what_to_be_instead(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as told:
        target_of(url)
    assert ODD[url] in str(told.value)


def test_a_host_is_the_same_in_capitals() -> None:
    assert target_of("HTTPS://API.Example.COM/Parcels/{n}") == (Target("api.example.com"), "/Parcels/{n}")
    assert target_of("https://api.example.com") == (Target("api.example.com"), "/")


def test_only_a_host_that_is_written_down_is_admitted_and_only_at_its_port() -> None:
    hosts = Hosts(frozenset({"API.example.com", "api.example.org:8443"}))
    assert hosts.admits(Target("api.example.com"))
    assert hosts.admits(Target("api.example.org", 8443))
    assert not hosts.admits(Target("api.example.com", 8443))
    assert not hosts.admits(Target("api.example.org"))
    assert not hosts.admits(Target("sub.api.example.com"))
    assert not hosts.admits(Target("example.com"))
    assert not Hosts().admits(Target("api.example.com"))


def test_a_service_of_this_machine_is_admitted_by_its_name() -> None:
    hosts = Hosts(pinned={"shipping.example": Pinned("127.0.0.1", 4443)})
    assert hosts.admits(Target("shipping.example"))
    assert not hosts.admits(Target("127.0.0.1", 4443))
