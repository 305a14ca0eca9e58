"""What the pages of lines have in common: their workshop, their addresses, and words for what goes wrong."""

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from starlette.responses import Response

from app.console.asked import Asked
from app.edits import EditError
from app.lines.content import NoPlace
from app.lines.published import Unreadable
from app.lines.workshop import Unknown, Workshop

Handler = Callable[[Asked], Awaitable[Response]]


def shop_of(asked: Asked) -> Workshop:
    return asked.parts.proofs.shop


def entrance(line: str) -> str:
    """Where a line's pages begin."""
    return f"/console/lines/{quote(line, safe='')}"


def answering(handler: Handler) -> Handler:
    """What is not there, or cannot be read, is said in words."""

    @wraps(handler)
    async def answer(asked: Asked) -> Response:
        try:
            return await handler(asked)
        except (Unknown, NoPlace) as error:
            return asked.show("lines/none.html", 404, problem=str(error))
        except (EditError, Unreadable) as error:
            return asked.show("lines/none.html", 409, problem=str(error))

    return answer
