"""How commands end: their exit codes, what is wrong said in words; and the option for JSON that most of them have."""

from typing import Annotated

import typer

OK, FAILED, WRONG_USE = 0, 1, 2

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]


def wrong(message: str) -> typer.Exit:
    """The exit for wrong use."""
    typer.echo(message, err=True)
    return typer.Exit(WRONG_USE)


def failed(message: str) -> typer.Exit:
    """The exit for what was asked well and did not work."""
    typer.echo(message, err=True)
    return typer.Exit(FAILED)
