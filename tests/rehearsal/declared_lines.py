"""Tools as five different lines declare them, and one in another style, for the assistant that knows none of them."""

from collections.abc import Mapping

from app.rehearsal.declared import Tool, param_from

TEXT: Mapping[str, object] = {"type": "string"}


def tool(name: str, about: str, needed: Mapping[str, object] | None = None, **optional: object) -> Tool:
    """A declaration: each argument is its description or its schema; ``needed`` are required."""
    given = {**(needed or {}), **optional}
    schemas = {key: {**TEXT, "description": each} if isinstance(each, str) else each for key, each in given.items()}
    params = {key: param_from(key, schema) for key, schema in schemas.items()}
    return Tool(name, about, tuple(params), frozenset(needed or {}), False, params)


HOUSE = (
    tool("end_call", "Hang up the phone.", {"reason": "Why the call is over."}),
    tool("hand_off", "Pass the call to a person.", {"reason": "What the caller needs from the person."}),
)
DAY = "The day of the appointment, such as tomorrow, Monday or 2026-11-30."
CLINIC = (
    tool(
        "opening_hours", "Find out when the clinic is open, on one day or in the whole week.", None, weekday="The day."
    ),
    tool("find_slots", "Find free appointment times on a day.", {"day": DAY}),
    tool(
        "book_appointment",
        "Book an appointment, for anyone. Not for changing one that is booked.",
        {"day": DAY, "time": "The time of the appointment, such as 10:30.", "name": "The full name of the patient."},
        reason="The reason for the visit.",
    ),
    tool("next_appointment", "Find the patient's own next appointment."),
    tool("cancel_appointment", "Cancel the patient's own next appointment. The patient must be verified."),
    tool(
        "verify_patient",
        "Verify which patient is calling. Needed before an appointment is looked up or cancelled.",
        {"date_of_birth": "The date of birth of the patient, such as 1984-05-17.", "surname": "The surname."},
    ),
    tool("ask_nurse", "Pass a medical question on to the nurse: pain, fever, medicine.", {"question": "The question."}),
    *HOUSE,
)
BANK = (
    tool(
        "verify_account",
        "Verify who is calling by their account. Needed before anything about an account or a card.",
        {
            "account_number": "The number of the account, six digits, such as 305719.",
            "postcode": "The postcode of the address on file, five digits, such as 10014.",
        },
    ),
    tool("send_code", "Send a one-time code by text message to the phone on file."),
    tool("check_code", "Check the one-time code.", {"code": "The six digits as the caller said or keyed them."}),
    tool("balance", "Find out the balance of the caller's own account: how much money is on it."),
    tool(
        "block_card",
        "Block a card of the caller that is lost or stolen.",
        {"card_last_four": "The last four digits of the card, such as 8812."},
    ),
    *HOUSE,
)
TUTOR = (
    tool(
        "level_note",
        "Note the learner's level and what they should practise next.",
        {
            "level": {"type": "string", "enum": ["A1", "A2", "B1", "B2"], "description": "The level."},
            "note": "The note for the next lesson, in one sentence.",
        },
    ),
    tool("learner_notes", "Find the notes of the learner's last lessons: their level and what to practise."),
    tool(
        "new_words",
        "Find new words to practise on a topic: vocabulary with translations.",
        {"topic": {"type": "STRING", "enum": ["travel", "food", "work"], "description": "The topic."}},
    ),
    tool("switch_language", "Go on in another language.", {"language": "The language as a tag, such as es-US."}),
    *HOUSE,
)
GAME = (
    tool(
        "hint",
        "Find a hint for a quest the player is stuck in.",
        {"quest": {"type": "string", "enum": ["lighthouse", "bridge"], "description": "The quest."}},
        step={"type": "integer", "description": "The number of the hint, from 1."},
    ),
    tool("server_status", "Find out whether the game's servers are up or down."),
    tool(
        "player_ticket",
        "Open a ticket for a player: a bug, a lost item, a ban.",
        {"player_name": "The name of the player in the game.", "problem": "The problem, in the player's words."},
    ),
    *HOUSE,
)
SERIAL = "The serial number of the device, six digits, such as 204418."
DEVICE = (
    tool("find_device", "Find the caller's device.", None, serial=SERIAL),
    tool("run_check", "Let a device check itself: diagnose what is wrong with it.", {"serial": SERIAL}),
    tool(
        "book_service",
        "Book a service (repair, maintenance) for a device in the workshop.",
        {
            "serial": SERIAL,
            "day": {"type": "string", "enum": ["monday", "tuesday", "wednesday"], "description": "The weekday."},
        },
    ),
    tool(
        "send_text",
        "Send a text message to the caller.",
        {"text": "What to send."},
        link={
            "type": "string",
            "enum": ["manual", "workshop"],
            "description": "The link to send with it, by its name.",
        },
    ),
    *HOUSE,
)
RESTAURANT = (
    tool(
        "reserveTable",
        "Reserves a table at the restaurant.",
        {
            "date": {"type": "string", "format": "date", "description": "The day, as YYYY-MM-DD"},
            "startTime": {"type": "string", "description": "The time, as HH:MM"},
            "guests": {"type": "integer", "description": "How many guests come"},
        },
    ),
    tool(
        "track_parcel",
        "Find out where a parcel is.",
        {"tracking_number": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{4}$", "description": "Such as NP1047."}},
    ),
)
