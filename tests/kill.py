"""Calls under which their process is killed (or told to go): prints what became of them. Run it by hand.

python -m tests.kill --calls 10 --how kill
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from app.drill.kills import figures, kill_drill


async def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--how", choices=("kill", "term"), default="kill")
    parser.add_argument("--drain-s", type=float, default=40.0)
    parser.add_argument("--data", type=Path)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = wish.data or Path(folder)
        data.mkdir(parents=True, exist_ok=True)
        kept = await kill_drill(data, wish.calls, wish.how, print, drain_s=wish.drain_s)
        for one in kept:
            print(one)
        for line in figures(kept, wish.how):
            print(line)


if __name__ == "__main__":
    asyncio.run(main())
