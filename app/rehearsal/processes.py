"""Processes of our own, started beside this one: what they need to find the app, and how they are ended."""

import asyncio
import os
from asyncio.subprocess import Process
from pathlib import Path


def findable() -> dict[str, str]:
    """This environment, with this package in it wherever the app was started from."""
    root = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}


async def end(process: Process, within_s: float) -> None:
    """Ask it to end; when it has not so many seconds later, it is killed."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
