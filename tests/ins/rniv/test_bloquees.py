"""A call of INSi about an identity that the store knows as doubtful or fictitious: EXI ID 26,
through every door; the téléservice itself answers, it does not know."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from ins import codes
from ins.rniv import store as rniv_store
from ins.rniv.domain.bloquees import cle
from services.kernel.database import Database, Row, Write
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.soap.namespaces import SIGNATURE
from tests.conftest import Server
from tests.ins.conftest import MATCH, bundle, fhir_patient, patient_to_verify
from tests.ins.lps import (
    ZOE,
    Parts,
    individu,
    now,
    report,
    search,
    send,
    verification,
    vitale,
)
from tests.ins.rniv.conftest import Store
from tests.ins.rniv.messages import Pam, pid
from tests.ins.test_batch import BATCH
from tests.ins.test_verification import LOT, NIR, RUTH, deposit
from tests.ins.test_ws_ins1 import RUTH as CARTE
from tests.ins.test_ws_ins1 import by_card
from tests.soap.signing import assertion

Journal = Callable[..., list[dict[str, Any]]]
RULE = "EXI ID 26"


def told(journal: Journal) -> list[tuple[str, str]]:
    """Place and what was found, of the last call."""
    found = journal(service="ins", limit="1")[0]["findings"]
    return [(each["at"], each["found"]) for each in found if each["rule"] == RULE]


@pytest.mark.parametrize(("attribute", "label"), [
    ("DOUT", "identité douteuse"), ("FICT", "identité fictive"),
])
def test_t14_soap_and_fhir_tell_what_the_store_knows(
    store: Store, api: httpx.Client, journal: Journal, attribute: str, label: str
) -> None:
    id = store.create()["id"]
    assert report(search(api, *ZOE)) == "00"
    assert told(journal) == []

    store.done(id, "flag", attribute=attribute)
    assert report(search(api, *ZOE)) == "00"
    assert told(journal) == [
        ("/Envelope/Body/RECSANSVITALE/NomNaissance", f"{attribute} ({label})")
    ]
    api.post(MATCH, json=fhir_patient(), headers=store.headers).raise_for_status()
    assert told(journal) == [("Patient.name[0].family", f"{attribute} ({label})")]
    assert report(search(api, "ADRUN", "BAPTISTE", "M", "1975-01-01", "")) == "00"
    assert told(journal) == []

    store.done(id, "flag", attribute=attribute, value=False)
    assert report(search(api, *ZOE)) == "00"
    assert journal(service="ins", limit="1")[0]["findings"][0]["rule"] == "INS-CERTIFICAT-ABSENT"
    assert told(journal) == []


def test_a_verification_too(store: Store, api: httpx.Client, journal: Journal) -> None:
    id = store.create("Nessi", "Ruth Isabelle", "F", "1977-07-14")["id"]
    store.done(id, "flag", attribute="DOUT")
    assert report(send(api, verification(individu(*RUTH)))) == "00"
    assert len(told(journal)) == 1
    answer = api.post("/ins/fhir/Patient/$ins-verify", json=patient_to_verify(*RUTH),
                      headers=store.headers)
    assert answer.status_code == 200
    assert len(told(journal)) == 1
    assert report(send(api, verification(individu(*RUTH[:3])))) == "00"
    assert told(journal) == []


def test_a_lot_tells_each_of_them(store: Store, api: httpx.Client, journal: Journal) -> None:
    """Those that the store doubts, wherever they stand among others; their twins are not told."""
    born = ("M", "2010-08-07", "63220")
    for nom, prenoms, *more in (("NESSI", "RUTH ISABELLE", "F", "1977-07-14"),
                                ("DE VINCI", "RAPHAEL", *born)):
        id = store.create(nom, prenoms, *more)["id"]
        store.done(id, "flag", attribute="DOUT")
    donatello = ("110086322083159", NIR, "DE VINCI", "DONATELLO THIERRY MICHEL", *born)
    several = [*LOT, donatello, ("110086322083258", NIR, "DE VINCI", "RAPHAEL", *born)]
    answer = send(api, deposit(*several, RUTH[:3]))
    assert report(answer) == "00"
    at = "/Envelope/Body/DEPOT/IndividuVerifie[%d]/TraitsIdentiteIndividu/NomNaissance"
    label = "DOUT (identité douteuse)"
    assert told(journal) == [(at % 7, label), (at % 9, label)]
    api.post(BATCH, json=bundle(*(patient_to_verify(*each) for each in several)),
             headers={**store.headers, "Prefer": "respond-async"}).raise_for_status()
    assert told(journal) == [
        (f"Bundle.entry[{rank}].resource.ofType(Patient).name[0].family", label) for rank in (6, 8)
    ]


def test_a_search_by_card_too(store: Store, api: httpx.Client, journal: Journal) -> None:
    id = store.create("NESSI", "RUTH ISABELLE", "F", "1977-07-14")["id"]
    assert report(send(api, by_card(**CARTE))) == "00"
    assert told(journal) == []
    store.done(id, "flag", attribute="FICT")
    assert report(send(api, by_card(**CARTE))) == "00"
    assert told(journal) == [
        ("/Envelope/Body/RECVITALE/NomNaissance", "FICT (identité fictive)")
    ]
    assert report(send(api, by_card(**CARTE | {"DateNaissance": "07082010"}))) == "00"
    assert told(journal) == []


def test_a_strict_tenant_refuses_the_lot(store: Store, api: httpx.Client, journal: Journal) -> None:
    store.done(store.create("NESSI", "RUTH ISABELLE", "F", "1977-07-14")["id"], "flag",
               attribute="DOUT")
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    answer = api.post(BATCH, json=bundle(patient_to_verify(*RUTH)),
                      headers={**store.headers, "Prefer": "respond-async"})
    assert answer.status_code == 422
    assert len(told(journal)) == 1


def test_a_strict_tenant_refuses_the_card(
    store: Store, api: httpx.Client, journal: Journal
) -> None:
    """A search that is right in all else."""
    serial = "468929507"
    key_info = (
        f'<ds:Signature xmlns:ds="{SIGNATURE}"><ds:SignedInfo><ds:SignatureMethod '
        f'Algorithm="{codes.SIGNATURES_CARTE["V2"]}"/></ds:SignedInfo><ds:KeyInfo><KeyInfo '
        f'xmlns="{codes.NS_CARTE}"><Type>V2</Type><Nature>TEST</Nature><NumSerieLogique>{serial}'
        "</NumSerieLogique></KeyInfo></ds:KeyInfo></ds:Signature>"
    )
    id = store.create("NESSI", "RUTH ISABELLE", "F", "1977-07-14")["id"]
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()

    def search_by_card() -> str:
        card = assertion(now(), serial, "VITALE", {}, place=key_info)
        return report(send(api, Parts(codes.ACTION_VITALE, vitale(**CARTE),
                                      security=f"<wsse:Security>{card}</wsse:Security>")))

    assert search_by_card() == "00"
    store.done(id, "flag", attribute="DOUT")
    assert search_by_card() == "insi_19"
    assert len(told(journal)) == 1


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "several processes"])
async def test_of_many_persons_few_statements_tell_the_doubtful(
    database: Database, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    sandbox = cast(Sandbox, SimpleNamespace(database=database, alone=alone, resources={}))
    tenant, other = Tenant("essai"), Tenant("autre")
    persons = [cle(f"NÉ{each}", "1975-12-31") for each in range(4000)]
    rows = [{"person": each, "id": id} for each in persons[1000:3500] for id in "ab"]
    await database.write([Write(rniv_store.BLOCK, {"tenant_id": tenant.key}, each=rows)])
    ran: list[object] = []

    async def counted(statement: Any, **parameters: Any) -> list[Row]:
        if statement is rniv_store.PERSONS:
            ran.append(statement)
        return await read(statement, **parameters)

    read = database.all
    monkeypatch.setattr(database, "all", counted)
    found = await rniv_store.parmi_bloquees(sandbox, tenant, persons)
    assert found == frozenset(persons[1000:3500])
    assert ran.count(rniv_store.PERSONS) == 3
    some = [*persons[990:1010:2], *persons[3490:3510:2], "", "~", "9"]
    assert await rniv_store.parmi_bloquees(sandbox, tenant, some) == found.intersection(some)
    assert await rniv_store.parmi_bloquees(sandbox, other, persons) == frozenset()
    assert await rniv_store.parmi_bloquees(sandbox, tenant, ()) == frozenset()


def test_twins_are_told_apart(store: Store, api: httpx.Client, journal: Journal) -> None:
    born = ("M", "2010-08-07", "63220")
    id = store.create("DE VINCI", "DONATELLO THIERRY MICHEL", *born)["id"]
    store.done(id, "flag", attribute="DOUT")
    for prenom, findings in (
        ("RAPHAEL", 0), ("DONATELLO", 1), ("DONATELLO THIERRY", 1), ("MICHEL", 1),
    ):
        search(api, "DE VINCI", prenom, *born)
        assert len(told(journal)) == findings, prenom


def test_a_correction_moves_the_doubt(store: Store, api: httpx.Client, journal: Journal) -> None:
    patient = store.create()
    store.done(patient["id"], "flag", attribute="DOUT")
    changed = store.read(patient["id"])
    changed["birthDate"] = "1975-12-30"
    assert store.send("PUT", f"/Patient/{patient['id']}", changed).status_code == 200
    search(api, *ZOE)
    assert told(journal) == []
    search(api, "ADRUN", "ZOE", "F", "1975-12-30", "")
    assert len(told(journal)) == 1


def test_a_doubt_that_came_by_message(
    pam: Pam, api: httpx.Client, journal: Journal
) -> None:
    pam.send("A28", pid(status="PROV~DOUT"))
    search(api, *ZOE)
    assert len(told(journal)) == 1


def test_a_strict_tenant_refuses_the_call(store: Store, api: httpx.Client) -> None:
    id = store.create()["id"]
    store.done(id, "flag", attribute="DOUT")
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    answer = api.post(MATCH, json=fhir_patient(), headers=store.headers)
    assert answer.status_code >= 400


def test_another_tenant_knows_nothing(store: Store, server: Server, api: httpx.Client) -> None:
    id = store.create()["id"]
    store.done(id, "flag", attribute="DOUT")
    other = f"{server.url}/t/bloquees-ailleurs"
    with httpx.Client(base_url=other, trust_env=False) as elsewhere:
        assert report(search(elsewhere, *ZOE)) == "00"
        entries = elsewhere.get("/sandbox/journal").json()["entries"]
    assert RULE not in str(entries)
