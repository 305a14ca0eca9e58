"""The settings of a line.toml, and those that stand below a table they do not belong to."""

from collections.abc import Mapping

from app.tomls import Sheet

TABLES = ("language_keys", "patience", "hours", "handoff_hours", "facts", "links", "texts")
KEYS = (
    *("business", "numbers", "model", "voice", "languages", "language_policy", "tools", "vad", "closed"),
    *(
        "handoff_number",
        "busy",
        "unreachable",
        "recording",
        "not_redacted",
        "retention",
        "disclosure",
        "notice_of_listening",
        "silence_s",
        "longest_call_s",
        "cost_limit_usd",
        "cost_limit_way",
        "tools_per_turn",
    ),
    *("google_search", "temperature", "thinking", "affective_dialog", "proactive_audio"),
    *TABLES,
)


def without_settings(sheet: Sheet, table: str, written: Mapping[str, object]) -> dict[str, object]:
    """What a table says of its own. A setting of the line below it does nothing there: a mistake that says where to."""
    misplaced = [key for key, value in written.items() if key in KEYS and not _is_link(table, value)]
    for key in misplaced:
        where = f"under [{key}], or under another name" if key in TABLES else "above the first [table]"
        sheet.wrong(f"{table}.{key}", f"{key} is a setting of the line, not of [{table}]. Write it {where}.")
    return {key: value for key, value in written.items() if key not in misplaced}


def _is_link(table: str, value: object) -> bool:
    """Whether it is an address to text, which may have any name, as ``hours``."""
    return table == "links" and isinstance(value, str) and "://" in value
