"""What of the house the pages work with."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from app.alerts.rules import Rule
from app.console.moments import Moments
from app.console.others import Others
from app.doctor import Finding
from app.feed import Feed
from app.fittings import Reader
from app.house import House
from app.lines.live import LiveLines
from app.lines.proof import Proofs
from app.meaning.figured import Figured
from app.recording.reading import Sound
from app.settings import Settings
from app.softphone.booth import Booth
from app.store.database import Database
from app.store.envelope import Keys
from app.store.erasure import Places
from app.supervision import Floor
from app.switchboard import Switchboard
from app.twilio.rest import CallControl


@dataclass(frozen=True, slots=True)
class Parts:
    """Made by ``main``; a page that needs another part of the house has it added here.

    ``house`` is what calls are furnished with, once it is up.
    ``proofs`` have the workshop of the lines, and know their mistakes.
    ``sounds`` are what can be heard of a call, by its CallSid; it raises SQLAlchemyError and OSError.
    ``keys`` seals short secrets in the database; it gives None where its processes have no keys in common.
    ``places`` are where calls leave something, for what is deleted of them; it raises OSError and ValueError.
    ``others`` are the calls of the other processes; ``process`` is this one's id on their roll.
    ``moments`` makes once what many look at.
    ``public_url`` is where Twilio reaches the house (in a rehearsal, a name that leads nowhere).
    """

    settings: Settings
    database: Database
    switchboard: Switchboard
    floor: Floor
    feed: Feed
    house: Callable[[], House | None]
    lines: LiveLines
    proofs: Proofs
    reader: Reader
    public_url: str
    control: CallControl | None
    booth: Booth
    rules: Sequence[Rule]
    sounds: Callable[[str], Awaitable[Sequence[Sound]]]
    keys: Callable[[], Keys | None]
    places: Callable[[], Places]
    examine: Callable[[Settings], Awaitable[list[Finding]]]
    process: str = ""
    others: Others = field(default_factory=Others)
    moments: Moments = field(default_factory=Moments)
    figured: Figured = field(default_factory=Figured)
