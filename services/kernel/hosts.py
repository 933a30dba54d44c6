"""Names of the real services: test names are served over HTTPS at the root, production never."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

OFFICIAL_DOMAINS = (
    "gouv.fr", "ameli.fr", "mssante.fr", "monespacesante.fr", "sesam-vitale.fr", "cnda-sante.fr",
    "dmp.fr", "asipsante.fr",
)
SANDBOX_MAIL = "socle.mssante.fr"
"""The mail domain of the population: no real operator has it."""
REMEMBERED = 1024
_PORT = re.compile("[0-9]{1,5}", re.ASCII)


def is_official(host: str) -> bool:
    """Whether a name belongs to the real services, test or production."""
    name = host.lower().rstrip(".")
    if name == SANDBOX_MAIL or name.endswith(f".{SANDBOX_MAIL}"):
        return False
    return any(name == domain or name.endswith(f".{domain}") for domain in OFFICIAL_DOMAINS)


@dataclass(frozen=True, slots=True)
class Front:
    """An official test name that a client called, at its root, over HTTPS.

    origin: "https://auth.bas.psc.esante.gouv.fr", with the port when the client says one; prefix:
    what its root is here ("/psc"). Only names of the list ever get here: nothing of an unknown
    `Host` goes into an address.
    """

    origin: str
    prefix: str

    @property
    def host(self) -> str:
        """The name alone."""
        return self.origin.removeprefix("https://").partition(":")[0]

    def path(self, path: str) -> str:
        """One of our paths as it is on this name."""
        return path.removeprefix(self.prefix)


class Hosts:
    """`prefixes`: official test name → where its root is here ("/psc")."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = dict(prefixes)
        self._known: dict[bytes, str | None] = {}

    def place(self, scope: MutableMapping[str, Any], path: str) -> str | None:
        """The path to serve, or None for a name that is not to be served."""
        given = _host(scope["headers"])
        if given not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[given] = self._prefix(given)
        prefix = self._known[given]
        if not prefix:
            return path if prefix is not None else None
        if scope["scheme"] != "https" or path.startswith((f"{prefix}/", "/t/")):
            return path
        scope["socle.front"] = Front(f"https://{_name(given)}{_port(given)}", prefix)
        return prefix + path

    def _prefix(self, given: bytes) -> str | None:
        name = _name(given)
        if name in self._prefixes:
            return self._prefixes[name]
        return None if is_official(name) else ""


def _name(given: bytes) -> str:
    return given.decode("latin-1").partition(":")[0].lower().rstrip(".")


def _port(given: bytes) -> str:
    """":8443", or "" for the usual one and for what is no port."""
    port = given.decode("latin-1").partition(":")[2]
    return f":{port}" if _PORT.fullmatch(port) and port != "443" else ""


def _host(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"host":
            return value
    return b""
