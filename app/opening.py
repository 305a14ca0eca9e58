"""Makes the bridge of a new call from its line: the rules, the session's setup, the tools, the records."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache, partial

from google import genai

from app.audio.pcm import Audio
from app.bridge import Bridge
from app.call.claims import kinds_of
from app.call.commands import Command, Record
from app.call.events import Event, PhraseFound
from app.call.house_tools import SWITCH_LANGUAGE
from app.call.ladder import WAYS
from app.call.machine import Call
from app.call.past import Used
from app.call.rules import Rules
from app.gemini.client import Place
from app.gemini.models import Backend, model, takes_context_update
from app.gemini.quota import Quota
from app.gemini.session import LiveModel
from app.gemini.setup import SetupWish, silence_ms
from app.greetings import GreetingCache, GreetingKey
from app.lines.published import Published
from app.meaning.counting import Counted
from app.prices import Prices, shipped
from app.prices.of_call import priced
from app.prompts.languages import main_language
from app.prompts.line import hands_off_now
from app.prompts.lines import Line, greeting, instruction
from app.prompts.tongues import english_name
from app.redaction.hiding import Hiding
from app.redaction.records import RecordRedaction
from app.store.journal import CallJournal, JournalFolder
from app.store.processes import Process, this_process
from app.store.writer import CallRecords, RecordWriter
from app.toolkit import Caller
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from app.toolkit.texts import Texts
from app.twilio.callers import hidden
from app.twilio.rest import CallControl

Tools = Mapping[str, LoadedTool]

SOUNDED = ("one_moment", "lost_the_line")  # phrases that callers may have to hear while no session can say them
SESSION_WAIT_S = 8.0  # for a caller who just called
SHARED = "phrases"  # stands for the line in what a phrase's sound is kept under: every line has the same


@dataclass(frozen=True, slots=True)
class Overrides:
    """Settings that go before what a line says; None leaves it to the line."""

    model: str | None = None
    longest_call_s: float | None = None
    silence_s: float | None = None


@dataclass(frozen=True, slots=True)
class House:
    """What all calls share. ``texts`` gives the way to text callers from a number of ours, where there is one.

    ``context_updates`` None leaves it to the model's row whether an open session takes new instructions.
    """

    client: genai.Client
    backend: Backend
    writer: RecordWriter
    journals: JournalFolder
    greetings: GreetingCache | None = None
    process: Process = field(default_factory=this_process)
    control: CallControl | None = None
    texts: Callable[[str], Texts] | None = None
    overrides: Overrides = Overrides()
    live_connect_s: float = 5.0
    live_raw: bool = True
    uplink_ms: int = 40
    context_updates: bool | None = None
    second: Place | None = None
    quota: Quota = field(default_factory=Quota)
    renew_after_s: float | None = None
    fresh_after_s: float | None = None
    redacts: bool = True
    prices: Prices = field(default_factory=shipped)
    cost_per_call_usd: float | None = None
    resumes: bool = True


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose call it is that begins, and what was looked up about the caller."""

    call_sid: str
    caller: str
    called: str
    facts: Mapping[str, object]
    now: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """What a call brings along that comes here from another process.

    ``call`` is restored from its journal, whose next ``segment`` begins ``after`` so many steps of the one before;
    None where only the records were left. ``taken`` are steps made since, ``part`` keeps rows apart.
    """

    call: Call | None
    clock: Callable[[], float] = time.monotonic
    segment: int = 1
    after: int | None = None
    taken: Sequence[tuple[Event, list[Command], float]] = ()
    uses: Sequence[Used] = ()
    records: Sequence[Record] = ()
    part: str = ""


def bridge_for(house: House, published: Published, visit: Visit, past: Past | None = None) -> Bridge:
    """The bridge of one call that is about to start, or comes here. It keeps what is published now to its end."""
    line = _overridden(house, published.line)
    language = line.languages[0]
    sound = greeting_sound(house, line, language) if past is None else None
    tools = runner_for(house, published, visit)
    wish = partial(wish_for, line, tools, visit, resumes=house.resumes)
    call = past.call if past is not None else None
    call = call or Call(rules_for(house, line, published.tools, visit, cached=sound is not None))
    records = house.writer.records_for(
        *(visit.call_sid, line.name, language, visit.caller, visit.called, visit.now),
        version=published.version,
        prompt_hash=published.prompt_hash,
        model=line.model,
        part="" if past is None else past.part,
        redaction=RecordRedaction(language, _kept(line.not_redacted)) if house.redacts else None,
    )
    clock = time.monotonic if past is None else past.clock
    hiding = Hiding(language, _kept(line.not_redacted), _choosing(line)) if house.redacts else None
    journal = _journal(house, visit.call_sid, call.rules, clock, past, hiding)
    if past is not None:
        _remember(past, tools, records, journal)
    return Bridge(
        call,
        model=lambda feed: LiveModel(
            house.client,
            wish(language),
            feed,
            backend=house.backend,
            wishes=wish,
            context_updates=house.context_updates,
            connect_within_s=house.live_connect_s,
            raw=house.live_raw,
            uplink_ms=house.uplink_ms,
            second=house.second,
            on_loss=house.quota.lost,
        ),
        tools=tools,
        records=Counted(records, records.start, call.tools),
        journal=journal,
        greeting=sound,
        phrases=phrase_sounds(house, line),
        hang_up=partial(house.control.hang_up, visit.call_sid) if house.control is not None else None,
        clock=clock,
        is_over=partial(house.control.is_over, visit.call_sid) if house.control is not None else None,
    )


@lru_cache(maxsize=256)
def _kept(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


def _choosing(line: Line) -> frozenset[str]:
    """The keys that choose a language as the call begins."""
    return frozenset(line.language_keys) if line.language_policy == "ask" else frozenset()


def _journal(
    house: House,
    call_sid: str,
    rules: Rules,
    clock: Callable[[], float],
    past: Past | None,
    hiding: Hiding | None,
) -> CallJournal:
    """The call's journal, or its next segment; its head says whose it is and how its clock goes."""
    now = clock()
    about: dict[str, object] = {"t": now, "offset": now - time.monotonic(), "process": asdict(house.process)}
    if past is None:
        return house.journals.open(call_sid, rules, about, hiding=hiding)
    about |= {} if past.after is None else {"after": past.after}
    return house.journals.open(call_sid, rules, about, segment=past.segment, hiding=hiding)


def _remember(past: Past, tools: ToolRunner, records: CallRecords, journal: CallJournal) -> None:
    """Take over what the call did before; its records are written again, which changes nothing where they are."""
    tools.remember(past.uses)
    records.claim()
    for record in past.records:
        records.again(record)
    for event, commands, at in past.taken:
        journal.wrote(event, commands, at)


def _overridden(house: House, line: Line) -> Line:
    over = house.overrides
    return replace(
        line,
        model=over.model or line.model,
        longest_call_s=over.longest_call_s or line.longest_call_s,
        silence_s=over.silence_s or line.silence_s,
    )


# ---- the greeting's sound


def greeting_key(line: Line, language: str) -> GreetingKey | None:
    """What the sound of a line's greeting is kept under; None for one that is another in every call."""
    if not line.greeting_is_fixed(language):
        return None
    said = greeting(line, language, "", datetime.now(UTC))
    return GreetingKey(line.name, language, line.voice, line.model, said)


def greeting_sound(house: House, line: Line, language: str) -> Audio | None:
    """The sound of the line's greeting, if it was made; else it is asked for, for the calls to come."""
    key = greeting_key(line, language) if house.greetings is not None else None
    if house.greetings is None or key is None:
        return None
    sound = house.greetings.sound(key)
    if sound is None:
        house.greetings.want(key)
    return sound


def prepare_greetings(house: House, published: Published) -> None:
    """Have the greetings' sound made when a line goes live, before anybody calls it."""
    line = _overridden(house, published.line)
    for language in _prepared(line):
        greeting_sound(house, line, language)
    phrase_sounds(house, line)


def _prepared(line: Line) -> tuple[str, ...]:
    """The languages a call to the line may begin in."""
    return line.languages if line.language_policy == "ask" else line.languages[:1]


def phrase_sounds(house: House, line: Line) -> tuple[PhraseFound, ...]:
    """The phrases whose sound is at hand. Those a call may begin with are asked for, for the calls to come."""
    greetings = house.greetings
    if greetings is None:
        return ()
    found = []
    for language in line.languages:
        for name in SOUNDED:
            key = phrase_key(line, language, name)
            sound = greetings.sound(key) if key is not None else None
            if sound is not None:
                found.append(PhraseFound(name, language, sound))
            elif key is not None and language in _prepared(line):
                greetings.want(key)
    return tuple(found)


def phrase_key(line: Line, language: str, name: str) -> GreetingKey | None:
    """What a phrase's sound is kept under; None for one that nobody has written in this language."""
    sentence = line.phrases[language].get(name, "")
    if not sentence or main_language(line.phrases_language[language]) != main_language(language):
        return None
    return GreetingKey(SHARED, language, line.voice, line.model, sentence)


# ---- the call


def runner_for(house: House, published: Published, visit: Visit) -> ToolRunner:
    """The tools of the call, for its caller."""
    line = published.line
    caller = Caller(
        number=visit.caller,
        call_sid=visit.call_sid,
        line=line.name,
        language=line.languages[0],
        version=published.version,
    )
    texts = None if house.texts is None else house.texts(line.text_number or visit.called)
    return ToolRunner(published.tools, caller, texts=texts, links=line.links, offered=line.tools)


def rules_for(house: House, line: Line, tools: Tools, visit: Visit, *, cached: bool) -> Rules:
    """How the call is to be led."""
    language = line.languages[0]
    row = model(line.model)
    used = {name: tools[name] for name in line.tools if name in tools}
    return Rules(
        line=line.name,
        language=language,
        greeting=greeting(line, language, visit.caller, visit.now, visit.facts),
        phrases=dict(line.phrases[language]),
        tools=_names(line),
        handoff_number=line.handoff_number if hands_off_now(line, visit.now) else None,
        session_wait_s=SESSION_WAIT_S,
        unreachable=ways_out(line, records=house.control is not None, unknown=hidden(visit.caller)),
        silence_s=line.silence_s,
        longest_call_s=line.longest_call_s,
        quiet_tools=tuple(name for name, tool in used.items() if not tool.options.filler),
        context_notes=row.context_notes,
        greeting_cached=cached,
        discloses=line.disclosure == "greeting",
        languages=line.languages,
        language_policy=line.language_policy,
        language_keys=dict(line.language_keys),
        language_names={tag: english_name(tag) for tag in line.languages},
        greetings={tag: greeting(line, tag, visit.caller, visit.now, visit.facts) for tag in line.languages},
        phrases_in={tag: dict(line.phrases[tag]) for tag in line.languages},
        phrases_written_in=dict(line.phrases_language),
        context_updates=takes_context_update(line.model, house.backend, house.context_updates),
        renew_after_s=house.renew_after_s,
        fresh_after_s=house.fresh_after_s,
        second_route=house.second is not None,
        writes=tuple(name for name, tool in used.items() if tool.options.write),
        confirmed_tools=tuple(name for name, tool in used.items() if tool.options.confirm),
        fillers=_fillers(used),
        scheduling={name: tool.options.scheduling for name, tool in used.items() if tool.options.scheduling},
        claims={name: kinds_of(name, tool.spec.description) for name, tool in used.items() if tool.options.write}
        | {name: ("send",) for name in ("send_text", "send_code") if name in line.tools},
        tools_per_turn=line.tools_per_turn,
        cost_limit_usd=_cost_limit(house, line),
        cost_way=line.cost_limit_way,
        **priced(house.prices, _models(house, line), line.tools, visit.now.date()),
        end_of_speech_ms=silence_ms(line.vad, line.end_of_speech_ms),
        estimates_cost=True,
        splits_gaps=True,
        digits_ms=line.digits_ms,
    )


def _models(house: House, line: Line) -> dict[str, str]:
    """The model that is paid for, by route."""
    return {"first": line.model, "second": (house.second.model if house.second else None) or line.model}


def _cost_limit(house: House, line: Line) -> float | None:
    """The house's limit or the line's, whichever is lower."""
    limits = [usd for usd in (house.cost_per_call_usd, line.cost_limit_usd) if usd is not None]
    return min(limits, default=None)


def ways_out(line: Line, *, records: bool, unknown: bool) -> tuple[str, ...]:
    """What is tried in turn when the assistant cannot be had: the line's wish, then what remains if nobody answers.

    ``records``: a recording can be fetched from Twilio. An ``unknown`` caller cannot be called back.
    """
    there = {"hand_off": True, "voicemail": records, "callback": not unknown}
    first = WAYS.index(line.unreachable or WAYS[0])
    return (*(way for way in WAYS[first:-1] if there[way]), WAYS[-1])


def _names(line: Line) -> tuple[str, ...]:
    """The line's tools; where a caller may change the language by asking, the tool for that is among them."""
    changes = line.language_policy in ("on_request", "ask") and len(line.languages) > 1
    return (*line.tools, SWITCH_LANGUAGE) if changes and SWITCH_LANGUAGE not in line.tools else line.tools


def _fillers(used: Tools) -> dict[str, dict[str, tuple[str, ...]]]:
    """What is said while tools take long: language → tool → sentences."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, tool in used.items():
        for language, sentences in (tool.options.waiting or {}).items():
            found.setdefault(language, {})[name] = tuple(sentences)
    return found


def wish_for(line: Line, tools: ToolRunner, visit: Visit, language: str, *, resumes: bool = True) -> SetupWish:
    """What the line wishes of its Live sessions while the call is led in ``language``; none is resumed unless it
    ``resumes``, so that Google keeps nothing of it."""
    others = tuple(tag for tag in line.languages if tag != language)
    return SetupWish(
        model=line.model,
        voice=line.voice,
        instruction=instruction(line, language, visit.caller, visit.now, visit.facts),
        languages=(language, *others),
        language=language,
        follows=line.language_policy == "follow" and bool(others),
        tools=tools.specs(_names(line)),
        vad=line.vad,
        end_of_speech_ms=line.end_of_speech_ms,
        temperature=line.temperature,
        thinking=line.thinking,
        affective_dialog=line.affective_dialog,
        proactive_audio=line.proactive_audio,
        google_search=line.google_search,
        resumption=resumes,
    )
