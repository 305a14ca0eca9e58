"""How a call is to be led by its line: the rules, the tools, what it wishes of its Live sessions."""

from collections.abc import Mapping
from dataclasses import replace

from app.call.claims import kinds_of
from app.call.house_tools import ALLOW_RECORDING, SWITCH_LANGUAGE
from app.call.ladder import WAYS
from app.call.rules import Rules
from app.gemini.models import model, takes_context_update
from app.gemini.setup import SetupWish, silence_ms
from app.house import House, Visit
from app.line_wish import wish_of
from app.lines.published import Published
from app.prices.of_call import priced
from app.prompts.line import hands_off_now
from app.prompts.lines import Line, greeting, instruction
from app.prompts.tongues import english_name
from app.toolkit import Caller
from app.toolkit.runner import ToolRunner
from app.toolkit.schema import LoadedTool
from app.twilio.callers import hidden

Tools = Mapping[str, LoadedTool]

SESSION_WAIT_S = 8.0  # for a caller who just called
GATHER_MS = 200.0  # a message of sound to the phone costs little more than one of 40 ms


def overridden(house: House, line: Line) -> Line:
    """The line with the settings that go before what it says."""
    over = house.overrides
    return replace(
        line,
        model=over.model or line.model,
        longest_call_s=over.longest_call_s or line.longest_call_s,
        silence_s=over.silence_s or line.silence_s,
    )


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
    return ToolRunner(published.tools, caller, texts=texts, links=line.links, offered=line.tools, secret=house.secret)


def rules_for(house: House, line: Line, tools: Tools, visit: Visit, *, cached: bool) -> Rules:
    """How the call is to be led."""
    language, used = line.languages[0], {name: tools[name] for name in line.tools if name in tools}
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
        context_notes=model(line.model).context_notes,
        greeting_cached=cached,
        discloses=line.disclosure == "greeting",
        recording=line.recording,
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
        claims=_claims(line, used),
        tools_per_turn=line.tools_per_turn,
        cost_limit_usd=_cost_limit(house, line),
        cost_way=line.cost_limit_way,
        **priced(house.prices, models_by_route(house, line), line.tools, visit.now.date()),
        end_of_speech_ms=silence_ms(line.vad, line.end_of_speech_ms),
        estimates_cost=True,
        splits_gaps=True,
        gather_ms=GATHER_MS,
        notice_of_listening=line.notice_of_listening,
        digits_ms=line.digits_ms,
    )


def _claims(line: Line, used: Tools) -> dict[str, tuple[str, ...]]:
    """What tools that write can be said to have done."""
    written = {name: kinds_of(name, tool.spec.description) for name, tool in used.items() if tool.options.write}
    return written | {name: ("send",) for name in ("send_text", "send_code") if name in line.tools}


def models_by_route(house: House, line: Line) -> dict[str, str]:
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
    """The line's tools; those for a change of language and a word on recording where callers may have such wishes."""
    changes = line.language_policy in ("on_request", "ask") and len(line.languages) > 1
    wanted = {SWITCH_LANGUAGE: changes, ALLOW_RECORDING: line.recording != "off"}
    return (*line.tools, *(name for name, is_wanted in wanted.items() if is_wanted and name not in line.tools))


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
    return replace(
        wish_of(line, tools.specs(_names(line))),
        instruction=instruction(line, language, visit.caller, visit.now, visit.facts),
        languages=(language, *others),
        language=language,
        follows=line.language_policy == "follow" and bool(others),
        resumption=resumes,
    )
