"""Two tenants, hammered with each other's ids, tokens, cursors, mails and requests, never leak.

What is a tenant's own is found by comparison: the words of its traffic that its twin's, made of the
same journey, does not hold. No answer given to the other tenant may hold one of them, unless the
request itself said it.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from services import catalog
from services.kernel.authorities import authorities
from services.scenarios import DEMO, run
from services.scenarios.login import access_token
from tests import several
from tests.conftest import Server

DOCTOR = "899900000011"
WORD = re.compile(r"[A-Za-z0-9_.~+/=-]{12,}")
HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d")
"""What `WORD` sees of an instant: whoever lives at that hour knows it."""
PARAMETER = re.compile(r"{[^}]+}")
BOXES = ("ordonnances@pharmacie-du-socle.socle.mssante.fr",
         "claire.exemplaire@medecin.socle.mssante.fr")
CANDIDATES, SEVERAL = 30, 4
"""Foreign ids tried in the place of a path, and in each place of a path that has several."""
DECLARED = [
    route.removeprefix("GET ") for service in catalog.load().values()
    for each in service.transactions for route in each.routes if route.startswith("GET ")
]
SLOW = ("/stream", "/wait")
_numbers = itertools.count(1)
"""Whatever order the tests come in, a pair is of two that nobody has hammered yet."""


@dataclass
class Space:
    """One tenant and what it has said and heard."""

    name: str
    api: httpx.Client
    token: str
    patient: str
    words: set[str] = field(default_factory=set)
    exchanges: list[str] = field(default_factory=list)
    """Their ids, newest first."""
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def own(self, twin: Space) -> set[str]:
        """What only this tenant can know."""
        return {word for word in self.words - twin.words
                if self.name not in word and not HOUR.fullmatch(word)}


def live(server: Server, name: str) -> Space:
    """A tenant that has gone through the journey twice, and has people, faults and pages."""
    api = httpx.Client(
        base_url=f"{server.url}/t/{name}", timeout=30, trust_env=False,
        verify=authorities(server.url),
    )
    patient = api.post("/sandbox/patients", json={
        "nom_naissance": "ESSAI", "prenoms": ["ANNE"], "sexe": "F", "date_naissance": "1980-02-03",
    }).json()["id"]
    for _ in range(2):
        result = run(DEMO, url=server.url, tenant=name, document=None, report=lambda step: None)
        assert result.outcome == "pass", result
    api.post("/sandbox/faults", json={
        "service": "dmp", "transaction": "dmp.metadata", "kind": "delay", "value": 0,
    }).raise_for_status()
    space = Space(name, api, access_token(server.url, name, DOCTOR), patient)
    headers = {"Authorization": f"Bearer {space.token}"}
    page = "/dmp/fhir/DocumentReference?status=current&_count=1&patient.identifier=" + quote(
        "urn:oid:1.2.250.1.213.1.4.10|279035121518989")
    first = api.get(page, headers=headers).json()
    following = [link["url"] for link in first["link"] if link["relation"] == "next"]
    assert following, first
    assert api.get(following[0], headers=headers).status_code == 200
    harvest(space)
    return space


def harvest(space: Space) -> None:
    """Read everything the tenant may read of itself."""
    entries = space.api.get("/sandbox/journal", params={"limit": 1000}).json()["entries"]
    space.exchanges = [entry["id"] for entry in entries]
    texts = []
    for entry in entries:
        raw = space.api.get(entry["request"]["raw"]).content
        texts += [raw.decode("latin-1"), space.api.get(entry["response"]["raw"]).text]
        if entry["protocol"].startswith("HTTP"):
            space.requests.append(_parsed(raw, space.name))
    control = ("journal", "patients", "faults", "answers", "identities")
    texts += [space.api.get(f"/sandbox/{each}").text for each in control]
    texts += [space.api.get(f"/sandbox/mailboxes/{box}/messages").text for box in BOXES]
    space.words |= {word for text in texts for word in WORD.findall(text)}


def _parsed(raw: bytes, tenant: str) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path without its tenant, headers and body of a journalled request."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ")
    headers = dict(field.split(": ", 1) for field in fields)
    kept = {name: value for name, value in headers.items()
            if name in ("content-type", "accept", "cookie", "authorization")}
    return method, target.removeprefix(f"/t/{tenant}"), kept, body


class Judge:
    """Looks for what is one tenant's in what the other is answered.

    remembers: what was asked once may be answered later, for requests that store something.
    """

    def __init__(self, foreign: set[str], *, remembers: bool = False) -> None:
        self.foreign = foreign
        self._remembers = remembers
        self._asked = ""
        self.leaks: list[str] = []
        self.calls = 0

    def check(self, response: httpx.Response) -> httpx.Response:
        request = response.request
        asked = f"{request.url} {request.headers.raw!r} {request.content!r}"
        if self._remembers:
            asked = self._asked = self._asked + asked
        said = f"{response.headers.raw!r} {response.text}"
        self.calls += 1
        for word in set(WORD.findall(said)) & self.foreign:
            if word not in asked:
                self.leaks.append(f"{request.method} {request.url}: {word}")
        return response


def control_paths(server: Server) -> list[str]:
    """Every GET of the control API."""
    document = httpx.get(f"{server.url}/sandbox/openapi.json", trust_env=False).json()
    return [path for path, methods in document["paths"].items()
            if "get" in methods and not path.endswith(SLOW)]


def filled(path: str, ids: list[str]) -> Iterator[str]:
    """The path with foreign ids in its places; mailboxes are everyone's, their messages are not."""
    places = PARAMETER.findall(path)
    ids = ids if len(places) < 2 else ids[:: -(-len(ids) // SEVERAL)]
    values = [BOXES if place == "{address}" else ("request", "response") if place == "{side}"
              else ("1",) if place == "{n}" else ids for place in places]
    for chosen in itertools.product(*values):
        text = path
        for place, value in zip(places, chosen, strict=True):
            text = text.replace(place, quote(value, safe=""), 1)
        yield text


def hammer(server: Server, victim: Space, intruder: Space, token: str) -> Judge:
    """Everything that can be asked in the intruder's space, with what the victim knows."""
    judge = Judge(victim.own(intruder))
    ids = sorted(judge.foreign, key=lambda word: (not re.fullmatch(r"[0-9a-f-]{36}", word), word))
    ids = ids[:CANDIDATES // 2] + ids[CANDIDATES // 2 :: max(1, len(ids) * 2 // CANDIDATES)]
    with httpx.Client(base_url=intruder.api.base_url, timeout=30, trust_env=False) as api:
        headers = {"Authorization": f"Bearer {token}"}
        for path in (*DECLARED, *control_paths(server)):
            for place in filled(path, ids):
                judge.check(api.get(place, headers=headers))
        for method, target, _, _ in victim.requests:
            if method == "GET":
                judge.check(api.get(target, headers=headers))
    return judge


@pytest.fixture(scope="module")
def spaces(server: Server) -> Iterator[tuple[Space, Space]]:
    name = f"isole{os.getpid()}-{next(_numbers)}"
    pair = [live(server, f"{name}-{letter}") for letter in "ab"]
    yield pair[0], pair[1]
    for each in pair:
        each.api.close()


def test_the_comparison_sees_what_is_a_tenants_own(
    spaces: tuple[Space, Space], server: Server
) -> None:
    a, b = spaces
    own = a.own(b)
    mails = a.api.get(f"/sandbox/mailboxes/{BOXES[0]}/messages").json()["messages"]
    assert {a.token, a.patient, *a.exchanges[:20], *(each["id"] for each in mails)} <= own
    assert len(own) > 100
    judge = Judge(own)
    judge.check(a.api.get(f"/sandbox/mailboxes/{BOXES[0]}/messages"))
    assert judge.leaks


def test_no_tenant_hears_of_the_other(server: Server, spaces: tuple[Space, Space]) -> None:
    a, b = spaces
    with ThreadPoolExecutor(4) as pool:
        judges = [
            pool.submit(hammer, server, victim, intruder, token)
            for victim, intruder in ((a, b), (b, a)) for token in (a.token, b.token)
        ]
        for judge in judges:
            assert judge.result().leaks == []
            assert judge.result().calls > 500


def test_a_token_of_one_is_nobodys_in_the_other(
    spaces: tuple[Space, Space], server: Server
) -> None:
    a, b = spaces
    for path in DECLARED:
        place = next(filled(path, ["x"]))
        anonymous = b.api.get(place).status_code
        foreign = b.api.get(place, headers={"Authorization": f"Bearer {a.token}"}).status_code
        assert foreign == anonymous, path


def test_what_one_said_says_nothing_in_the_other(
    server: Server, tenant: str, token: Callable[..., str]
) -> None:
    """Every request of one journey, repeated as it was, then with a token of the other space."""
    victim, intruder = live(server, f"{tenant}-a"), live(server, f"{tenant}-b")
    judge = Judge(victim.own(intruder), remembers=True)
    for (method, target, headers, body), mine in itertools.product(victim.requests, (False, True)):
        sent = dict(headers)
        if mine and "authorization" in sent:
            sent["authorization"] = f"Bearer {intruder.token}"
        answer = judge.check(intruder.api.request(method, target, headers=sent, content=body))
        if not mine and sent.get("authorization", "").startswith("Bearer "):
            assert answer.status_code == 401, target
    for space in (victim, intruder):
        space.api.close()
    assert judge.leaks == []


def test_a_stream_tells_of_its_own_tenant_only(
    spaces: tuple[Space, Space], server: Server
) -> None:
    a, b = spaces
    heard: list[str] = []
    with a.api.stream("GET", "/sandbox/journal/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        for space in (b, a, b, a):
            space.api.get("/dmp/fhir/metadata")
        while len(heard) < 2:
            line = next(lines)
            heard += [line] if line.startswith("data") else []
    assert [b.name in line for line in heard] == [False, False]


@several.one_process
def test_tenants_of_the_same_seed_and_time_keep_apart(
    server: Server, tenant: str
) -> None:
    """Their ids are the same: only the tenant itself holds them apart."""
    tokens: dict[str, str] = {}
    spaces: dict[str, httpx.Client] = {}
    for letter in "ab":
        name = f"{tenant}-{letter}"
        spaces[letter] = httpx.Client(base_url=f"{server.url}/t/{name}", trust_env=False)
        spaces[letter].put("/sandbox/settings", json={"seed": 1}).raise_for_status()
        spaces[letter].put("/sandbox/clock", json={"freeze": "2026-03-02T12:00:00Z"})
        tokens[letter] = access_token(server.url, name, DOCTOR)
        result = run(DEMO, url=server.url, tenant=name, document=None, report=lambda step: None)
        assert result.outcome == "pass"
    path = "/psc/auth/realms/esante-wallet/protocol/openid-connect/userinfo"
    for mine, other in ("ab", "ba"):
        answers = [spaces[mine].get(path, headers={"Authorization": f"Bearer {tokens[each]}"})
                   for each in (mine, other)]
        assert [answer.status_code for answer in answers] == [200, 401]
    entries: list[list[dict[str, Any]]] = [
        each.get("/sandbox/journal?limit=1000").json()["entries"] for each in spaces.values()
    ]
    assert [each["id"] for each in entries[0]] == [each["id"] for each in entries[1]]
    assert {each["tenant"] for each in entries[0]} == {f"{tenant}-a"}
    spaces["a"].post("/sandbox/reset", json={})
    assert len(spaces["b"].get("/sandbox/journal?limit=1000").json()["entries"]) == len(entries[1])
    for each in spaces.values():
        each.close()
