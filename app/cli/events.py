"""`frontline events`: see the events come that other systems would get."""

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.ends import WRONG_USE

if TYPE_CHECKING:
    from starlette.applications import Starlette

events_app = typer.Typer(help="Events for other systems.", no_args_is_help=True)

HOST = "127.0.0.1"
MOST_BODY = 1_048_576  # bytes


@events_app.callback()
def events() -> None:
    """Events for other systems: what they hold stands in infra/events.md."""


@events_app.command()
def listen(
    port: Annotated[int, typer.Option(help="Port to listen on, on 127.0.0.1.", min=1, max=65_535)] = 8_090,
    secret: Annotated[str, typer.Option(help="The endpoint's secret, whsec_…; else one is made up and shown.")] = "",
) -> None:
    """Receive events on this machine, check each one's signature, and print it; until Ctrl-C."""
    import os

    import uvicorn

    from app.webhooks.endpoints import key_of, written_secret

    try:
        key = key_of(secret) if secret else os.urandom(32)
    except ValueError as error:
        typer.echo(f"The secret is {error}. Write one as whsec_ and 24 to 64 bytes in base64.", err=True)
        raise typer.Exit(WRONG_USE) from error
    if not secret:
        typer.echo("In another terminal, a rehearsing Frontline sends its events here:", err=True)
        typer.echo(f"  FRONTLINE_WEBHOOKS='http://{HOST}:{port}/ {written_secret(key)}' frontline serve", err=True)
    uvicorn.run(receiver(key), host=HOST, port=port, log_level="error", ws="none")


def receiver(key: bytes) -> "Starlette":
    """An app that takes events in at any path, and prints those that are signed with ``key``."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    from app.webhooks.signing import ID, NotSigned, check

    async def take(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BODY:
                return PlainTextResponse("too large\n", 413)
        try:
            check(key, request.headers, body, time.time())
            told = json.loads(body)
        except NotSigned as wrong:
            typer.echo(f"refused: {wrong}", err=True)
            return PlainTextResponse(f"{wrong}\n", 401)
        except ValueError:
            return PlainTextResponse("no JSON\n", 400)
        typer.echo(json.dumps({"id": request.headers[ID], **told}, ensure_ascii=False, indent=2))
        return Response(status_code=204)

    return Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])
