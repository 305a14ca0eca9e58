"""Every answer of the console keeps itself to itself, whatever it is asked, and by whom."""

import re

import pytest

from tests.console.walks.asking import Answer, routes
from tests.console.walks.conftest import Walk
from tests.console.walks.marked import SID

pytestmark = pytest.mark.asyncio(loop_scope="package")

PUT_INTO_OTHERS = "/phone/link"  # the one page that others may frame: it has no cookie


def filled(path: str) -> str:
    return "/console" + re.sub(r"\{\w+\}", lambda found: SID if "sid" in found[0] else "0", path)


def assert_kept(path: str, answer: Answer) -> None:
    policy = answer.header("content-security-policy")
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == rules["object-src"] == rules["base-uri"] == "'none'", path
    assert re.fullmatch(r"'nonce-[\w-]{20,}' 'strict-dynamic'", rules["script-src"]), path
    assert "unsafe" not in policy, path
    framed = path == f"/console{PUT_INTO_OTHERS}" and answer.status == 200
    assert rules["frame-ancestors"] == ("*" if framed else "'none'"), path
    assert rules["form-action"] == rules["connect-src"] == "'self'", path
    assert answer.header("x-content-type-options") == "nosniff", path
    assert answer.header("referrer-policy") == "same-origin", path
    assert answer.header("cross-origin-opener-policy") == "same-origin", path
    assert answer.header("cross-origin-resource-policy") == "same-origin", path
    stored = answer.header("cache-control")
    assert "no-store" in stored or (path.startswith("/console/static/") and answer.status == 200), (path, stored)
    for name, cookie in answer.headers:
        if name == "set-cookie":
            assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; ")), path
            assert "Domain" not in cookie, path


@pytest.mark.parametrize("role", ["admin", "viewer", ""])
async def test_every_route_answers_under_the_same_rules(walk: Walk, role: str) -> None:
    for route, guarded in routes():
        path = filled(route.path)
        for method in (*guarded.methods, "HEAD", "PUT", "OPTIONS"):
            if method == "POST" and route.path.startswith("/phone"):
                continue
            assert_kept(path, await walk.ask(path, role, method=method))


async def test_what_is_refused_is_refused_under_the_same_rules(walk: Walk) -> None:
    assert_kept("/console", await walk.ask("/console/nothing"))
    assert_kept("/console", await walk.ask("/console/own", host="evil.example"))
    assert_kept("/console", await walk.ask("/console/sign-out", method="POST", headers=()))
    assert_kept("/console", await walk.ask("/console/sign-in", method="POST", body=b"x" * 20_000))


async def test_no_nonce_is_used_twice(walk: Walk) -> None:
    policies = [(await walk.ask("/console/own")).header("content-security-policy") for _ in range(5)]
    assert len(set(policies)) == 5
