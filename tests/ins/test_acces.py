"""The three access modes, over HTTP and TLS: who is let in, and what the others are told."""

from __future__ import annotations

import base64
import ssl
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ins import codes
from tests.conftest import Server
from tests.ins.lps import ZOE, Parts, bam, fault, lps, now, report, send, traits, vitale
from tests.soap.signing import PLACE, assertion, signed

Json = dict[str, Any]
Journal = Callable[..., list[Json]]
DOCTOR = "899900000011"
SECURITY = "<wsse:Security>{}</wsse:Security>"


@pytest.fixture
def issued(api: httpx.Client) -> Callable[..., Json]:
    def issue(**wanted: str) -> Json:
        answer = api.post("/sandbox/certificates", json={"key": "ec", **wanted})
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    return issue


@pytest.fixture
def secure(server: Server, tenant: str, tmp_path: Path) -> Callable[..., Any]:
    """A client of the tenant over HTTPS, with a certificate or without."""

    @contextmanager
    def opened(made: Json | None = None) -> Iterator[httpx.Client]:
        context = ssl.create_default_context(cafile=server.ca)
        if made is not None:
            path = tmp_path / "identity.pem"
            path.write_text(made["private_key"] + made["certificate"] + made["chain"])
            context.load_cert_chain(path)
        base = f"{server.sandbox.endpoints['https']}/t/{tenant}"
        with httpx.Client(base_url=base, verify=context, trust_env=False) as client:
            yield client

    return opened


@pytest.fixture
def card(issued: Callable[..., Json]) -> Json:
    return issued(kind="person", id_nat=DOCTOR, key="rsa")


def by_card(made: Json, minutes: float = 0, **parts: Any) -> Parts:
    text = assertion(now(minutes), DOCTOR, place=PLACE, **parts)
    return with_assertion(signed(text, made["certificate"], made["private_key"]))


def with_assertion(*assertions: str) -> Parts:
    return Parts(body=traits(*ZOE), security=SECURITY.format("".join(assertions)),
                 bam=bam(DOCTOR), lps=lps(emitter=DOCTOR))


def rules(entry: Json) -> set[str]:
    return {each["rule"] for each in entry["findings"]}


@pytest.mark.parametrize("name", ["INSI-AUTO", "INSI-MANU"])
def test_t01_mutual_tls(
    issued: Callable[..., Json], secure: Callable[..., Any], journal: Journal, name: str
) -> None:
    made = issued(cn=name)
    parts = Parts(body=traits(*ZOE), bam=bam(made["ou"]), lps=lps(emitter=made["ou"]))
    with secure(made) as client:
        assert report(send(client, parts)) == "00"
        assert rules(journal()[0]) == set()
        assert report(send(client, Parts(body=traits(*ZOE)))) == "00"
    assert rules(journal()[0]) == {"INS-EMETTEUR-VALEUR"}


@pytest.mark.parametrize(("cn", "variant"), [
    ("PADOA", "valid"), ("insi-auto", "valid"), ("INSI-AUTO", "expired"), ("INSI-AUTO", "revoked"),
    ("INSI-AUTO", "self_signed"), ("INSI-MANU", "wrong_usage"),
])
def test_t07_another_certificate(
    issued: Callable[..., Json], secure: Callable[..., Any], cn: str, variant: str
) -> None:
    with secure(issued(cn=cn, variant=variant)) as client:
        told = fault(send(client, Parts(body=traits(*ZOE))))
    assert (told["value"], told["subcode"], told["code"], told["text"]) == (
        "soap:Sender", "soap:siram_100", "desir_560",
        "Vous ne disposez pas des droits suffisants pour accéder à ce service",
    )


def test_t08_security_with_a_certificate_is_ignored(
    issued: Callable[..., Json], secure: Callable[..., Any], journal: Journal
) -> None:
    with secure(issued(cn="INSI-AUTO")) as client:
        assert report(send(client, with_assertion(assertion(now(-500), "x")))) == "00"
    assert "INS-SECURITE-INUTILE" in rules(journal()[0])


def test_t08_neither_certificate_nor_assertion(
    api: httpx.Client, secure: Callable[..., Any], journal: Journal
) -> None:
    with secure() as client:
        assert report(send(client, Parts(body=traits(*ZOE)))) == "desir_560"
    assert rules(journal()[0]) == {"INS-AUTHENTIFICATION"}
    assert report(send(api, Parts(body=traits(*ZOE)))) == "00"
    assert rules(journal()[0]) == {"INS-CERTIFICAT-ABSENT"}


def test_a_signed_assertion(
    api: httpx.Client, secure: Callable[..., Any], card: Json, journal: Journal
) -> None:
    with secure() as client:
        assert report(send(client, by_card(card))) == "00"
    assert rules(journal()[0]) == set()
    assert report(send(api, by_card(card))) == "00"


def test_t09_an_assertion_ages(api: httpx.Client, card: Json) -> None:
    assert report(send(api, by_card(card, -59))) == "00"
    assert report(send(api, by_card(card, -61))) == "desir_560"
    assert report(send(api, by_card(card, 10))) == "desir_560"
    api.put("/sandbox/ins/settings", json={"minutes_ps": 90}).raise_for_status()
    assert report(send(api, by_card(card, -61))) == "00"


def test_a_card_that_is_not_right(
    api: httpx.Client, card: Json, issued: Callable[..., Json], journal: Journal
) -> None:
    altered = by_card(card)
    altered.security = altered.security.replace("991234567", "991234568")
    expired = issued(kind="person", id_nat=DOCTOR, key="rsa", variant="expired")
    for parts in (altered, with_assertion(assertion(now(), DOCTOR)), by_card(expired)):
        told = fault(send(api, parts))
        assert (told["code"], told["text"]) == (
            "desir_620", "Le certificat de la carte PS est erroné."
        )
        assert "INS-ASSERTION-SIGNATURE" in rules(journal()[0])
    foreign = issued(cn="AUTRE", key="rsa")
    assert report(send(api, by_card(foreign))) == "00"
    assert "INS-CARTE-AUTORITE" in rules(journal()[0])


def test_a_card_that_is_not_its_holders(
    api: httpx.Client, server: Server, card: Json, journal: Journal
) -> None:
    text = assertion(now(), "899900000029", place=PLACE)
    parts = with_assertion(signed(text, card["certificate"], card["private_key"]))
    assert report(send(api, parts)) == "desir_620"
    assert "INS-ASSERTION-TITULAIRE" in rules(journal()[0])
    with httpx.Client(base_url=f"{server.url}/t/{uuid.uuid4().hex[:12]}", trust_env=False) as other:
        assert report(send(other, by_card(card))) == "desir_620"
    forged = by_card(card)
    encoded = forged.security.split("X509Certificate>")[1].partition("<")[0]
    der = bytearray(base64.b64decode(encoded))
    der[-1] ^= 1
    forged.security = forged.security.replace(encoded, base64.b64encode(der).decode())
    assert report(send(api, forged)) == "desir_620"
    assert report(send(api, by_card(card))) == "00"
    api.post(f"/sandbox/certificates/{card['serial']}/revoke", json={}).raise_for_status()
    assert report(send(api, by_card(card))) == "desir_620"


def test_a_search_by_card_wants_the_card(api: httpx.Client, card: Json, journal: Journal) -> None:
    parts = by_card(card)
    parts.action, parts.body = codes.ACTION_VITALE, vitale(
        MatriculeOD="2770763220829", NomNaissance="NESSI", DateNaissance="14071977"
    )
    assert report(send(api, parts)) == "desir_560"
    assert "INS-VITALE-ABSENTE" in rules(journal()[0])


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_certificate_that_cannot_be_read_is_a_wrong_card(api: httpx.Client, card: Json) -> None:
    right = by_card(card)
    encoded = right.security.split("X509Certificate>")[1].partition("<")[0]
    der = base64.b64decode(encoded)
    for part in (b"\x55\x04\x03", b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"):  # a name, the key
        place = der.index(part) + len(part)
        changed = der[:place] + bytes([der[place] ^ 0x80]) + der[place + 1:]
        right.security = right.security.replace(encoded, base64.b64encode(changed).decode())
        assert report(send(api, right)) == "desir_620"
        encoded = base64.b64encode(changed).decode()


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00"])
def test_an_instant_outside_the_calendar(api: httpx.Client, card: Json, instant: str) -> None:
    text = signed(assertion(instant, DOCTOR, place=PLACE), card["certificate"],
                  card["private_key"])
    assert report(send(api, with_assertion(text))) == "desir_560"
    assert report(send(api, Parts(body=traits(*ZOE), bam=bam(temps=instant)))) == "00"


def test_what_an_assertion_must_say(api: httpx.Client, card: Json, journal: Journal) -> None:
    assert report(send(api, by_card(card, attributes={"secteurActivite": "SA07"}))) == "00"
    assert rules(journal()[0]) == {"INS-FACTURATION", "INS-SPECIALITE"}
    poor = {"identifiantFacturation": "9912345", "codeSpecialite": "SM54"}
    assert report(send(api, by_card(card, attributes=poor))) == "00"
    assert rules(journal()[0]) == {"INS-FACTURATION-FORME"}
    for code, broken in (("SM26", set()), ("PAC00", set()), ("SM99", {"INS-SPECIALITE-CODE"}),
                         ("35", {"INS-SPECIALITE-CODE"})):
        told = {"identifiantFacturation": "991234567", "codeSpecialite": code}
        assert report(send(api, by_card(card, attributes=told))) == "00"
        assert rules(journal()[0]) == broken
    nobody = signed(assertion(now(), "", place=PLACE), card["certificate"], card["private_key"])
    assert report(send(api, with_assertion(nobody))) == "desir_560"
    assert "INS-ASSERTION-NOM" in rules(journal()[0])


def test_pro_sante_connect(
    api: httpx.Client, token: Callable[..., str], journal: Journal
) -> None:
    parts = with_assertion(assertion(now(), DOCTOR, "PSC", {
        "identifiantFacturation": "991234567", "codeSpecialiteAMO": "01",
    }))
    missing = send(api, parts)
    assert (missing.status_code, report(missing)) == (401, "login")
    bearer = {"Authorization": f"Bearer {token(DOCTOR)}"}
    assert report(send(api, parts, **bearer)) == "00"
    assert "INS-ASSERTION-NOM" not in rules(journal()[0])
    other = {"Authorization": f"Bearer {token('899900000029')}"}
    assert report(send(api, parts, **other)) == "desir_560"
    wrong = send(api, parts, Authorization="Bearer faux")
    assert (wrong.status_code, report(wrong)) == (401, "invalid_token")


@pytest.mark.parametrize(("said", "broken"), [({}, {"INS-PROFESSION"}),
                                              ({"gipProfessionCode": "70"}, set())])
def test_who_has_two_professions_says_which(
    api: httpx.Client, token: Callable[..., str], journal: Journal, said: dict[str, str],
    broken: set[str],
) -> None:
    two = "899900000250"
    text = assertion(now(), two, "PSC", {
        "identifiantFacturation": "991234567", "codeSpecialiteAMO": "01", **said,
    })
    parts = Parts(body=traits(*ZOE), security=SECURITY.format(text), bam=bam(two),
                  lps=lps(emitter=two))
    assert report(send(api, parts, Authorization=f"Bearer {token(two)}")) == "00"
    assert rules(journal()[0]) & {"INS-PROFESSION", "INS-SPECIALITE"} == broken


def test_the_official_names(server: Server, issued: Callable[..., Json]) -> None:
    context = ssl.create_default_context(cafile=server.ca)
    content = Parts(body=traits(*ZOE)).xml()
    with httpx.Client(verify=context, trust_env=False) as client:
        for host in codes.TEST_HOSTS:
            answer = client.post(
                server.sandbox.endpoints["https"] + "/lps", content=content,
                headers={"host": host, "content-type": "application/soap+xml"},
                extensions={"sni_hostname": host},
            )
            assert report(answer) == "desir_560"  # neither certificate nor assertion
            contract = client.get(
                server.sandbox.endpoints["https"] + "/lps?wsdl", headers={"host": host},
                extensions={"sni_hostname": host},
            )
            assert f'location="https://{host}/lps"' in contract.text
            schema = client.get(
                server.sandbox.endpoints["https"] + "/schemas/Erreur.xsd", headers={"host": host},
                extensions={"sni_hostname": host},
            )
            assert schema.status_code == 200


def test_only_assertions_are_in_the_security_block(
    card: Json, secure: Callable[..., Any], journal: Journal
) -> None:
    parts = by_card(card)
    with secure() as client:
        assert report(send(client, parts)) == "00"
        assert "INS-SECURITE-CONTENU" not in rules(journal()[0])
        parts.security = parts.security.replace(
            "<wsse:Security>", "<wsse:Security><wsse:BinarySecurityToken/>"
        )
        assert report(send(client, parts)) == "00"
    (found,) = [each for each in journal()[0]["findings"]
                if each["rule"] == "INS-SECURITE-CONTENU"]
    assert found["at"] == "/Envelope/Header/Security/BinarySecurityToken"


def test_each_official_name_has_its_mode(
    server: Server, issued: Callable[..., Json], secure: Callable[..., Any], journal: Journal
) -> None:
    made = issued(cn="INSI-AUTO")
    content = Parts(body=traits(*ZOE), bam=bam(made["ou"]), lps=lps(emitter=made["ou"])).xml()
    with secure(made) as client:
        for host, broken in zip(codes.TEST_HOSTS, (True, False), strict=True):
            answer = client.post(
                server.sandbox.endpoints["https"] + "/lps", content=content,
                headers={"host": host, "content-type": "application/soap+xml"},
                extensions={"sni_hostname": host},
            )
            assert report(answer) == "00"
            assert ("INS-HOTE" in rules(journal()[0])) == broken


def test_a_lot_by_hand_is_a_finding(
    issued: Callable[..., Json], secure: Callable[..., Any], journal: Journal
) -> None:
    with secure(issued(cn="INSI-MANU")) as client:
        parts = Parts(codes.ACTION_DEPOSER, f'<d:DEPOT xmlns:d="{codes.NS_LOT}"/>')
        assert report(send(client, parts)) == "insi_19"
    assert "INS-CERTIFICAT-LOT" in rules(journal()[0])
