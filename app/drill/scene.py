"""Where a row of the fault matrix plays: a house, callers with numbers of their own, and a folder for the evidence."""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from app.calling import ANY_CALLED, NO_MORE
from app.drill.house import House, opened_house
from app.drill.told import Told, looked_up
from app.rehearsal.callers import Caller, HangUp, Say, Silence, Step, Wait, WaitForEnd
from app.rehearsal.phone import Representative
from app.rehearsal.phone_faults import NO_FAULTS, Faults
from app.rehearsal.prepared import Prepared, prepare
from app.rehearsal.report import CallReport, Ears, rehearse
from app.rehearsal.speech import Voice, load_recogniser, load_voice
from app.settings import Settings

ASKS = "Hi, could you tell me where my order 1047 is?"
ORDER = r"\bship|\bsent\b|\bway\b|\bdeliver"  # what the sample data say of that order
LEAVES = Say("That's all, thank you. Goodbye.")
GOODBYE: tuple[Step, ...] = (LEAVES, WaitForEnd(15))
ANSWERED = Wait(at_most_s=20, finished_ms=1_800)  # a tool lies between the first words and the answer
ORDINARY: tuple[Step, ...] = (Wait(), Say(ASKS), ANSWERED, *GOODBYE)
Kind = Literal["real", "tones", "pitched"]  # of voices
SPEAKING = 2  # at once: what two cores can hear and answer without being late
_NUMBERS = itertools.count(2_025_551_000)


@dataclass(frozen=True, slots=True)
class Speech:
    """What the callers speak with, and what their recordings are listened to with."""

    voices: Mapping[str, Voice]  # by their kinds
    ears: Ears
    room: asyncio.Semaphore  # for callers who speak in words


def load_speech() -> Speech:
    """Voice and ears; takes seconds, so for a thread."""
    return Speech(
        {kind: load_voice(kind, ("en",)) for kind in get_args(Kind)},
        load_recogniser(("en",)),
        asyncio.Semaphore(SPEAKING),
    )


def new_number() -> str:
    """A number that nobody has phoned from yet."""
    return f"+1{next(_NUMBERS)}"


LONGEST_S = 420.0


@dataclass(slots=True)
class Scene:
    """One row at play. ``calls`` are all that were placed in it; ``house`` may be shared with other rows."""

    row: str
    settings: Settings
    folder: Path
    speech: Speech
    show: Callable[[str], None]
    house: House | None = None
    calls: list[Told] = field(default_factory=list)

    @property
    def here(self) -> House:
        """The house that is shared."""
        assert self.house is not None
        return self.house

    @contextlib.asynccontextmanager
    async def own_house(
        self,
        name: str = "house",
        *,
        options: str = "",
        environment: Mapping[str, str] = NO_MORE,
        greeted: bool = True,
        data: Path | None = None,
    ) -> AsyncIterator[House]:
        """A house for this row alone."""
        folder = data or self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        async with opened_house(
            self.settings, folder, self.show, options=options, environment=environment, greeted=greeted
        ) as house:
            yield house

    async def call(
        self,
        *steps: Step,
        house: House | None = None,
        fault: Mapping[str, object] | None = None,
        sessions: int | None = 1,
        stream: Faults = NO_FAULTS,
        number: str = "",
        voice: Kind = "real",
        representative: Representative | None = None,
    ) -> Told:
        """Place a call and look at all that it leaves. ``fault`` is of its next ``sessions`` Live sessions."""
        house = house or self.here
        number = number or new_number()
        if fault is not None:
            await house.ask(fault=dict(fault), sessions=sessions, match=number.removeprefix("+"))
        report = await self.placed(house, steps or ORDINARY, stream, number, voice, representative)
        return await self.look(house, report)

    async def look(self, house: House, report: CallReport) -> Told:
        """What a call has left, kept with the evidence."""
        told = await looked_up(report, house.data, house.database_url)
        self.calls.append(told)
        await asyncio.to_thread(self._keep, house, told)
        return told

    async def placed(
        self,
        house: House,
        steps: tuple[Step, ...],
        stream: Faults,
        number: str,
        voice: Kind = "real",
        representative: Representative | None = None,
    ) -> CallReport:
        """One call, and what its caller heard; what has no words is recorded, not listened to."""
        caller = Caller(self.row, "", steps, representative=representative or Representative(), number=number)
        return await self.rehearsed(house, await asyncio.to_thread(self.prepared, caller, voice), stream, voice)

    async def rehearsed(
        self, house: House, prepared: Prepared, stream: Faults = NO_FAULTS, voice: Kind = "real"
    ) -> CallReport:
        """The same of a caller who is prepared, and has a number."""
        number = prepared.caller.number
        recording = self.folder / f"{self.row}-{number[-4:]}.wav"
        async with self.speech.room if voice == "real" else contextlib.nullcontext():
            return await rehearse(
                house.server.base_url,
                house.server.public_url,
                house.server.auth_token,
                prepared,
                record_to=recording,
                rest=house.rest,
                to=ANY_CALLED,
                from_=number,
                recogniser=self.speech.ears,
                faults=stream,
                longest_s=LONGEST_S,
                listens=voice == "real",
            )

    def prepared(self, caller: Caller, voice: Kind) -> Prepared:
        """Every word of a caller's as sound; blocking."""
        return prepare(caller, self.speech.voices[voice])

    def _keep(self, house: House, told: Told) -> None:
        """Put the journal beside the recording; the server's log stays with the house."""
        sid = told.report.call_sid
        for journal in (house.data / "journals").glob(f"{sid}*.jsonl"):
            shutil.copy(journal, self.folder / journal.name)
        lines = [line for line in house.log.splitlines() if sid in line]
        (self.folder / f"{sid}.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def hangs_up_after(seconds: float) -> tuple[Step, ...]:
    """A caller who listens for so long and goes."""
    return (Silence(seconds), HangUp())
