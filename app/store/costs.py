"""What calls cost, as it is written: each item once, and the vendor's own word in the place of a guess."""

from collections.abc import Sequence

from sqlalchemy import and_, not_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.dialects import insert_into
from app.store.tables import costs


async def insert_costs(connection: AsyncConnection, rows: Sequence[dict[str, object]]) -> None:
    """Insert what is not there yet; the vendor's own word takes the place of an estimate."""
    if not rows:
        return
    insert = insert_into(costs, connection.dialect)
    told = insert.excluded
    known = {name: told[name] for name in ("quantity", "usd", "estimated")}
    better = and_(costs.c.estimated, not_(told.estimated))
    await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=known, where=better), rows)
