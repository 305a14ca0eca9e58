"""The Live stand-in in a process of its own: it is there while it is wanted, and never longer."""

import asyncio
import ssl
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.rehearsal.launch import StandInFailed, live_stand_in

OPTIONS = ("--ears", "script", "--voice", "tones")
ROOT = Path(__file__).parents[2]
PARENT = """
import asyncio, sys
from pathlib import Path
from app.rehearsal.launch import live_stand_in

async def main():
    async with live_stand_in(Path(sys.argv[1]), sys.argv[2:]):
        print("up", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_it_listens_while_the_block_lasts_and_not_after_it(tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        async with live_stand_in(tmp_path, OPTIONS) as live:
            port = urlsplit(live.base_url).port
            tls = ssl.create_default_context(cafile=live.ca_file)
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
            writer.close()
            await writer.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_it_does_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path), *OPTIONS), stdout=PIPE, stderr=PIPE, cwd=ROOT
    )
    assert parent.stdout is not None
    assert parent.stderr is not None
    async with asyncio.timeout(60):
        assert await parent.stdout.readline() == b"up\n"
        parent.kill()
        await parent.wait()
        # The stand-in has its parent's stderr: this ends when both of them are gone.
        assert await parent.stderr.read() == b""


async def test_options_it_does_not_have_are_said_to_be_the_reason(tmp_path: Path) -> None:
    with pytest.raises(StandInFailed, match="FRONTLINE_REHEARSAL_OPTIONS"):
        async with asyncio.timeout(60), live_stand_in(tmp_path, (*OPTIONS, "--fault", "flood=1")):
            pytest.fail("it started")
