"""What the ready file tells clients, whatever the sandbox binds."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName

from services.installation import Misconfigured, prepare
from services.kernel.listeners import PortTaken
from services.settings import Settings

PORTS = {"http_port": 0, "https_port": 0, "smtp_port": 0}


def told(**given: Any) -> tuple[dict[str, Any], set[str]]:
    """Endpoints, and the names of the server's certificate."""
    installation = prepare(Settings(memory=True, **PORTS, **given))
    try:
        names = installation.pki.server.extensions.get_extension_for_class(SubjectAlternativeName)
        return installation.endpoints, {
            *names.value.get_values_for_type(DNSName),
            *map(str, names.value.get_values_for_type(IPAddress)),
        }
    finally:
        installation.close()


@pytest.mark.parametrize(("given", "http", "smtp"), [
    ({}, "127.0.0.1", "127.0.0.1"),
    ({"host": "::1"}, "[::1]", "::1"),
    ({"host": "0.0.0.0", "admin_token": "x"}, "127.0.0.1", "127.0.0.1"),
    ({"host": "::", "admin_token": "x"}, "[::1]", "::1"),
    ({"public_url": "http://sandbox.lan:80/"}, "sandbox.lan", "sandbox.lan"),
    ({"host": "0.0.0.0", "admin_token": "x", "public_url": "http://sandbox.lan:80",
      "public_smtp_host": "mail.lan"}, "sandbox.lan", "mail.lan"),
])
def test_every_address_told_can_be_called_and_is_certified(
    given: dict[str, Any], http: str, smtp: str
) -> None:
    endpoints, certified = told(**given)
    assert endpoints["http"].startswith(f"http://{http}:")
    assert endpoints["https"].startswith(f"https://{http}:")
    assert endpoints["smtp"]["host"] == smtp
    assert {http.strip("[]"), smtp} <= certified


def test_a_failed_preparation_leaves_no_port_bound() -> None:
    first = prepare(Settings(memory=True, **PORTS))
    taken = first.sockets["smtp"].getsockname()[1]
    with pytest.raises(PortTaken):
        prepare(Settings(memory=True, http_port=0, https_port=0, smtp_port=taken))
    first.close()
    prepare(Settings(memory=True, http_port=0, https_port=0, smtp_port=taken)).close()


def test_several_workers_need_a_shared_database() -> None:
    with pytest.raises(Misconfigured, match="PostgreSQL"):
        prepare(Settings(memory=True, workers=2, database_url="", **PORTS))
