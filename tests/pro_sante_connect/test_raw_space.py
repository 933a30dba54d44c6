"""Case 7: an address with raw spaces, as DRIMbox sends it; and nothing else malformed gets in."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from pro_sante_connect.codes import CONNECT, WALLET
from services.kernel.raw_spaces import mended, tolerant_paths
from tests.conftest import Server
from tests.pro_sante_connect.conftest import DOCTOR, REDIRECT, RelyingParty

VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
QUERY = (f"scope=openid scope_all&acr_values=eidas1&response_type=code&client_id=socle-demo"
         f"&redirect_uri={REDIRECT}&state=a b&nonce={'n' * 22}&code_challenge={CHALLENGE}"
         f"&code_challenge_method=S256&login_hint={DOCTOR}")


def said(server: Server, data: bytes, *, name: str = "") -> str:
    """The answer to these bytes, over HTTP, or over HTTPS to this official name."""
    url = urlsplit(server.sandbox.endpoints["https"] if name else server.url)
    with socket.create_connection((url.hostname or "", url.port or 0), 60) as plain:
        context = ssl.create_default_context(cafile=server.ca)
        made = context.wrap_socket(plain, server_hostname=name) if name else plain
        made.sendall(data)
        received = b""
        while piece := made.recv(65536):
            received += piece
        made.close()
    return received.decode()


def asked(line: str, host: str = "x") -> bytes:
    return f"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("path", [WALLET, f"{WALLET}/", f"{CONNECT}/auth"])
def test_t07_a_raw_space_in_scope_is_read_and_reported(
    server: Server, tenant: str, psc: RelyingParty, path: str,
    journal: Callable[..., list[dict[str, Any]]],
) -> None:
    answer = said(server, asked(f"GET /t/{tenant}{path}?{QUERY} HTTP/1.1"))
    assert answer.startswith("HTTP/1.1 302"), answer
    location = re.search(r"(?im)^location: (\S+)", answer)
    assert location is not None
    assert location[1].startswith(REDIRECT)
    assert "state=a%20b" in location[1]
    code = re.search(r"code=([^&]+)", location[1])
    assert code is not None
    assert psc.redeem(code[1], code_verifier=VERIFIER).status_code == 200

    (entry,) = journal(transaction="psc.auth")
    rules = {each["rule"] for each in entry["findings"]}
    assert rules == {"PSC-ESPACE-NUE"} | ({"PSC-PORTEFEUILLE"} if path.startswith(CONNECT) else
                                          set())
    raw = psc.api.get(f"/sandbox/journal/{entry['id']}/request").content
    assert b"scope=openid scope_all&" in raw.split(b"\r\n")[0]


def test_t07_so_it_is_on_the_official_name(server: Server) -> None:
    name = "wallet.bas.psc.esante.gouv.fr"
    answer = said(server, asked(f"GET /auth?{QUERY} HTTP/1.1", name), name=name)
    assert answer.startswith("HTTP/1.1 302"), answer


def test_a_next_request_on_the_connection_is_itself(server: Server, tenant: str) -> None:
    first = f"GET /t/{tenant}{WALLET}?{QUERY} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    answer = said(server, first + asked(f"GET /t/{tenant}/psc/auth/inconnu?a=b HTTP/1.1"))
    assert re.findall(r"HTTP/1\.1 (\d+)", answer) == ["302", "404"]


@pytest.mark.parametrize("line", [
    f"GET {CONNECT}/userinfo?access_token=a b HTTP/1.1",
    "GET /sandbox/journal?service=psc dmp HTTP/1.1",
    "GET /ins/fhir/Patient?family=A B HTTP/1.1",
    f"GET {WALLET} x?scope=openid HTTP/1.1",
    f"GET {WALLET}?scope=openid scope_all",
    f"GET {WALLET}?scope=openid scope_all HTTP/1.1 x",
    f"GET  {WALLET}?scope=openid HTTP/1.1",
    f"get {WALLET}?scope=openid scope_all HTTP/1.1",
    f"GET /t/../{WALLET}?scope=openid scope_all HTTP/1.1",
    f"GET {WALLET}?scope=openid scope_all HTTP/2.5",
], ids=str)
def test_anything_else_malformed_stays_so(server: Server, line: str) -> None:
    assert said(server, asked(line)).startswith("HTTP/1.1 400")


def test_what_is_mended_is_the_query_alone(server: Server) -> None:
    tolerant = tolerant_paths(server.sandbox.services.values())
    assert {b"/psc/auth", b"/psc/auth/", b"/auth"} <= tolerant
    assert not any(b"/dmp" in each for each in tolerant)
    data = b"GET /t/a-b/psc/auth?x=1 2&y= HTTP/1.1\r\nX: 1 2\r\n\r\n"
    assert mended(data, tolerant) == (data.replace(b"1 2&", b"1%202&"), b"x=1 2&y=")
    assert mended(data.replace(b"1 2&", b"12&"), tolerant) is None
    assert mended(data[:20], tolerant) is None
