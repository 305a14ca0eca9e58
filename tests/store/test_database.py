"""The database as it is opened, used and left."""

from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy.pool import QueuePool

from app.store.database import KEPT, Database


async def test_a_busy_moment_leaves_only_few_connections_open(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/calls.db")
    await database.open()
    try:
        async with AsyncExitStack() as busy:
            for _ in range(KEPT + 5):
                await busy.enter_async_context(database.engine.connect())
        pool = database.engine.pool
        assert isinstance(pool, QueuePool)
        assert pool.checkedin() == KEPT
        assert pool.checkedout() == 0
    finally:
        await database.close()
