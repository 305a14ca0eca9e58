"""Support: tickets, and answers from a small knowledge base. The articles are in ``help/``: write your own."""

import asyncio
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Column, DateTime, MetaData, String, Table, UniqueConstraint, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.toolkit import Caller, ToolError, answer, database, heard_digits, not_found, spoken_digits, tool

tables = MetaData()
tickets = Table(
    "tickets",
    tables,
    Column("number", String(20), primary_key=True),
    Column("call_sid", String(64), nullable=False),
    Column("caller", String(20), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("details", String(2000), nullable=False),
    Column("state", String(20), nullable=False),
    Column("opened_at", DateTime, nullable=False),
    UniqueConstraint("call_sid", "subject"),
)

_TRIES = 3

_STATES = {
    "open": {
        "en": "Ticket {number} is open. A colleague will look at it within one working day.",
        "es": "El caso {number} está abierto. Un compañero lo revisará en un día laborable.",
    },
    "in_progress": {
        "en": "A colleague is working on ticket {number}.",
        "es": "Un compañero está trabajando en el caso {number}.",
    },
    "solved": {
        "en": "Ticket {number} is solved.",
        "es": "El caso {number} está resuelto.",
    },
}
_NO_TICKET = {
    "en": "I can't find a ticket with that number. Could you check it and say it digit by digit?",
    "es": "No encuentro ningún caso con ese número. ¿Puede comprobarlo y decirlo cifra por cifra?",
}
_OPENED = {
    "en": "I have opened ticket {number}. A colleague will get in touch within one working day.",
    "es": "He abierto el caso {number}. Un compañero se pondrá en contacto en un día laborable.",
}
_NOT_OPENED = {
    "en": "I could not open a ticket just now.",
    "es": "No he podido abrir un caso en este momento.",
}
_NOTHING_SAID = {
    "en": "I need to know in a few words what it is about before I can open a ticket.",
    "es": "Antes de abrir un caso necesito saber en pocas palabras de qué se trata.",
}
_NO_ARTICLE = {
    "en": "I have nothing on that in our help pages. A colleague can tell you more.",
    "es": "No encuentro nada sobre eso en nuestra ayuda. Un compañero puede decirle más.",
}


@tool(write=True, idempotent=True)  # one ticket on a subject in a call, however often it is asked for
async def open_ticket(subject: str, details: str, caller: Caller) -> dict[str, object]:
    """Open a support ticket, for what cannot be settled on this call.

    Use it only after the caller has agreed to it.

    Args:
        subject: What it is about, in a few words, such as: stove arrived damaged.
        details: All that a colleague needs to know, with order numbers, in one or two sentences.
    """
    about = " ".join(subject.split())[:200]
    if not about:
        raise ToolError(caller.hears(_NOTHING_SAID), retryable=True)
    number = await _ticket_of_call(about, details, caller)
    return answer(caller.hears(_OPENED).format(number=spoken_digits(number)), ticket_number=number)


@tool
async def ticket_state(ticket_number: str, caller: Caller) -> dict[str, object]:
    """Find out how a support ticket stands.

    Args:
        ticket_number: The ticket's number as the caller said it, in digits, such as 300125.
    """
    query = select(tickets.c.number, tickets.c.state).where(tickets.c.number == heard_digits(ticket_number))
    async with desk.connect() as connection:
        found = (await connection.execute(query)).first()
    if found is None:
        return not_found(caller.hears(_NO_TICKET))
    sentence = caller.hears(_STATES.get(found.state, _STATES["in_progress"]))
    return answer(sentence.format(number=spoken_digits(found.number)), state=found.state)


@tool
async def search_help(question: str, caller: Caller) -> dict[str, object]:
    """Look something up in the shop's help pages: returns, refunds, delivery, payment, warranty, sizes, opening hours.

    Args:
        question: What the caller wants to know, in the caller's own language, in a few words.
    """
    words = [word for word in re.findall(r"\w+", question.lower()) if len(word) > 1 and word not in _EMPTY_WORDS]
    if not words:
        return not_found(caller.hears(_NO_ARTICLE))
    wanted = {
        "words": " OR ".join(f'"{word}"' for word in words[:20]),
        "language": caller.hears({"en": "en", "es": "es"}),
    }
    async with desk.connect() as connection:
        found = (await connection.execute(_SEARCH, wanted)).all()
    if not found:
        return not_found(caller.hears(_NO_ARTICLE))
    return answer(found[0].body, article=found[0].title, see_also=[article.title for article in found[1:]])


# A word in the title counts five times one in the text.
_SEARCH = text(
    "SELECT title, body FROM help WHERE help MATCH :words AND language = :language "
    "ORDER BY bm25(help, 5.0, 1.0, 3.0, 0.0) LIMIT 3"
)

# Words in most questions that say nothing of what is asked.
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        the and are you your can could would will how what when where why who does did for with from that
        this have has had is it its in on of to do my me we us our an at be or if not there about please
        want need know get got like
        el la los las un una unos unas de del en por para con que qué como cómo cuando cuándo donde dónde es
        son hay mi mis su sus me se lo le yo puedo puede quiero necesito saber tengo tiene al si sí no
        """,
    )
)

_ARTICLE = re.compile(r"^# (.+)\n(?:also: (.+)\n)?([^#]*)", re.MULTILINE)


async def _ticket_of_call(about: str, details: str, caller: Caller) -> str:
    """The call's ticket on a subject, opened once: the model may ask twice for one thing, even at once."""
    same = select(tickets.c.number).where(tickets.c.call_sid == caller.call_sid, tickets.c.subject == about)
    for _ in range(_TRIES):
        try:
            async with desk.connect() as connection:
                number: str | None = (await connection.execute(same)).scalar()
                return number or await _insert_ticket(connection, about, details, caller)
        except IntegrityError:  # the same ticket a moment earlier, or another one with this number
            continue
    raise ToolError(caller.hears(_NOT_OPENED), retryable=True)


async def _insert_ticket(connection: AsyncConnection, about: str, details: str, caller: Caller) -> str:
    number = str(300_000 + secrets.randbelow(700_000))
    row = {
        "number": number,
        "call_sid": caller.call_sid,
        "caller": caller.number,
        "subject": about,
        "details": details[:2000],
        "state": "open",
        "opened_at": datetime.now(UTC).replace(tzinfo=None),
    }
    await connection.execute(insert(tickets).values(row))
    return number


async def _first_use(connection: AsyncConnection) -> None:
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if "tickets" not in names:
        await connection.run_sync(tables.create_all)
    # The articles are this file's: what stands in the database is made anew from it.
    await connection.execute(text("DROP TABLE IF EXISTS help"))
    columns = "title, body, words, language UNINDEXED"
    tokens = "tokenize = 'porter unicode61 remove_diacritics 2'"
    await connection.execute(text(f"CREATE VIRTUAL TABLE help USING fts5({columns}, {tokens})"))
    added = text("INSERT INTO help (title, body, words, language) VALUES (:title, :body, :words, :language)")
    articles = await asyncio.to_thread(_articles, Path(__file__).parent / "help")
    if articles:
        await connection.execute(added, articles)


def _articles(folder: Path) -> list[dict[str, str]]:
    """The articles of ``help/<language>.md``: ``# title``, ``also: words``, the answer."""
    return [
        {
            "language": file.stem,
            "title": found[1].strip(),
            "words": (found[2] or "").strip(),
            "body": " ".join(found[3].split()),
        }
        for file in sorted(folder.glob("*.md"))
        for found in _ARTICLE.finditer(file.read_text(encoding="utf-8"))
    ]


desk = database(None, "support.db", first_use=_first_use)
