"""A test run of a tool: a form made from its schema, then all that is sent, what comes back and what the model sees."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import orjson
from starlette.responses import Response

from app.console.asked import Asked
from app.console.guard import Pages
from app.console.pages.tool import Argument, arguments_of, pretty
from app.console.permissions import Permission
from app.console.said import said
from app.edits import EditError
from app.toolbench.inventory import Known, found
from app.toolbench.trial import CannotTry, Trial, Wish, answered, empty, problem_of, tried, was_sent
from app.toolkit import Caller
from app.toolkit.declare import LEVELS
from app.toolkit.http.client import Answer
from app.toolkit.http.languages import language_problem
from app.toolkit.http.tool import MASK

AT_ONCE: Final = 3  # test runs in this process: the rest is for calls
MOST_SHOWN: Final = 20_000  # characters of an answer
ARGUMENT: Final = "arg-"  # before an argument's name in the form
SHORTEST_SECRET: Final = 4
NOT_RUN: Final[Mapping[str, object]] = dict.fromkeys(
    ("trial", "came", "seen", "paths", "wanting", "sent", "body", "given_to")
)

pages = Pages([])
_running = asyncio.Semaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class Field:
    """An argument in the form, with what was written there."""

    argument: Argument
    choices: tuple[str, ...]
    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one request; ``text`` is the answer's JSON, our own secrets masked."""

    status: int
    took_ms: int
    size: int
    text: str
    problem: str = ""


@pages.page("/tools/{tool}/try", Permission.RUN_TOOLS)
async def asked_for(asked: Asked) -> Response:
    one = await _found(asked)
    return asked.show("frame/lost.html", 404) if one is None else _form(asked, one, {})


@pages.action("/tools/{tool}/try", Permission.RUN_TOOLS)
async def run(asked: Asked) -> Response:
    """Use it once. One that changes something does it only where ``really`` is sent, which the page asks for first."""
    one = await _found(asked)
    if one is None:
        return asked.show("frame/lost.html", 404)
    form = await asked.form()
    caller = _caller(form)
    problem = _problem(asked, caller, form)
    if problem:
        return _form(asked, one, form, problem=problem)
    wish = Wish(one.name, written_in(form, one), caller, dry="dry" in form, really="really" in form)
    try:
        async with _running:
            trial = await tried(asked.parts.reader, wish, asked.parts.lines.tools())
    except (CannotTry, EditError) as error:
        return _form(asked, one, form, problem=said(asked.words, "check", str(error)))
    await _keep(asked, wish, trial)
    return _form(asked, one, form, told=_told(trial, asked.parts.reader.secrets))


async def _found(asked: Asked) -> Known | None:
    """The tool, if it can be tried; a mistake in its file is told on its own page."""
    try:
        one = await asyncio.to_thread(found, asked.path["tool"], asked.parts.lines.tools(), asked.parts.reader)
    except EditError:
        return None
    return None if one is None or one.kind == "house" else one


def _caller(form: Mapping[str, str]) -> Caller:
    level = form.get("level", "none")
    return Caller(
        number=form.get("number", "").strip() or "anonymous",
        call_sid="CA-a-trial",
        language=form.get("language", "").strip() or "en",
        level=level if level in LEVELS else "none",
        customer=form.get("customer", "").strip(),
    )


def _problem(asked: Asked, caller: Caller, form: Mapping[str, str]) -> str:
    if _running.locked():
        return asked.words("tools.busy")
    if caller.level != "none" and not caller.customer:
        return asked.words("tools.no_customer")
    return said(asked.words, "check", language_problem(caller.language)) if form.get("language", "").strip() else ""


def written_in(form: Mapping[str, str], one: Known) -> dict[str, object]:
    """The arguments as they were written; what was left empty is left out."""
    fields = fields_of(one, form)
    return {each.argument.name: _value(each) for each in fields if each.value.strip()}


def _value(field: Field) -> object:
    """As the model would give it; what cannot be read as that is handed on, and refused as it would be in a call."""
    if field.kind == "list":
        return [line.strip() for line in field.value.splitlines() if line.strip()]
    if field.kind == "boolean":
        return {"true": True, "false": False}.get(field.value, field.value)
    return _number(field.value) if field.kind == "number" else field.value


def _number(text: str) -> object:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def fields_of(one: Known, form: Mapping[str, str]) -> list[Field]:
    properties = cast(Mapping[str, Mapping[str, object]], one.spec.parameters.get("properties", {}))
    return [
        Field(
            argument,
            tuple(cast(list[str], properties[argument.name].get("enum", ()))),
            _kind(properties[argument.name]),
            form.get(ARGUMENT + argument.name, ""),
        )
        for argument in arguments_of(one.spec.parameters)
    ]


def _kind(schema: Mapping[str, object]) -> str:
    if "enum" in schema:
        return "choice"
    kinds = {"array": "list", "boolean": "boolean", "integer": "number", "number": "number"}
    return kinds.get(str(schema.get("type")), "text")


async def _keep(asked: Asked, wish: Wish, trial: Trial) -> None:
    """In the audit, without what was written: an argument may be a caller's word."""
    await asked.audit(
        "tool.tried",
        wish.name,
        arguments=sorted(wish.args),
        level=wish.caller.level,
        dry=wish.dry,
        really=wish.really,
        status=trial.ends[-1].status if trial.ends else "",
        took_ms=trial.took_ms,
    )


def _form(
    asked: Asked,
    one: Known,
    form: Mapping[str, str],
    problem: str = "",
    told: Mapping[str, object] = NOT_RUN,
) -> Response:
    return asked.show(
        "tools/try.html",
        tool=one,
        fields=fields_of(one, form),
        given={name: form.get(name, "") for name in ("number", "level", "customer", "language")},
        problem=problem,
        again={name: value for name, value in form.items() if name not in ("really", "dry")},
        **told,
    )


def _told(trial: Trial, secrets: Mapping[str, str]) -> dict[str, object]:
    return {
        "trial": trial,
        "came": [_came(one, secrets) for one in trial.came],
        "seen": [(end.status, str(end.response.get("message", "")), pretty(end.response)) for end in trial.ends],
        "paths": answered(trial),
        "wanting": empty(trial),
        "sent": any(map(was_sent, trial.came)),
        "body": trial.request.body.decode() if trial.request and trial.request.body else "",
        "given_to": pretty(trial.given),
    }


def _came(one: Answer | Exception, secrets: Mapping[str, str]) -> Came:
    if isinstance(one, Answer):
        return Came(one.status, one.took_ms, one.size, _masked(pretty(one.data), secrets)[:MOST_SHOWN])
    return Came(getattr(one, "status", 0), 0, 0, "", problem_of(one))


def _masked(text: str, secrets: Mapping[str, str]) -> str:
    """A service may send back what it was sent."""
    for secret in secrets.values():
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(orjson.dumps(secret).decode()[1:-1], MASK)
    return text
