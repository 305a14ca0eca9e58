"""A house for trials, whose Live service is a stand-in in the test's own loop."""

from pathlib import Path

from app.gemini.client import client_for
from app.house import House
from app.store.database import Database
from app.store.journal import JournalFolder
from app.store.writer import RecordWriter
from tests.rehearsal.live_caller import LiveHouse


def house_at(live: LiveHouse, folder: Path) -> House:
    """Nothing of it is kept."""
    base_url = f"https://127.0.0.1:{live.port}"
    return House(
        client=client_for("developer", "k", base_url=base_url, ca_file=str(live.ca_file), api_version="v1beta"),
        backend="developer",
        writer=RecordWriter(Database("sqlite+aiosqlite://")),
        journals=JournalFolder(folder),
    )
