"""A house for drills: a server with its own data, the drill's line and tools, and a Live stand-in to disturb."""

import asyncio
import contextlib
import json
import shlex
import shutil
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from app.calling import NO_MORE, Target, target
from app.rehearsal.twilio_rest import TwilioRest
from app.settings import Settings

KIT = Path(__file__).parent / "kit"
GREETING_WITHIN_S = 30.0
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class House:
    """A running server. ``data`` is its folder, ``live`` where its Live stand-in says how it is reached."""

    data: Path
    server: Target
    live: Path

    @property
    def rest(self) -> TwilioRest:
        """The stand-in of Twilio's REST API."""
        assert self.server.rest is not None
        return self.server.rest

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self.server.process is not None
        return self.server.process.pid

    @property
    def database_url(self) -> str:
        """Where the calls' records are."""
        return f"sqlite+aiosqlite:///{self.data / 'frontline.db'}"

    @property
    def log(self) -> str:
        """All that the server has logged, or the servers of this folder; blocking."""
        logs = sorted(self.data.glob("serve*.log"))
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)

    async def ask(self, **wish: object) -> Mapping[str, object]:
        """Ask the Live stand-in for something, and what it has seen so far."""
        about = json.loads(await asyncio.to_thread(self.live.read_text, encoding="utf-8"))
        trusted = ssl.create_default_context(cafile=about["ca_file"])
        async with httpx2.AsyncClient(verify=trusted, trust_env=False, timeout=5.0) as client:
            url = f"https://127.0.0.1:{about['port']}/control"
            answered = await client.post(url, params={"ask": json.dumps(wish)})
            answered.raise_for_status()
        seen: Mapping[str, object] = answered.json()
        return seen

    async def metric(self, name: str) -> float:
        """The sum of a metric of ours over its labels; 0 when it was never counted."""
        whole = f"frontline_{name}"
        rows = (await self._text("/metrics")).splitlines()
        return sum(float(row.rpartition(" ")[2]) for row in rows if row.partition("{")[0].partition(" ")[0] == whole)

    async def ready(self) -> int:
        """What /readyz answers; 0 when nobody does."""
        async with httpx2.AsyncClient(timeout=2.0, trust_env=False) as client:
            with contextlib.suppress(httpx2.HTTPError):
                return (await client.get(f"{self.server.base_url}/readyz")).status_code
        return 0

    async def calls_now(self) -> float:
        """How many calls go on."""
        return await self.metric("calls_now")

    def kill(self, number: signal.Signals) -> None:
        """Send the server a signal."""
        assert self.server.process is not None
        self.server.process.send_signal(number)

    async def exited(self, within_s: float) -> int | None:
        """The server's exit code; None when it does not end."""
        assert self.server.process is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await self.server.process.wait()
        return None

    async def _text(self, path: str) -> str:
        async with httpx2.AsyncClient(timeout=5.0, trust_env=False) as client:
            return (await client.get(f"{self.server.base_url}{path}")).text


@contextlib.asynccontextmanager
async def opened_house(
    settings: Settings,
    data: Path,
    show: Callable[[str], None],
    *,
    options: str = "",
    environment: Mapping[str, str] = NO_MORE,
    greeted: bool = True,
) -> AsyncIterator[House]:
    """A house with ``data`` as its folder. ``options`` are the Live stand-in's; ``greeted`` waits for the greeting's
    sound.
    """
    live = (data / "live-ready.json").absolute()
    own = settings.model_copy(update={"data": data})
    told = {
        **await asyncio.to_thread(laid_out, settings, data),
        "FRONTLINE_REHEARSAL": "on",
        "FRONTLINE_REHEARSAL_OPTIONS": f"{options} --ready-file {shlex.quote(str(live))}".strip(),
        **environment,
    }
    async with target(own, None, show, told) as server:
        house = House(data, server, live)
        if greeted:
            await until_greeted(house)
        yield house


def laid_out(settings: Settings, data: Path) -> dict[str, str]:
    """The drill's line and tools among the house's own rules, phrases and tools; the settings that name them."""
    prompts, tools = data / "prompts", data / "tools"
    for folder in ("house", "phrases"):
        shutil.copytree(settings.prompts / folder, prompts / folder, dirs_exist_ok=True)
    shutil.copytree(KIT / "prompts", prompts, dirs_exist_ok=True)
    shutil.copytree(settings.tools, tools, dirs_exist_ok=True)
    shutil.copytree(KIT / "tools", tools, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return {"FRONTLINE_PROMPTS": str(prompts), "FRONTLINE_TOOLS": str(tools)}


async def until_greeted(house: House) -> None:
    """The greeting's sound is made, or will not be."""
    for _ in range(int(GREETING_WITHIN_S / LOOK_EVERY_S)):
        if await house.metric("greetings_made_total"):
            return
        await asyncio.sleep(LOOK_EVERY_S)
