"""The locks install on any pip: what is installed with extras is pinned with them."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([a-z0-9._-]+)(\[[a-z0-9,._-]+\])?==", re.MULTILINE)
WITH_EXTRAS = re.compile(r"^([A-Za-z0-9._-]+)\[([A-Za-z0-9,._-]+)\]([^;]*)(?:;(.*))?$")


def wanted_with_extras(name: str) -> set[str]:
    """The packages that an installed one always wants with extras."""
    try:
        wanted = requires(name) or []
    except PackageNotFoundError:  # of another system or Python
        return set()
    found = (WITH_EXTRAS.match(each) for each in wanted)
    return {match[1].lower().replace("_", "-") for match in found if match and "extra ==" not in (match[4] or "")}


@pytest.mark.parametrize("lock", ["requirements.lock", "tests/requirements.lock"])
def test_what_is_wanted_with_extras_is_pinned_with_them(lock: str) -> None:
    pins = dict(PINNED.findall((ROOT / lock).read_text(encoding="utf-8")))
    wanted = {extra for name in pins for extra in wanted_with_extras(name)} & set(pins)
    # An older pip looks for such a one afresh, finds one newer than the lock's and, with hashes, stops.
    assert "google-auth" in wanted
    assert [name for name in sorted(wanted) if not pins[name]] == []


def test_the_pages_lock_names_no_registry() -> None:
    lock = (ROOT / "app/console/web/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "registry" not in lock
    assert lock.count('"integrity"') > 20
