"""What the database decides when two calls arrive at once, and what it forgets."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from pro_sante_connect.domain.session import Family
from pro_sante_connect.store import KEPT, Store
from pro_sante_connect.wire.browser import digest
from services.kernel.clock import SECOND
from services.kernel.database import Conflict
from tests.conftest import Server
from tests.pro_sante_connect.conftest import RelyingParty, claims


@pytest.fixture
def store(server: Server, tenant: str) -> Store:
    return Store(server.sandbox.database, server.run(server.sandbox.tenants.get(tenant)))


def outcomes(server: Server, *calls: Coroutine[Any, Any, None]) -> list[type]:
    """Classes of what the calls gave, made in the same turn of the loop."""

    async def both() -> list[type]:
        return [type(each) for each in await asyncio.gather(*calls, return_exceptions=True)]

    return server.run(both())


def in_order(ends: list[type]) -> tuple[str, str]:
    """Which of "a" and "b" was stored and which was refused: PostgreSQL takes them in any order."""
    assert set(ends) == {type(None), Conflict}
    return ("a", "b") if ends[1] is Conflict else ("b", "a")


def test_of_two_redemptions_in_one_turn_the_second_conflicts(
    psc: RelyingParty, store: Store, server: Server
) -> None:
    spent = server.run(store.code(digest(psc.code())))
    assert spent is not None
    families = [Family(id, spent.session_id, spent.client_id, "", id) for id in ("a", "b")]
    calls = [store.redeem(spent.digest, each, f"jti-{each.id}") for each in families]
    first, second = in_order(outcomes(server, *calls))
    assert server.run(store.family(second)) is None
    assert server.run(store.is_live(f"jti-{first}"))
    assert not server.run(store.is_live(f"jti-{second}"))


def test_of_two_rotations_in_one_turn_the_second_conflicts(
    psc: RelyingParty, store: Store, server: Server
) -> None:
    family = server.run(store.family(claims(psc.tokens()["refresh_token"])["reuse_id"]))
    assert family is not None
    calls = [store.rotate(family, new, f"jti-{new}") for new in ("a", "b")]
    first, second = in_order(outcomes(server, *calls))
    rotated = server.run(store.family(family.id))
    assert rotated is not None
    assert rotated.refresh_id == first
    assert not server.run(store.is_live(f"jti-{second}"))


def test_nothing_is_issued_in_a_session_that_just_ended(
    psc: RelyingParty, store: Store, server: Server
) -> None:
    spent = server.run(store.code(digest(psc.code())))
    assert spent is not None
    family = Family("a", spent.session_id, spent.client_id, "", "a")
    calls = store.end(spent.session_id), store.redeem(spent.digest, family, "jti-a")
    ended, redeemed = outcomes(server, *calls)
    assert ended is type(None)
    assert redeemed in (Conflict, type(None))  # stored before the end, on PostgreSQL
    assert not server.run(store.is_live("jti-a"))


def test_what_ended_a_day_ago_is_forgotten_at_the_next_login(
    psc: RelyingParty, store: Store, server: Server
) -> None:
    psc.at(0)
    tokens, code = psc.tokens(), psc.code()
    psc.at(KEPT / SECOND)
    psc.authorize()
    assert server.run(store.code(digest(code)))
    psc.at(KEPT / SECOND + 1)
    psc.authorize()
    assert server.run(store.code(digest(code))) is None
    assert server.run(store.session(tokens["session_state"])) is None
    assert server.run(store.family(claims(tokens["refresh_token"])["reuse_id"])) is None
    assert not server.run(store.is_live(claims(tokens["access_token"])["jti"]))
