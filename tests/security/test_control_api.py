"""The control API and the console answer this machine's user, on every path and method."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from services import app, control
from services.settings import Settings
from tests.conftest import Server

CHANGES = {"POST", "PUT", "PATCH", "DELETE"}
OPEN = ("/health", "/pki/")


@pytest.fixture(scope="module")
def calls(server: Server) -> list[tuple[str, str]]:
    """(method, path) of every route that is not open to all."""
    built = control.build(server.sandbox)
    found = [
        (method, re.sub(r"\{[^}]*\}", "x", route.path))
        for route in _routes(built.routes) for method in sorted(route.methods or ())
        if not route.path.startswith(OPEN)
    ]
    assert ("GET", "/sandbox/journal/stream") in found
    assert ("POST", "/sandbox/reset") in found
    assert any(path.startswith("/console") for _, path in found)
    return found


def _routes(routes: Iterable[Any]) -> Iterator[Any]:
    """With those of the routers that FastAPI keeps as they are."""
    for each in routes:
        if hasattr(each, "effective_route_contexts"):
            yield from each.effective_route_contexts()
        else:
            yield each


FOREIGN = {
    "origin": {"Origin": "https://pirate.example"},
    "null origin": {"Origin": "null"},
    "origin without a scheme": {"Origin": "//"},
    "unreadable origin": {"Origin": "http://[pirate"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "host": {"Host": "pirate.example"},
    "host that looks local": {"Host": "127.0.0.1.pirate.example"},
    "unreadable host": {"Host": "[pirate"},
    "official host": {"Host": "wallet.esw.esante.gouv.fr"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_page_is_refused_everywhere(
    api: httpx.Client, calls: list[tuple[str, str]], headers: dict[str, str]
) -> None:
    for method, path in calls:
        answer = api.request(
            method, path, json={} if method in CHANGES else None, headers=headers
        )
        assert answer.status_code in (403, 421), (method, path)
        assert answer.request.method == "HEAD" or "erreur" in answer.json(), (method, path)


@pytest.mark.parametrize("media_type", [
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "",
    "application/xml", "application/jsonp", "text/json",
])
def test_what_a_cross_site_form_can_send_is_refused_everywhere(
    api: httpx.Client, calls: list[tuple[str, str]], media_type: str
) -> None:
    for method, path in calls:
        if method in CHANGES - {"DELETE"}:
            headers = {"Content-Type": media_type} if media_type else {}
            answer = api.request(method, path, content=b'{"a":1}', headers=headers)
            assert answer.status_code == 415, (method, path)


def test_a_cross_site_change_is_refused_everywhere(
    api: httpx.Client, calls: list[tuple[str, str]]
) -> None:
    for method, path in calls:
        if method in CHANGES:
            answer = api.request(method, path, json={}, headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403, (method, path)


def test_no_page_may_be_read_by_another(api: httpx.Client, calls: list[tuple[str, str]]) -> None:
    for method, path in calls:
        if method == "GET" and not path.endswith("/stream"):
            answer = api.get(path, headers={"Sec-Fetch-Site": "cross-site"})
            assert "access-control-allow-origin" not in answer.headers, path
    for path in ("/sandbox/reset", "/dmp/fhir/metadata"):
        answer = api.options(path, headers={
            "Origin": "https://pirate.example", "Access-Control-Request-Method": "POST",
        })
        assert answer.status_code >= 400
        assert "access-control-allow-origin" not in answer.headers


NAMES = [
    "%2e%2e", "..%2f..", "a%00b", "%00", "a%0d%0aSet-Cookie:x", "é", "%C3%A9",
    "A", "a" * 64, "a" * 5000, "-a", "a-", "a_b", "a~0", "a~1", "%F0%9F%98%80", "%ff", "a b",
    "ａ", "a%2Fb", "a\\b", "%5c", "con.", "*", "'", "%27%20OR%201=1",
]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_tenant_name_is_nothing_anywhere(server: Server, name: str) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        before = client.get("/sandbox/tenants").json()
        for path in ("/sandbox/settings", "/dmp/fhir/metadata", "/psc/auth", "/console"):
            answer = client.get(f"/t/{name}{path}")
            assert answer.status_code == 404, (path, answer.text)
            assert "set-cookie" not in answer.headers
        assert client.get(f"/sandbox/tenants/{name}").status_code in (404, 422)
        assert client.delete(f"/sandbox/tenants/{name}").status_code in (404, 405, 422)
        answer = client.post("/sandbox/tenants", json={"name": name})
        assert answer.status_code in (404, 422)
        assert client.get("/sandbox/tenants").json() == before
    assert not list(server.sandbox.data.parent.glob("*~*"))


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "/sandbox/identities/import",
     r'{"format":"csv","kind":"patients","content":"\ud800","simulation":true}'),
    ("POST", "/sandbox/identities/import", r'{"format":"fhir","content":{"resourceType":"Bundle",'
     r'"type":"collection","entry":[{"resource":{"resourceType":"\udfff"}}]}}'),
    ("PUT", "/sandbox/ecps", r'{"mode":"auto","id_nat":"\ud800"}'),
    ("PUT", "/sandbox/reader", r'{"patient":"\ud800"}'),
    ("POST", "/sandbox/cards", r'{"beneficiaires":[{"patient":"\ud800"}]}'),
    ("POST", "/sandbox/faults", r'{"service":"\ud800","kind":"drop"}'),
    ("POST", "/sandbox/ins/rniv/subscriptions", r'{"address":"mllp://\ud800:99"}'),
], ids=["lines", "bundle", "ecps", "reader", "cards", "faults", "subscriptions"])
def test_half_a_character_is_refused_and_told(
    api: httpx.Client, method: str, path: str, body: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = api.request(method, path, content=body, headers=headers)
    assert answer.status_code in (400, 404, 422), answer.text
    assert answer.json()["erreur"]["libelle"]


async def test_a_shared_installation_opens_nothing_without_a_secret(
    calls: list[tuple[str, str]]
) -> None:
    """Neither to nobody, nor to another tenant, nor to a wrong password."""
    running = await app.start(Settings(
        memory=True, http_port=0, https_port=0, smtp_port=0, mllp_port=0, host="0.0.0.0",
        admin_token="l-administrateur",
    ))
    base = f"http://127.0.0.1:{running.sandbox.public_url.rpartition(':')[2]}"
    try:
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=30) as client:
            secrets = [(await client.post(
                "/sandbox/tenants", json={"name": name},
                headers={"Authorization": "Bearer l-administrateur"},
            )).json()["secret"] for name in ("mien", "autre")]
            for method, path in calls:
                for given in ("", f"Bearer {secrets[1]}", "Basic bDphZG1pbg=="):
                    answer = await client.request(
                        method, f"/t/mien{path}", json={} if method in CHANGES else None,
                        headers={"Authorization": given} if given else None,
                    )
                    assert answer.status_code == 401, (method, path, given)
            told = await client.get(
                "/t/mien/sandbox/settings", headers={"Authorization": f"Bearer {secrets[0]}"}
            )
            assert told.status_code == 200
    finally:
        await running.stop()
