"""The secrets that tools send, by the names their files give them; ops set them, nobody else sees them."""

import re
from collections.abc import Iterable, Mapping

# What stands before a key and is none itself: https://www.iana.org/assignments/http-authschemes, and what is usual.
_SCHEME = re.compile(r"(Basic|Bearer|Digest|DPoP|OAuth|PrivateToken|Token|Api-?Key|Key|JWT)\s+\S", re.IGNORECASE)
_HIDDEN = re.compile(r"authorization|cookie|token|secret|password|api[-_]?key|subscription-key", re.IGNORECASE)
_SECRET = re.compile(r"secret\.[A-Z][A-Z0-9_]*")


def unset_secret(names: Iterable[str], secrets: Mapping[str, str], *, rehearsed: bool) -> str:
    """What is wrong with the first secret that cannot be sent, and what ops set; empty when all can.

    A ``rehearsed`` service's may be empty: it is told once that is up.
    """
    for name in names:
        value = secrets.get(name, "")
        if (value and value.isascii() and value.isprintable()) or (rehearsed and name in secrets):
            continue
        what = "has characters that no header may hold" if value else "is not set"
        setting = f"TOOL_SECRET_{name}, or TOOL_SECRET_{name}_FILE with the path of a file that holds it"
        return f"the secret {name} {what}. Ask ops to set {setting}."
    return ""


def written_out(header: str, value: str) -> str:
    """What to write instead of a key that stands in a header; empty where none does. No word of the key is told."""
    if not _HIDDEN.search(header) or _SECRET.search(value):
        return ""
    scheme = _SCHEME.match(value)
    told = f"{scheme[1]} {{secret.NAME}}" if scheme else "{secret.NAME}"
    return f'A secret must not stand in a file. Write {header} = "{told}", and ask ops to set TOOL_SECRET_NAME.'
