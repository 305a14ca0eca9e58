"""The places that the navigation leads to, in their order."""

from dataclasses import dataclass
from typing import Final

from app.console.permissions import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: its text is ``frame.nav_<name>``; ``key`` is pressed after ``g``. Shown where its page is there."""

    name: str
    path: str
    icon: str
    key: str
    needs: Permission


NAVIGATION: Final = (
    Place("now", "/console/now", "activity", "n", Permission.SEE_CALLS),
    Place("calls", "/console/calls", "list-details", "c", Permission.SEE_CALLS),
    Place("lines", "/console/lines", "route", "l", Permission.SEE_LINES),
    Place("tools", "/console/tools", "tool", "t", Permission.SEE_TOOLS),
    Place("reports", "/console/reports", "chart-bar", "r", Permission.SEE_REPORTS),
    Place("phone", "/console/phone", "phone", "p", Permission.TRY_CALLS),
    Place("people", "/console/people", "users", "o", Permission.SEE_PEOPLE),
    Place("audit", "/console/audit", "shield-check", "a", Permission.SEE_AUDIT),
    Place("first_run", "/console/start", "rocket", "s", Permission.SEE_HOUSE),
)
