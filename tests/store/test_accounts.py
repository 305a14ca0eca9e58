"""Accounts, links and sign-ins on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.store import accounts
from app.store.accounts import Account, Invitation, NameTaken, SignIn
from app.store.database import Database

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ANA = Account(uuid4(), "Ana", "admin", "es", "hash", NOW)


async def test_an_account_is_found_by_its_name_however_written_and_there_is_one_of_it(database: Database) -> None:
    await database.open()
    assert not await accounts.any_account(database)
    await accounts.add_account(database, ANA)
    assert await accounts.named(database, "ANA") == ANA
    assert await accounts.account_of(database, ANA.id) == ANA
    with pytest.raises(NameTaken):
        await accounts.add_account(database, replace(ANA, id=uuid4()))
    assert await accounts.all_accounts(database) == [ANA]


async def test_a_one_time_code_is_used_once(database: Database) -> None:
    await database.open()
    await accounts.add_account(database, ANA)
    assert await accounts.use_step(database, ANA.id, 7)
    assert not await accounts.use_step(database, ANA.id, 7)
    assert not await accounts.use_step(database, ANA.id, 6)
    assert await accounts.use_step(database, ANA.id, 8)


async def test_an_invitation_holds_for_its_time_and_is_used_once(database: Database) -> None:
    await database.open()
    made = Invitation("a" * 64, "qa", "Ana", NOW, NOW + timedelta(days=1))
    await accounts.invite(database, made)
    assert await accounts.invitation_of(database, made.id, NOW) == made
    assert await accounts.invitation_of(database, made.id, NOW + timedelta(days=2)) is None
    assert await accounts.open_invitations(database, NOW) == [made]
    assert [await accounts.use_up(database, made.id) for _ in range(2)] == [True, False]


async def test_sign_ins_are_listed_seen_and_ended(database: Database) -> None:
    await database.open()
    await accounts.add_account(database, ANA)
    first = SignIn("a" * 64, ANA.id, NOW, NOW, NOW + timedelta(hours=12), "127.0.0.1", "Browser")
    second = replace(first, id="b" * 64, seen_at=NOW + timedelta(minutes=1))
    for one in (first, second):
        await accounts.sign_in(database, one)
    assert await accounts.signed_in(database, first.id) == (first, ANA)
    assert await accounts.sign_ins_of(database, ANA.id) == [second, first]
    await accounts.seen(database, first.id, NOW + timedelta(minutes=5))
    found = await accounts.signed_in(database, first.id)
    assert found is not None and found[0].seen_at == NOW + timedelta(minutes=5)
    await accounts.sign_out_everywhere(database, ANA.id, but=second.id)
    assert await accounts.signed_in(database, first.id) is None
    assert not await accounts.sign_out(database, second.id, uuid4())  # somebody else's
    assert await accounts.sign_out(database, second.id)


async def test_sign_ins_whose_time_is_over_go_with_the_next(database: Database) -> None:
    await database.open()
    await accounts.add_account(database, ANA)
    old = SignIn("a" * 64, ANA.id, NOW, NOW, NOW + timedelta(hours=12), "", "")
    await accounts.sign_in(database, old)
    later = NOW + timedelta(days=1)
    await accounts.sign_in(database, replace(old, id="b" * 64, made_at=later, seen_at=later, until=later))
    assert await accounts.signed_in(database, old.id) is None
