"""What `frontline tools try` runs: a trial in a process of its own, with the rehearsal's services up."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from app.fittings import Reader, reader_for
from app.rehearsal.shipping import shipping_stand_in
from app.settings import Settings
from app.toolbench.trial import Trial, Wish, tried
from app.toolkit import close_databases
from app.toolkit.http import close_http
from app.toolkit.mcp import close_mcp


async def tried_alone(settings: Settings, wish: Wish) -> Trial:
    """Use the tool once, and close what that opened. Raises CannotTry or EditError."""
    try:
        async with _reader(settings) as reader:
            return await tried(reader, wish)
    finally:
        await close_http()
        await close_mcp()
        await close_databases()


@contextlib.asynccontextmanager
async def _reader(settings: Settings) -> AsyncIterator[Reader]:
    """What reads the tools; in a rehearsal, with the sample service up."""
    reader = reader_for(settings)
    async with contextlib.AsyncExitStack() as stack:
        if settings.rehearsing:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontline-tools-")))
            reader.rehearse(await stack.enter_async_context(shipping_stand_in(folder)))
        yield reader
