"""A token bound to a certificate is worth nothing without it, on every API that takes tokens
(dossier of Pro Santé Connect, case 34), and a token got for one API is worth nothing on another."""

from __future__ import annotations

import base64
import smtplib
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.confiance import Software
from tests.e_prescription.conftest import prescription
from tests.ins.lps import now, send
from tests.ins.test_acces import with_assertion
from tests.soap.signing import assertion

DOCTOR = "899900000011"
BOX = "claire.exemplaire@medecin.socle.mssante.fr"
MATCH: dict[str, Any] = {"resourceType": "Parameters", "parameter": [{
    "name": "resource", "resource": {
        "resourceType": "Patient", "name": [{"use": "official", "family": "ADRUN",
                                             "given": ["ZOE"]}],
        "gender": "female", "birthDate": "1975-12-31",
    }}]}
FHIR = {"Content-Type": "application/fhir+json"}
READ = "/dmp/fhir/DocumentReference?status=current&patient.identifier=" \
    "urn:oid:1.2.250.1.213.1.4.10%7C279035121518989"


@pytest.fixture
def edc(software: Software) -> Software:
    software.register()
    return software


def call(called: str, by: httpx.Client, token: str) -> httpx.Response:
    """One call of an API with this token."""
    bearer = {"Authorization": f"Bearer {token}"}
    if called == "dmp":
        return by.get(READ, headers=bearer)
    if called == "ins":
        return by.post("/ins/fhir/Patient/$match", json=MATCH, headers=bearer | FHIR)
    if called == "ins.soap":
        parts = with_assertion(assertion(now(), DOCTOR, "PSC", {
            "identifiantFacturation": "991234567", "codeSpecialiteAMO": "01"}))
        return send(by, parts, **bearer)
    return by.post("/e-prescription/v1/ep4_creer", json=prescription(), headers=bearer)


def refused(answer: httpx.Response, text: str) -> bool:
    told = 'error="invalid_token"' in answer.headers.get("www-authenticate", "")
    return answer.status_code == 401 and text in answer.text and told


@pytest.mark.parametrize("called", ["dmp", "ins", "ins.soap"])
def test_34_a_bound_token_needs_its_certificate(edc: Software, called: str) -> None:
    by, other, bare = edc.secure(), edc.secure(), edc.secure(variant="")
    exchanged, own = edc.token(by, called.split(".")[0]), edc.log_in(by)["access_token"]
    for token in (exchanged, own):
        for caller in (other, bare, edc.api):
            assert refused(call(called, caller, token), "certificat"), caller.base_url
        assert call(called, by, token).status_code == 200


def test_34_the_encoding_of_the_rfc_is_judged_too(edc: Software) -> None:
    edc.api.put("/sandbox/psc", json={"quirks": {"cnf": "rfc8705"}})
    by, other = edc.secure(), edc.secure()
    token = edc.token(by, "dmp")
    assert call("dmp", by, token).status_code == 200
    assert refused(call("dmp", other, token), "certificat")


def test_34_the_ordonnance_judges_the_certificate(edc: Software) -> None:
    by = edc.secure()
    token = edc.token(by, "e_prescription")
    assert refused(call("ep", edc.api, token), "certificat")
    assert call("ep", by, token).status_code not in (401, 500)


@pytest.mark.parametrize(
    ("got_for", "called"), [("ins", "dmp"), ("dmp", "ins"), ("mssante", "dmp")]
)
def test_a_token_of_another_api_is_refused(edc: Software, got_for: str, called: str) -> None:
    by = edc.secure()
    assert refused(call(called, by, edc.token(by, got_for)), "autre API")


@pytest.mark.parametrize("called", ["dmp", "ins.soap"])
def test_a_strict_tenant_takes_exchanged_tokens_only(
    edc: Software, called: str, token: Any
) -> None:
    by = edc.secure()
    raw, exchanged = token(DOCTOR), edc.token(by, called.split(".")[0])
    assert call(called, by, raw).status_code == 200
    edc.api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert refused(call(called, by, raw), "jeton obtenu par échange")
    assert refused(call(called, edc.api, raw), "jeton obtenu par échange")
    assert call(called, by, exchanged).status_code == 200


def test_a_token_that_ended_is_refused_at_once(edc: Software) -> None:
    by = edc.secure()
    token = edc.token(by, "dmp")
    assert call("dmp", by, token).status_code == 200
    by.post("/psc/edc/realms/dmp/protocol/openid-connect/revoke",
            data={"client_id": "lps-edc", "token": token})
    assert refused(call("dmp", by, token), "pas valable")


def test_a_token_of_another_tenant_is_refused(edc: Software) -> None:
    by = edc.secure()
    token = edc.token(by, "dmp")
    with httpx.Client(
        base_url=f"{edc.server.url}/t/{edc.tenant}-autre", trust_env=False, timeout=30
    ) as other:
        assert refused(call("dmp", other, token), "pas valable")


def test_34_a_mailbox_opens_with_the_certificate_of_the_token(
    edc: Software, tmp_path: Path
) -> None:
    by, wanted = edc.secure(), tmp_path / "edc-0.pem"
    mine, others = edc.token(by, "mssante"), edc.token(by, "dmp")
    _ = edc.secure()

    def code(token: str, certificate: Path | None) -> int:
        context = ssl.create_default_context(cafile=edc.server.ca)
        if certificate is not None:
            context.load_cert_chain(certificate)
        with smtplib.SMTP(*edc.server.smtp) as session:
            session.starttls(context=context)
            session.ehlo()
            response = f"user={BOX}\x01auth=Bearer {token}\x01\x01".encode()
            status, _ = session.docmd("AUTH", "XOAUTH2 " + base64.b64encode(response).decode())
            return status if status == 235 else session.docmd("")[0]

    assert code(mine, wanted) == 235
    assert code(edc.log_in(by)["access_token"], wanted) == 235
    for token, certificate in (
        (mine, None), (mine, tmp_path / "edc-1.pem"), (others, wanted),
    ):
        assert code(token, certificate) == 535
