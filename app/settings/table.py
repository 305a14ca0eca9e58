"""The table of the settings, for the documentation."""

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.settings.names import is_secret, named, text_of

# The settings in groups, each named by its first.
GROUPS = {
    "google_api_key": "Gemini",
    "twilio_account_sid": "Twilio",
    "public_url": "The house",
    "calls_at_once": "Calls",
    "rehearsal": "Rehearsal",
    "analysis_share_given": "After calls",
    "metrics_token": "Watching",
}


def settings_table() -> str:
    """Every setting as a Markdown table, for the documentation."""
    rows = ["| setting | default | what it says |", "| --- | --- | --- |"]
    for name, (attribute, field) in named().items():
        if attribute in GROUPS:
            rows.append(f"| **{GROUPS[attribute]}** | | |")
        file = f" Also `{name}_FILE`." if is_secret(field) else ""
        rows.append(f"| `{name}` | {_default(field)} | {text_of(field)}{file} |")
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined or field.default in (None, ""):
        return "none"
    value = str(field.default).lower() if isinstance(field.default, bool) else str(field.default).removesuffix(".0")
    return f"`{value}`"
