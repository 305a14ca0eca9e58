"""What may be done in the console, and which role may do it: the one table of it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing that a page or an action needs. Edit is not publish, see is not hear, note is not export."""

    OWN = "own"  # one's own account: everybody who is signed in
    SEE_CALLS = "see_calls"  # lists, transcripts, calls going on
    HEAR_CALLS = "hear_calls"  # recordings, and listening to a call going on
    NOTE_CALLS = "note_calls"  # notes, tags, corrections of an analysis
    ASK_TWILIO = "ask_twilio"  # what Twilio itself says of a call
    EXPORT_CALLS = "export_calls"
    IMPORT_CALLS = "import_calls"  # look at a call that another house exported
    ERASE_CALLS = "erase_calls"  # and legal holds
    ASSIST_CALLS = "assist_calls"  # whisper, say, hold
    TAKE_CALLS = "take_calls"  # take over, hand off, end
    TRY_CALLS = "try_calls"  # the phone in the browser
    SEE_LINES = "see_lines"
    EDIT_LINES = "edit_lines"
    PUBLISH_LINES = "publish_lines"  # and roll back
    SEE_TOOLS = "see_tools"
    EDIT_TOOLS = "edit_tools"
    RUN_TOOLS = "run_tools"  # a test run reaches what the tool reaches
    SEE_REPORTS = "see_reports"
    MIND_ALERTS = "mind_alerts"  # see to one, mute its rule
    SEE_HOUSE = "see_house"  # what `frontline doctor` sees
    CONNECT_NUMBERS = "connect_numbers"
    SEE_PEOPLE = "see_people"
    CHANGE_PEOPLE = "change_people"
    SEE_AUDIT = "see_audit"


class Open(StrEnum):
    """Why a page asks for no sign-in."""

    ENTRANCE = "entrance"  # the way to a sign-in
    LINK = "link"  # what its address holds is the permission
    FILES = "files"  # scripts and styles: the same for all, with nothing in them


Needs = Permission | Open

P = Permission
_VIEWER: Final = frozenset({P.OWN, P.SEE_CALLS, P.SEE_LINES, P.SEE_TOOLS, P.SEE_REPORTS})
_QA: Final = _VIEWER | {P.HEAR_CALLS, P.NOTE_CALLS, P.ASK_TWILIO, P.EXPORT_CALLS, P.IMPORT_CALLS, P.TRY_CALLS}
_MANAGER: Final = _QA | {P.EDIT_LINES, P.PUBLISH_LINES, P.EDIT_TOOLS, P.RUN_TOOLS, P.ASSIST_CALLS, P.MIND_ALERTS}
_OPS: Final = _VIEWER | {
    *(P.HEAR_CALLS, P.NOTE_CALLS, P.ASK_TWILIO, P.TRY_CALLS, P.ASSIST_CALLS, P.TAKE_CALLS),
    *(
        P.IMPORT_CALLS,
        P.PUBLISH_LINES,
        P.RUN_TOOLS,
        P.MIND_ALERTS,
        P.SEE_HOUSE,
        P.CONNECT_NUMBERS,
        P.SEE_PEOPLE,
        P.SEE_AUDIT,
    ),
}

ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    "viewer": _VIEWER,
    "qa": _QA,
    "manager": _MANAGER,
    "ops": _OPS,
    "admin": frozenset(Permission),
}


def may(role: str, permission: Permission) -> bool:
    """Whether a role has a permission; a role that is not known has none."""
    return permission in ROLES.get(role, frozenset())
