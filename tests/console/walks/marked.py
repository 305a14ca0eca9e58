"""Texts that are markup, code or a formula, in every place of the store where somebody's text can come to stand."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from app.call.commands import RecordCost, RecordEnd, RecordFlag, RecordTool, RecordTurn
from app.call.events import SupervisorAsked
from app.call.glance import Glance
from app.main import Frontline
from app.store import accounts, alerts, analyses, annotations, audit, views
from app.store.accounts import Invitation
from app.store.alerts import Alert
from app.store.analyses import Analysis, Correction, Criterion, Made
from app.supervision import Seen
from app.telling import Told

SID: Final = "CA" + "7" * 32
PROBE: Final = "xssprobe"
EVALUATED: Final = str(1337 * 1337)  # what a template would make of the text
FORMULA: Final = '=HYPERLINK("https://evil.example")'
ADDRESS: Final = "javascript:xssprobe()"
NOW: Final = datetime.now(UTC)


PLACED: Final[set[str]] = set()


def marked(name: str) -> str:
    """A text that leaves a tag, an attribute, a script or a comment; ``name`` tells where it stood."""
    PLACED.add(name)
    tag = f"\"><{PROBE} x={name} onload=alert(1)>'{PROBE}='1 {{{{1337*1337}}}}{{0}}${{1337*1337}}<%=1337*1337%>"
    return f"{tag}</textarea></title></script><script>{PROBE}()</script>--><!--]]>\u2028\u202e`"


MARK: Final = marked("finding")
NAMES: Final = {role: f"{role} {marked('person')}" for role in ("viewer", "ops")}
# Numbers without their middle, a status cut to its column, who gave a tag: none of them is shown as it stands.
NOT_SHOWN: Final = frozenset({"call.caller", "call.called", "now.caller", "tool.status", "tag.who"})


class Floor:
    """One call going on, all of it marked."""

    async def going_on(self) -> Sequence[Seen]:
        glance = Glance("talking", 3.0, marked("now.language"), tools=((marked("now.tool"), 1.0),), hands_off=True)
        whose = marked("now.caller"), "+12125550123", NOW
        return [Seen(SID, marked("now.line"), "v1", *whose, glance, marked("now.words"), marked("now.answer"))]

    def ask(self, call_sid: str, asked: SupervisorAsked) -> bool:
        del call_sid, asked
        return False

    def speak(self, call_sid: str, pcm: bytes) -> None:
        del call_sid, pcm


class Watched:
    """What goes on in it."""

    async def watch(self, call_sid: str) -> AsyncGenerator[Told, None]:
        del call_sid
        yield Told("words", 1.0, {"side": "caller", "text": marked("feed") + "\n\nevent: evil\r\rdata: {}"})


async def write_marked(frontline: Frontline) -> None:
    """Put all of it where the pages read."""
    await _call(frontline, SID, marked)
    await _call(frontline, SID.replace("7", "8"), lambda _: FORMULA)
    await _call(frontline, SID.replace("7", "9"), lambda _: ADDRESS)
    assert await frontline.writer.drain(60)
    await _of_people(frontline)
    database = frontline.database
    alert = (marked("alert.told"), 1.0, (SID,), NOW, NOW)
    async with database.engine.begin() as connection:
        await alerts.open_alert(connection, Alert(uuid4(), marked("alert.rule"), "warning", "open", *alert))
        over = Alert(uuid4(), marked("past.rule"), "warning", "resolved", *alert, NOW, NOW, marked("past.acked"))
        await alerts.open_alert(connection, over)
    await audit.add(database, marked("audit.who"), "call.heard", marked("audit.object"), {"note": marked("audit.note")})
    invitation = Invitation("i" * 64, "qa", marked("invitation"), NOW, NOW + timedelta(hours=1))
    await accounts.invite(database, invitation)


async def _call(frontline: Frontline, sid: str, told: Callable[[str], str]) -> None:
    started = frontline.writer.records_for(
        *(sid, told("call.line"), told("call.language")[:30], told("call.caller"), told("call.called"), NOW),
        version=told("call.version"),
        model=told("call.model"),
    )
    source = {"title": told("source"), "uri": ADDRESS}
    started.turn(RecordTurn(1, "caller", told("heard"), told("unheard"), 0.5, 2.0, told("turn.language")[:30]))
    started.turn(RecordTurn(2, "assistant", "Yes.", "", 3.0, 4.0, None, 2_500, sources=(source,), told_ms=1))
    noted = {told("args.key"): told("args")}, {told("response.key"): [told("response")]}
    started.tool(RecordTool("t1", told("tool.name"), *noted, told("tool.status")[:14], 100, 2.5))
    started.flag(RecordFlag(told("flag.name"), 2.6, told("flag.detail")))
    started.cost(RecordCost(told("cost.item"), 3.0, "token", 0.1))
    started.end(RecordEnd(told("disposition"), "caller", 5.0, problem=told("problem"), cost_usd=0.2))
    assert await frontline.writer.drain(60)
    made = Analysis(
        *(told("summary"), told("reason"), "solved", "neutral", 50),
        criteria=(Criterion("c", told("criterion"), "met", told("criterion.why")),),
        follow_ups=(told("follow_up"),),
    )
    async with frontline.database.engine.begin() as connection:
        await analyses.write(connection, Made(sid, made, NOW, "model"))
    correction = Correction(sid, "reason", told("correction"), told("corrector"), NOW, told("correction.note"))
    await analyses.correct(frontline.database, correction)
    await annotations.note(frontline.database, sid, told("note.who"), told("note"))
    await annotations.tag(frontline.database, sid, told("tag.who"), told("tag"))


async def _of_people(frontline: Frontline) -> None:
    for one in await accounts.all_accounts(frontline.database):
        await views.keep(frontline.database, one.name, f"my {marked('view')}", "line=shop")
