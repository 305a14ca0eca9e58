"""What is live: the lines as the next call gets them, kept up with the database and the folders."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.check import Problem
from app.lines.content import Content, changed_tools, content_from, shown
from app.lines.folder import Reading, read_folders, signature
from app.lines.published import Examine, Folders, Published, ReadTools, Unreadable, read_version
from app.lines.shelf import Shelf
from app.prompts.lines import Line, line_for
from app.store import versions
from app.store.calls import share_of
from app.store.database import Database
from app.store.versions import FILES, Live, unpublished
from app.toolkit.schema import LoadedTool

log = structlog.get_logger(__name__)

POLL_S = 1.0
DATABASE_TIMEOUT_S = 2.0

# Files that go while they are read, and writing that a reader of ours is not made for: no reason to stop answering.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)

Pause = Callable[[float], Awaitable[None]]
Pointers = Mapping[str, Live]


@dataclass(frozen=True, slots=True)
class _Answer:
    """How a line answers: the live version, and a canary for the calls whose share is below ``percent``."""

    live: Published
    canary: Published | None = None
    percent: float = 0.0

    def to(self, call_sid: str) -> Published:
        return self.canary if self.canary is not None and share_of(call_sid) < self.percent else self.live


class LiveLines:
    """Answers at once from what it knows; ``run`` keeps that up to date. Nothing here raises into a call.

    A change shows within two seconds of its publishing or its saving, in every process. While the database is
    down, and for files with mistakes, what was good stays. ``on_change`` is told of every line's state that
    becomes live, for what has to be made ready for it.
    """

    def __init__(
        self,
        folders: Folders,
        database: Database,
        read_tools: ReadTools,
        examine: Examine,
        *,
        on_change: Callable[[Published], None] = lambda _: None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._folders, self._database = folders, database
        self._read_tools, self._examine = read_tools, examine
        self._on_change, self._pause = on_change, pause
        self._shelf = Shelf(folders.versions)
        self._reading = Reading()
        self._pointers: Pointers = {}
        self._loaded: dict[str, Published] = {}  # versions by id, as read with the tools of now
        self._answers: Mapping[str, _Answer] = {}
        self._unreadable: frozenset[str] = frozenset()  # not tried again before something changes
        self._said: set[object] = set()  # told once
        self._database_down = False

    # ---- asked by calls

    def all(self) -> Mapping[str, Line]:
        """The lines that are live, by name."""
        return {name: answer.live.line for name, answer in self._answers.items()}

    def answering(self, called: str, call_sid: str) -> Published | None:
        """What a call to this number starts with; None when no line has the number."""
        line = line_for(self.all(), called)
        return self.named(line.name, call_sid) if line else None

    def named(self, line: str, call_sid: str) -> Published | None:
        """What a call on this line starts with."""
        answer = self._answers.get(line)
        return answer.to(call_sid) if answer else None

    def states(self) -> tuple[Published, ...]:
        """Every state that a call may start with now, the canaries too."""
        return tuple(one for answer in self._answers.values() for one in (answer.live, answer.canary) if one)

    def tools(self) -> Mapping[str, LoadedTool]:
        """The tools of the folder by name; of one with a mistake, what was there before."""
        return self._reading.tools

    def mistakes(self) -> tuple[Problem, ...]:
        """What is wrong in the folders as they are now."""
        return self._reading.mistakes

    # ---- kept up to date

    def start(self) -> tuple[Problem, ...]:
        """Read the folders and what was last known to be live, before there is an event loop.

        The mistakes in the files that callers would get are for whoever starts the house.
        """
        self._reading = read_folders(self._folders, self._read_tools, self._examine, Reading())
        self._pointers = self._shelf.noted()
        for id in self._wanted(self._pointers):
            self._load_from_shelf(id)
        self._apply()
        pinned = [self._folders.prompts / name for name, live in self._pointers.items() if self._is_pinned(name, live)]
        mistakes = self._reading.mistakes
        return tuple(one for one in mistakes if not any(one.file.is_relative_to(home) for home in pinned))

    def _load_from_shelf(self, id: str) -> None:
        content = self._shelf.find(id)
        try:
            if content is not None:
                self._load(content)
        except (Unreadable, OSError) as error:
            self._tell_unreadable(id, error)

    def _is_pinned(self, line: str, live: Live) -> bool:
        return live.version != FILES and line in self._answers

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await self._pause(POLL_S)

    async def look(self) -> None:
        """Take in what has changed in the folders and in the database."""
        changed = await self._read_folders()
        pointers = await self._read_pointers()
        if not changed and pointers == self._pointers and not self._missing(pointers):
            return
        if pointers != self._pointers:
            await self._note(pointers)
        kept = set() if changed else self._wanted(pointers)
        self._loaded = {id: one for id, one in self._loaded.items() if id in kept}
        self._pointers, self._unreadable = pointers, frozenset()
        for id in self._missing(pointers):
            await self._fetch(id)
        self._apply()

    async def _read_folders(self) -> bool:
        """Read what was edited; True when that was something."""
        now = await asyncio.to_thread(signature, self._folders)
        if now == self._reading.signature:
            return False
        before = self._reading
        read = partial(read_folders, self._folders, self._read_tools, self._examine, before)
        try:
            self._reading = await asyncio.to_thread(read)
        except _UNREADABLE as error:
            self._reading = replace(before, signature=now)
            log.error("edited files cannot be read", error=repr(error), next="callers get what was there before")
            return False
        if self._reading.mistakes and self._reading.mistakes != before.mistakes:
            self._tell_mistakes(self._reading.mistakes)
        elif not self._reading.mistakes:
            log.info("the files of lines and tools are read again", lines=sorted(self._reading.lines))
        return True

    def _tell_mistakes(self, mistakes: tuple[Problem, ...]) -> None:
        first = mistakes[0]
        log.error(
            "edited files have mistakes",
            at=f"{first.file}:{first.line}",
            problem=first.what,
            mistakes=len(mistakes),
            next="callers get what was there before; mend the file, `frontline check` lists every mistake",
        )

    async def _read_pointers(self) -> Pointers:
        """What is live by the database; as known before while it does not answer."""
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT_S):
                await self._database.open()
                pointers = await versions.all_live(self._database)
        except (SQLAlchemyError, OSError) as error:  # TimeoutError is an OSError
            self._tell_down(error)
            return self._pointers
        if self._database_down:
            log.info("database answers again")
        self._database_down = False
        return pointers

    def _tell_down(self, error: Exception) -> None:
        if not self._database_down:
            log.error("database not reached", error=type(error).__name__, next="callers get what was live before")
        self._database_down = True

    async def _note(self, pointers: Pointers) -> None:
        try:
            await asyncio.to_thread(self._shelf.note, pointers)
        except OSError as error:
            log.warning("what is live cannot be noted", error=type(error).__name__, next="see that the disk has room")

    # ---- versions

    def _wanted(self, pointers: Pointers) -> set[str]:
        named = {id for live in pointers.values() for id in (live.version, live.canary_version) if id}
        return named - {FILES}

    def _missing(self, pointers: Pointers) -> list[str]:
        return sorted(self._wanted(pointers) - set(self._loaded) - self._unreadable)

    async def _fetch(self, id: str) -> None:
        """Read a version from the shelf, or from the database onto the shelf."""
        try:
            content = await asyncio.to_thread(self._shelf.find, id) or await self._kept(id)
            await asyncio.to_thread(self._load, content)
        except (SQLAlchemyError, OSError) as error:
            self._tell_unreadable(id, error)
        except (Unreadable, ValueError) as error:
            self._unreadable |= {id}
            self._tell_unreadable(id, error)
        else:
            self._said.discard(id)

    async def _kept(self, id: str) -> Content:
        async with asyncio.timeout(DATABASE_TIMEOUT_S):
            kept = await versions.version(self._database, id)
        if kept is None:
            raise ValueError("it is not in the database")
        content = content_from(kept.content)
        if content.id != id:
            raise ValueError("it was changed in the database")
        return content

    def _tell_unreadable(self, id: str, error: Exception) -> None:
        if id in self._said:
            return
        self._said.add(id)
        # A database's own message may hold what it was asked; ours say what is wrong with the version.
        told = str(error) if isinstance(error, Unreadable | ValueError) else type(error).__name__
        log.error(
            "a version cannot be served",
            version=shown(id),
            problem=told,
            next="callers get what was live before; `frontline lines rollback` or publish it again",
        )

    def _load(self, content: Content) -> None:
        one = read_version(content, self._shelf, self._read_tools, self._reading.tools)
        self._loaded[one.version] = one
        changed = changed_tools(content, self._reading.tools)
        if changed and (one.version, changed) not in self._said:
            self._said.add((one.version, changed))
            log.warning(
                "a version was written for other tools",
                line=content.line,
                version=shown(one.version),
                tools=changed,
                next="it is served all the same; check the line and publish it again",
            )

    # ---- answers

    def _apply(self) -> None:
        before, known = self._answers, {one.version for one in self.states()}
        names = sorted({*self._reading.lines, *self._pointers})
        pointers = [self._pointers.get(name) or unpublished(name) for name in names]
        answers = {live.line: self._answer(live, before.get(live.line)) for live in pointers}
        self._answers = {name: answer for name, answer in answers.items() if answer is not None}
        self._tell_claims()
        self._tell_resting()
        for one in self.states():
            if one.version not in known:
                self._on_change(one)

    def _answer(self, live: Live, before: _Answer | None) -> _Answer | None:
        files = self._reading.lines.get(live.line)
        one = files if live.version == FILES else self._loaded.get(live.version)
        if one is None:  # it cannot be read, or not yet
            return before or (_Answer(files) if files else None)
        answer = _Answer(one)
        canary = self._loaded.get(live.canary_version or "")
        return replace(answer, canary=canary, percent=live.canary_percent) if canary else answer

    def _tell_claims(self) -> None:
        """One number, one line: the first by name answers, and somebody is told."""
        owner: dict[str, str] = {}
        for name, line in self.all().items():
            for number in line.numbers:
                first = owner.setdefault(number, name)
                claim = (number, first, name)
                if first != name and claim not in self._said:
                    self._said.add(claim)
                    log.error("two lines have one number", lines=[first, name], next=f"{first} answers it; edit one")

    def _tell_resting(self) -> None:
        """A tool that a line names and that does nothing: ops can change that, and are told once."""
        off = {(one.line.name, name): tool.off for one in self.states() for name, tool in one.tools.items() if tool.off}
        for (line, name), why in off.items():
            if (line, why) not in self._said:
                self._said.add((line, why))
                log.warning(
                    "a tool of a line is off", line=line, tool=name, why=why, next="what `why` says, and restart"
                )
