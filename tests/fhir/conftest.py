"""A tenant with its own database, and hand-made exchanges: no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.kernel.database import Database, open_database
from services.kernel.exchange import Exchange
from services.kernel.tenants import Tenant

MakeExchange = Callable[..., Exchange]


@dataclass(slots=True)
class Ground:
    """A database and the tenant that uses it."""

    database: Database
    tenant: Tenant = field(default_factory=lambda: Tenant("espace"))


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    database = open_database(tmp_path / "socle.db")
    yield Ground(database)
    database.close()


@pytest.fixture
def exchange(ground: Ground) -> MakeExchange:
    """`exchange("GET", "/dmp/fhir/Patient", query="…", body=b"…", accept="…")`."""

    def make(
        method: str = "POST", path: str = "/dmp/fhir/Patient", *, query: str = "",
        body: bytes = b"", content_type: str = "application/fhir+json",
        params: dict[str, str] | None = None, **headers: str,
    ) -> Exchange:
        sandbox: Any = SimpleNamespace(database=ground.database, public_url="http://socle.test")
        raw = [(b"content-type", content_type.encode())] if content_type else []
        raw += [(name.encode(), value.encode()) for name, value in headers.items()]
        return Exchange(
            "x", sandbox, ground.tenant, None, method, path, query.encode(), raw, body,
            "127.0.0.1:1", params or {},
        )

    return make
