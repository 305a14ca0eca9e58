"""`frontline tools`: which there are, what one sends and what the model sees of it, and how a new one is begun."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import FAILED, OK, WRONG_USE, Json

if TYPE_CHECKING:
    from app.settings import Settings
    from app.toolkit.http.drafts import Draft

tools_app = typer.Typer(help="What the assistant can do: list, try, begin a new tool.", no_args_is_help=True)


Name = Annotated[str, typer.Option("--name", help="The new tool's name; else one is made from what is there.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file of that name.")]


@tools_app.command("list")
def list_tools(as_json: Json = False) -> None:
    """Every tool in the tools folder, and every mistake there."""
    settings = _settings()
    from app.cli.tools_told import tool_as_json, tool_row
    from app.fittings import reader_for
    from app.toolkit.house import HOUSE

    tools, errors = reader_for(settings).tools(settings.tools)
    every = [tools[name] for name in sorted(tools)]
    if as_json:
        told = [{"file": str(error.file), "line": error.line, "problem": error.problem} for error in errors]
        _print_json({"tools": [tool_as_json(loaded) for loaded in every], "house": sorted(HOUSE), "errors": told})
    else:
        typer.echo("\n".join(tool_row(loaded) for loaded in every) or "There is no tool.")
        typer.echo(f"Of the house, in no file: {', '.join(sorted(HOUSE))}")
        for error in errors:
            typer.echo(str(error), err=True)
    raise typer.Exit(FAILED if errors else OK)


@tools_app.command("try")
def try_tool(
    name: Annotated[str, typer.Argument(help="The tool.")],
    args: Annotated[str, typer.Option("--args", help='Its arguments, as {"number": "1047"}.')] = "{}",
    number: Annotated[str, typer.Option("--as", help="The number that is calling.")] = "anonymous",
    level: Annotated[str, typer.Option(help="Who the caller has shown to be: none, details or code.")] = "none",
    customer: Annotated[str, typer.Option(help="The customer they are, with --level.")] = "",
    language: Annotated[str, typer.Option(help="What the caller speaks.")] = "en",
    dry: Annotated[bool, typer.Option("--dry", help="Send nothing; show what would be.")] = False,
    really: Annotated[bool, typer.Option("--really", help="Let a tool that changes something do it.")] = False,
    as_json: Json = False,
) -> None:
    """Use a tool once: show exactly what is sent, and exactly what the model sees."""
    settings = _settings()
    from app import cli
    from app.cli import tools_told
    from app.cli.tools_try import tried_alone
    from app.edits import EditError
    from app.toolbench.trial import CannotTry, Wish, answered, empty
    from app.toolkit import Caller
    from app.toolkit.declare import LEVELS
    from app.toolkit.http.languages import language_problem

    if level not in LEVELS or (level != "none" and not customer):
        raise _wrong("Write --level details --customer 3, with the level none, details or code, and the customer's id.")
    problem = language_problem(language)
    if problem:
        raise _wrong(f"--language: {problem}")
    caller = Caller(number, "CA-a-trial", "", language, level, customer)
    try:
        with cli._logs(settings):
            trial = asyncio.run(tried_alone(settings, Wish(name, _arguments(args), caller, dry, really)))
    except (CannotTry, EditError) as error:
        raise _wrong(str(error)) from error
    paths, wanting = answered(trial), empty(trial)
    if as_json:
        _print_json(tools_told.trial_as_json(trial, paths, wanting))
    else:
        typer.echo(tools_told.trial_in_words(trial, paths, wanting))
    raise typer.Exit(OK if trial.ok and (dry or not trial.loaded.off) else FAILED)


@tools_app.command("from-openapi")
def from_openapi(
    file: Annotated[Path, typer.Argument(help="An OpenAPI 3 description, YAML or JSON.")],
    operation: Annotated[str, typer.Argument(help='An operationId or "GET /path"; without it, all are listed.')] = "",
    name: Name = "",
    server: Annotated[str, typer.Option(help="The server's address, where the file's is not the one.")] = "",
    force: Force = False,
) -> None:
    """Begin an HTTP tool from an operation of an OpenAPI description."""
    from app.toolkit.http.drafts import CannotConvert
    from app.toolkit.http.openapi import from_openapi as drafted
    from app.toolkit.http.openapi import operations, read_openapi

    try:
        document = read_openapi(file)
        if not operation:
            for known, (method, path) in operations(document).items():
                typer.echo(f"{known:<32} {method.upper():<7} {path}")
            raise typer.Exit(OK)
        draft = drafted(document, operation, name, server)
    except CannotConvert as error:
        raise _wrong(str(error)) from error
    _write(draft, force)


@tools_app.command("from-curl")
def from_curl(
    command: Annotated[str, typer.Argument(help="The command in quotes; else it is read from standard input.")] = "",
    name: Name = "",
    force: Force = False,
) -> None:
    """Begin an HTTP tool from a curl command. {name} in it is an argument; what is secret is left out of the file."""
    from app.toolkit.http.curl import from_curl as drafted
    from app.toolkit.http.drafts import CannotConvert

    try:
        draft = drafted(command if command not in ("", "-") else sys.stdin.read(), name)
    except CannotConvert as error:
        raise _wrong(str(error)) from error
    _write(draft, force)


def _write(draft: "Draft", force: bool) -> None:
    """Write the tool's file, if it is one that can be read, and say what to do next."""
    from app.toolbench.saving import text_of_draft
    from app.toolkit.house import HOUSE
    from app.toolkit.http.drafts import CannotConvert

    settings = _settings()
    if draft.name in HOUSE:
        raise _wrong(f"{draft.name} is a tool of the house. Write another name with --name.")
    file = settings.tools / f"{draft.name}.toml"
    others = [settings.tools / f"{draft.name}.py", file]
    there = next((other for other in others if other.exists()), None)
    if there and not force:
        raise _wrong(f"There is {there} already. Write another name with --name, or --force to write over it.")
    try:
        text = text_of_draft(draft)
    except CannotConvert as error:
        raise _wrong(str(error)) from error
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _wrong(f"{file} cannot be written ({error.strerror}).") from error
    typer.echo(_next_steps(draft, file, settings))


def _next_steps(draft: "Draft", file: Path, settings: "Settings") -> str:
    from app.fittings import reader_for
    from app.toolkit.http.hosts import Hosts, target_of

    reader = reader_for(settings)
    target, _ = target_of(draft.url)
    steps = ["Mend the descriptions and choose what the model may see: the comments in the file say where."]
    if not Hosts(settings.tool_hosts, reader.pinned).admits(target):
        hosts = ",".join([*sorted(settings.tool_hosts), str(target)])
        steps.append(f"Ask ops to allow the host: FRONTLINE_TOOL_HOSTS={hosts}")
    for secret, told in draft.secrets.items():
        if secret not in reader.secrets:
            steps.append(f"Ask ops to set the secret: TOOL_SECRET_{secret} ({told})")
    example = json.dumps({name: f"<{name}>" for name in draft.parameters})
    steps.append(f"Try it: frontline tools try {draft.name} --args '{example}'")
    steps.append(f'Write "{draft.name}" into tools of a line, and say in its prompt when to use it.')
    numbered = [f"  {count}. {step}" for count, step in enumerate(steps, 1)]
    return "\n".join([f"Written: {file}", *(f"  Note: {note}" for note in draft.notes), "Next:", *numbered])


def _arguments(args: str) -> dict[str, object]:
    try:
        told = json.loads(args)
    except ValueError as error:
        raise _wrong(f'--args is no JSON ({error}). Write it as \'{{"number": "1047"}}\'.') from error
    if not isinstance(told, dict):
        raise _wrong('--args is no JSON object. Write it as \'{"number": "1047"}\'.')
    return told


def _settings() -> "Settings":
    from app import cli

    return cli._settings()


def _print_json(told: object) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2, default=str))


def _wrong(message: str) -> typer.Exit:
    """Wrong use, said in words."""
    typer.echo(re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", message), err=True)
    return typer.Exit(WRONG_USE)
