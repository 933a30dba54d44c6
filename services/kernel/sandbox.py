"""The running sandbox: what handlers reach through `exchange.sandbox`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.kernel.blobs import Blobs
from services.kernel.database import Database
from services.kernel.journal import Journal
from services.kernel.mishaps import Mishaps
from services.kernel.pki import Pki
from services.kernel.ports import Ports
from services.kernel.purge import Purger
from services.kernel.tenants import Tenants

if TYPE_CHECKING:
    from services.kernel.transactions import Service
    from services.settings import Settings


@dataclass(slots=True)
class Sandbox:
    """One installation.

    public_url: "http://127.0.0.1:8080", no trailing slash; data: private directory; alone: whether
    no other process serves the installation;
    endpoints: listener name → address as the ready file shows it; resources: what a service keeps
    for the whole installation (its signing keys, its compiled templates), by service id; `gateway`
    is the ASGI callable that answers everything, for a component that plays a client.
    """

    settings: Settings
    data: Path
    database: Database
    blobs: Blobs
    journal: Journal
    tenants: Tenants
    purger: Purger
    pki: Pki
    public_url: str
    services: dict[str, Service] = field(default_factory=dict)
    alone: bool = True
    ports: Ports = field(default_factory=Ports)
    endpoints: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    mishaps: Mishaps = field(init=False)

    def __post_init__(self) -> None:
        self.mishaps = Mishaps(self)
        self.pki.server_context.refuses = self.mishaps.refuses
