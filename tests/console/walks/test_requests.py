"""Whatever is asked of whichever route, by whomever: an answer in time, never an error of ours, and the right one."""

import json
from typing import Final
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.permissions import ROLES, Open
from tests.console.walks.asking import HOST, OURS, Answer, routes
from tests.console.walks.conftest import Walk
from tests.console.walks.marked import SID
from tests.fuzz import Json, cases

pytestmark = pytest.mark.asyncio(loop_scope="package")

ROUTES: Final = routes()
ODD: Final = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "nan",
        "9" * 25,
        "9" * 5_000,
        "٣",
        "²",
        "\0",
        "\ud800",
        "\r\n",
        "..",
        "%",
        "a" * 3_000,
    ),
    *(
        "9999-12-31",
        "0001-01-01",
        "0001-01-01T00:00:00+14:00|CA1",
        "2026-11-30T00:00:00|",
        SID,
        '"',
        "* OR",
        "(",
        "NEAR(",
    ),
    *(
        "admin",
        "viewer",
        "say",
        "end",
        "main",
        "now.told_x",
        "calls.told_view",
        "//evil.example",
        "00000000-0000-0000-0000-00000000000g",
    ),
)
Texts = st.sampled_from(ODD) | st.text(st.characters(), max_size=20)
NAMES: Final = (
    *("words", "line", "language", "disposition", "ended_by", "version", "caller", "flag", "tag", "tool", "longer"),
    *("shorter", "gap", "cost", "score", "since", "until", "errors", "after", "below", "action", "who", "object", "to"),
    *(
        "against",
        "told",
        "text",
        "reason",
        "gone",
        "name",
        "role",
        "hours",
        "code",
        "secret",
        "password",
        "old",
        "again",
    ),
)
Fields = st.dictionaries(st.sampled_from(NAMES) | Texts, Texts, max_size=5)
Nest = st.integers(1, 3_000).map(lambda deep: "[" * deep)


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _form(fields: dict[str, str]) -> bytes:
    return urlencode({_whole(name): _whole(value) for name, value in fields.items()}).encode()


Bodies = st.one_of(
    st.tuples(st.just("application/x-www-form-urlencoded"), Fields.map(_form)),
    st.tuples(st.just("application/json"), (Json.map(json.dumps) | Nest).map(lambda text: text.encode())),
    st.tuples(
        st.sampled_from(["multipart/form-data", "multipart/form-data; boundary=x", "a/b", ""]), st.binary(max_size=80)
    ),
    st.just(
        (
            "multipart/form-data; boundary=x; charset=\x7f",
            b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\na\r\n--x--',
        )
    ),
)
HEADERS: Final = ("range", "accept-language", "accept-encoding", "hx-request", "x-phone-key", "authorization", "cookie")
Odd_headers = st.dictionaries(
    st.sampled_from(HEADERS),
    st.sampled_from(
        [
            "",
            "1",
            "x-",
            "es-MX;q=",
            "bytes=0-",
            "bytes=-0",
            f"bytes={'9' * 5_000}-",
            "true",
            "Bearer ",
            "a=b; c",
            "gzip",
        ]
    ),
    max_size=3,
)
METHODS: Final = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")


LEAST: Final = min(guarded.largest for _, guarded in ROUTES)  # of what routes take, in bytes


def _filled(path: str, parts: list[str]) -> str:
    """A path with these in the place of its names."""
    given = iter(parts)
    pieces = [next(given, SID).replace("/", "") or "0" if piece.startswith("{") else piece for piece in path.split("/")]
    return "/console" + _whole("/".join(pieces))


def _expected(path: str, role: str, method: str) -> set[int] | None:
    """What a path is answered before any handler is asked; None where one is."""
    if "\n" in path:  # no route of Starlette's has it
        return {404}
    taken = "GET" if method == "HEAD" else method
    found = [one for route, one in ROUTES if route.path_regex.match(path.removeprefix("/console"))]
    guarded = next((one for one in found if taken in one.methods), None)
    if guarded is None:
        return {405} if found else {404}
    if isinstance(guarded.needs, Open):
        return None
    if not role:
        return {303, 401}
    return None if guarded.needs in ROLES[role] else {403}


@cases(300)
@given(
    route=st.integers(0, len(ROUTES) - 1),
    role=st.sampled_from([*ROLES, "admin", "admin", ""]),
    method=st.sampled_from(METHODS),
    parts=st.lists(st.just(SID) | Texts, max_size=2),
    query=Fields,
    headers=Odd_headers,
    body=Bodies,
)
async def test_an_odd_request_has_its_answer(
    walk: Walk,
    route: int,
    role: str,
    method: str,
    parts: list[str],
    query: dict[str, str],
    headers: dict[str, str],
    body: tuple[str, bytes],
) -> None:
    path, kind = _filled(ROUTES[route][0].path, parts), body[0]
    sent = (*OURS, ("content-type", kind), *((name, value) for name, value in headers.items() if name != "cookie"))
    given = body[1] if method != "GET" else b""
    answer = await walk.ask(path, role, method=method, headers=sent, query=_form(query).decode(), body=given)
    _assert_sound(answer)
    expected = _expected(path, role, method)
    # What is larger than a route takes is refused before anybody asks who sent it.
    too_large = {413} if len(given) > LEAST else set()
    assert expected is None or answer.status in expected | too_large, (path, role, method)


def _assert_sound(answer: Answer) -> None:
    # 503: the voice that speaks typed sentences is not installed everywhere.
    assert answer.status < 500 or (answer.status == 503 and answer.header("content-type") == "application/json")
    assert "Traceback" not in answer.body.decode("utf-8", "replace")


@pytest.mark.parametrize(
    "host", [HOST, "localhost:8000", "127.0.0.1:x", "127.0.0.1:99999", "[::1", "a b", "@127.0.0.1", ""]
)
@pytest.mark.parametrize("origin", [f"http://{HOST}", "http://[", "null", "", "http://a:b:c", "\xff"])
async def test_an_odd_host_or_origin_is_refused_and_no_more(walk: Walk, host: str, origin: str) -> None:
    for method in ("GET", "POST"):
        answer = await walk.ask("/console/own/language", method=method, headers=(("origin", origin),), host=host)
        assert answer.status in (303, 401, 403, 405, 421)


@pytest.mark.parametrize("role", [*ROLES, ""])
async def test_every_role_is_let_in_where_it_may_and_nowhere_else(walk: Walk, role: str) -> None:
    for route, guarded in ROUTES:
        method = guarded.methods[0]
        path = _filled(route.path, [SID, "0"])
        answer, expected = await walk.ask(path, role, method=method), _expected(path, role, method)
        if expected is not None:
            assert answer.status in expected, (role, route.path)
        elif not isinstance(guarded.needs, Open):
            assert answer.status not in (401, 405) and "sign-in?" not in answer.header("location"), (role, route.path)
        _assert_sound(answer)
