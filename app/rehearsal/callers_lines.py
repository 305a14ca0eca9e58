"""The rehearsed callers of the six lines: each phones one line and wants something of its tools done."""

from collections.abc import Mapping
from dataclasses import replace

from app.rehearsal.callers import CALLERS, Caller, EnterCode, Expectations, Interrupt, Say, Step, Wait, WaitForEnd

_BYE: tuple[Step, ...] = (Say("Thank you, that's all. Goodbye."), WaitForEnd(40))


def _turns(*said: str | Step) -> tuple[Step, ...]:
    """Wait for the greeting, say each sentence and wait for the answer; a step stands for itself. Then goodbye."""
    steps: list[Step] = [Wait()]
    for each in said:
        steps += [Say(each), Wait()] if isinstance(each, str) else [each]
    return (*steps, *_BYE)


_STORE = (
    Caller(
        "store-return",
        "sends order 1032 back, with the postcode it went to",
        _turns("I would like to return order 1032, it is too small.", "It is 1 0 0 1 4.", "Yes, please."),
        Expectations(
            heard=(r"return.*(order|1.?0.?3.?2)", r"\bstarted\b"),
            tools=("verify_order", "start_return"),
            ended_by="app",
            effects=("store.return",),
        ),
        line="store",
        number="+12125550147",
    ),
    Caller(
        "store-refund",
        "asks into the greeting how the refund of order 1018 stands",
        (
            Interrupt("Where is the refund for order 1018?", after_ms=1_500),
            Wait(),
            Say("My postcode is 1 0 0 2 5."),
            Wait(),
            *_BYE,
        ),
        Expectations(
            heard=(r"\brefund\b",),
            tools=("verify_order", "refund_state"),
            ended_by="app",
            barge_ins=1,
            effects=("store.no_return",),
        ),
        line="store",
        number="+12125550123",
    ),
)

_CLINIC = (
    Caller(
        "clinic-book",
        "books an appointment on Tuesday morning",
        _turns(
            "I would like to book an appointment.",
            "On Tuesday, please.",
            "At 11 a.m., please.",
            "My name is Olivia Stone.",
            "Yes, that is right.",
        ),
        Expectations(
            heard=(r"\bbooked\b",),
            tools=("book_appointment",),
            ended_by="app",
            effects=("clinic.booked",),
        ),
        line="clinic",
        number="+12025550171",
    ),
    Caller(
        "clinic-move",
        "moves her appointment to Wednesday",
        _turns(
            "I need to move my appointment to another day.",
            "To Wednesday, please.",
            "At 11 a.m., please.",
            "My date of birth is May 17 1984.",
            "My surname is Miller.",
            "Yes, please.",
        ),
        Expectations(
            heard=(r"\bmoved\b|\bit is now\b",),
            tools=("verify_patient", "move_appointment"),
            ended_by="app",
            effects=("clinic.moved",),
        ),
        line="clinic",
        number="+12025550143",
    ),
    Caller(
        "clinic-nurse",
        "asks what to take for a fever, and is promised the nurse",
        (
            Interrupt("I have a question for the nurse, what can I take for a fever?", after_ms=2_500),
            Wait(),
            *_BYE,
        ),
        Expectations(
            heard=(r"\bnurse\b",),
            tools=("ask_nurse",),
            ended_by="app",
            barge_ins=1,
            effects=("clinic.question",),
        ),
        line="clinic",
        number="+12025550172",
    ),
)

_BANK = (
    Caller(
        "bank-balance",
        "asks for the balance, shows who she is and keys in the code that comes by text",
        _turns(
            "What is the balance of my account?",
            "My account number is 3 0 5 7 1 9.",
            "The postcode is 1 0 0 1 4.",
            EnterCode(),
            Wait(),
        ),
        Expectations(
            heard=(r"\bbalance\b.*\d",),
            tools=("verify_account", "send_code", "check_code", "balance"),
            ended_by="app",
            texts=(r"\d{4,8}",),
            effects=("bank.no_block",),
        ),
        line="bank",
        number="+12025550143",
    ),
    Caller(
        "bank-card",
        "has lost a card, cuts in and has it blocked",
        (
            Interrupt("I lost my card, please block my card.", after_ms=1_200),
            Wait(),
            Say("The last four digits are 3 3 0 7."),
            Wait(),
            Say("My account number is 4 1 8 8 2 6."),
            Wait(),
            Say("The postcode is 1 0 0 2 5."),
            Wait(),
            Say("Yes, block it."),
            Wait(),
            *_BYE,
        ),
        Expectations(
            heard=(r"\bblocked\b",),
            tools=("verify_account", "block_card"),
            ended_by="app",
            barge_ins=1,
            effects=("bank.block",),
        ),
        line="bank",
        number="+12125550123",
    ),
)

_TUTOR = (
    Caller(
        "tutor-words",
        "wants new words about travel",
        _turns("Can you give me new words to practise about travel?"),
        Expectations(
            heard=(r"suitcase|platform|ticket",),
            tools=("new_words",),
            ended_by="app",
            effects=("tutor.no_note",),
        ),
        line="tutor",
        number="+12025550173",
    ),
    Caller(
        "tutor-level",
        "ends a lesson and has the level noted, cutting in",
        (
            Interrupt("Please note my level for the next lesson, I mix up the past tenses.", after_ms=1_500),
            Wait(),
            Say("The level is B1."),
            Wait(),
            *_BYE,
        ),
        Expectations(
            tools=("level_note",),
            ended_by="app",
            barge_ins=1,
            effects=("tutor.note",),
        ),
        line="tutor",
        number="+12025550174",
    ),
)

_GAME = (
    Caller(
        "game-stuck",
        "is stuck in the lighthouse quest and wants a hint",
        _turns("I am stuck in the lighthouse quest, can I have a hint?"),
        Expectations(
            heard=(r"\btide\b|\bwater\b|\bstairs\b",),
            tools=("hint",),
            ended_by="app",
            effects=("game.no_ticket",),
        ),
        line="game",
        number="+12025550175",
    ),
    Caller(
        "game-ticket",
        "reports a lost sword, and cuts into the read-back",
        (
            Wait(),
            Say("I want to open a player ticket, my sword is gone since the update."),
            Wait(),
            Say("My name is Falcon."),
            Interrupt("Yes, that is right.", after_ms=7_500),
            Wait(),
            *_BYE,
        ),
        Expectations(
            heard=(r"\bticket\b",),
            tools=("player_ticket",),
            ended_by="app",
            effects=("game.ticket",),
        ),
        line="game",
        number="+12025550176",
    ),
)

_DEVICE = (
    Caller(
        "device-check",
        "lets a bike check itself, and asks whether it is recalled",
        _turns(
            "Please run a check on my bike, the serial number is 2 0 4 4 1 8.",
            Wait(12),
            "Is it part of a recall?",
        ),
        Expectations(
            heard=(r"\bcheck is done\b|\bbrake\b|\bsensor\b", r"\brecall"),
            tools=("run_check", "recall_state"),
            ended_by="app",
            effects=("device.no_service",),
        ),
        line="device",
        number="+12025550177",
    ),
    Caller(
        "device-service",
        "books a service for a watch on Thursday, cutting into the greeting",
        (
            Interrupt("I want to book a service for my watch.", after_ms=1_500),
            Wait(),
            Say("The serial number is 3 1 8 8 2 7."),
            Wait(),
            Say("On Thursday, please."),
            Wait(),
            Say("Yes, please."),
            Wait(),
            *_BYE,
        ),
        Expectations(
            heard=(r"\bbooked\b",),
            tools=("book_service",),
            ended_by="app",
            barge_ins=1,
            effects=("device.service",),
        ),
        line="device",
        number="+12025550178",
    ),
)

LINES: Mapping[str, tuple[Caller, ...]] = {
    "store": _STORE,
    "clinic": _CLINIC,
    "bank": _BANK,
    "tutor": _TUTOR,
    "game": _GAME,
    "device": _DEVICE,
}


def _somebody_else(caller: Caller, number: str, words: Mapping[str, str]) -> Caller:
    """Another caller with the same wish, for something of their own: what one has had done cannot be done again."""

    def said(step: Step) -> Step:
        if not isinstance(step, Say | Interrupt):
            return step
        text = step.text
        for before, after in words.items():
            text = text.replace(before, after)
        return replace(step, text=text)

    return replace(caller, name=f"{caller.name}-other", number=number, steps=tuple(map(said, caller.steps)))


# The callers for whom something goes wrong while a tool runs, by line.
OTHERS: Mapping[str, tuple[Caller, ...]] = {
    "store": (_somebody_else(_STORE[0], "+14155550119", {"1032": "1040", "1 0 0 1 4": "9 4 1 1 0"}),),
    "clinic": (
        _somebody_else(
            _CLINIC[1], "+14155550135", {"Wednesday": "Thursday", "May 17 1984": "June 12 1991", "Miller": "Taylor"}
        ),
    ),
    "bank": (
        _somebody_else(
            _BANK[1], "+13125550181", {"3 3 0 7": "5 5 9 0", "4 1 8 8 2 6": "7 7 2 0 4 3", "1 0 0 2 5": "6 0 6 1 4"}
        ),
    ),
    "tutor": (_somebody_else(_TUTOR[1], "+12025550181", {}),),
    "game": (_somebody_else(_GAME[1], "+12025550182", {"Falcon": "Raven"}),),
    "device": (
        _somebody_else(_DEVICE[0], "+12025550183", {"2 0 4 4 1 8": "3 1 8 8 2 7"}),
        _somebody_else(_DEVICE[1], "+12025550184", {"3 1 8 8 2 7": "6 4 0 9 2 5"}),
    ),
}

EVERYONE: Mapping[str, Caller] = {
    **CALLERS,
    **{caller.name: caller for callers in LINES.values() for caller in callers},
}
