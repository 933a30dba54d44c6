"""WS_INS2 over the wire, by bytes: answers, faults and findings."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from ins import codes
from ins.seed import jeux
from tests.ins.conftest import fhir_patient
from tests.ins.conftest import report as fhir_report
from tests.ins.lps import (
    SOAP,
    ZOE,
    Parts,
    bam,
    fault,
    lps,
    report,
    search,
    send,
    traits,
    tree,
)

Json = dict[str, Any]
Journal = Callable[..., list[Json]]


def settings(api: httpx.Client, **wanted: object) -> None:
    api.put("/sandbox/ins/settings", json=wanted).raise_for_status()


def text(answer: httpx.Response, path: str) -> str:
    return tree(answer).findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or ""


def test_t01_adrun_zoe(api: httpx.Client, journal: Journal) -> None:
    answer = search(api, *ZOE)
    assert (report(answer), answer.headers["x-sandbox-fidelity"]) == ("00", "official")
    assert text(answer, "CR/LibelleCR") == "OK"
    active = "INDIVIDU/INSACTIF"
    assert text(answer, f"{active}/IdIndividu/NumIdentifiant") == "2751263220749"
    assert text(answer, f"{active}/IdIndividu/Cle") == "74"
    assert text(answer, f"{active}/OID") == "1.2.250.1.213.1.4.8"
    tiq = tree(answer).find("{*}INDIVIDU/{*}TIQ")
    assert tiq is not None
    assert [child.tag.rpartition("}")[2] for child in tiq] == [
        "NomNaissance", "ListePrenom", "Sexe", "DateNaissance", "LieuNaissance"
    ]
    [entry] = journal(service="ins")
    assert (entry["transaction"], entry["outcome"]) == ("WS_INS2", "pass")
    assert [each["rule"] for each in entry["findings"]] == ["INS-CERTIFICAT-ABSENT"]


def test_a_live_answer_byte_for_byte(api: httpx.Client) -> None:
    answer = search(api, "ADRTROIS", "TOUSSAINT", "M", "1960-01-01")
    envelope = "http://www.w3.org/2003/05/soap-envelope"
    assert answer.text == (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{envelope}"><env:Body '
        f'xmlns:S="{envelope}" xmlns:env="{envelope}"><RESULTAT '
        'xmlns="http://www.cnamts.fr/INSiResultat" xmlns:ns0="http://www.cnamts.fr/INSiRecVit" '
        'xmlns:ns1="http://www.cnamts.fr/INSiRecSans"><CR><CodeCR>00</CodeCR><LibelleCR>OK'
        "</LibelleCR></CR><INDIVIDU><INSACTIF><IdIndividu><NumIdentifiant>160012B020777"
        "</NumIdentifiant><Cle>13</Cle></IdIndividu><OID>1.2.250.1.213.1.4.8</OID></INSACTIF>"
        "<TIQ><NomNaissance>ADRTROIS</NomNaissance><ListePrenom>TOUSSAINT</ListePrenom>"
        "<Sexe>M</Sexe><DateNaissance>1960-01-01</DateNaissance>"
        "<LieuNaissance>2B020</LieuNaissance></TIQ></INDIVIDU></RESULTAT></env:Body>"
        "</soap:Envelope>"
    )


@pytest.mark.parametrize("mode", ["production", "cnda"])
def test_t17_every_row_by_soap_and_by_fhir(
    api: httpx.Client, match: Callable[[Json], httpx.Response], mode: str
) -> None:
    settings(api, mode=mode)
    for jeu in jeux():
        wanted = (jeu.nom_naissance, jeu.prenom, jeu.sexe, jeu.date_naissance, jeu.lieu_naissance)
        expected = getattr(jeu, mode)
        assert report(search(api, *wanted)) == expected, wanted
        answer = match(fhir_patient(*wanted))
        if expected.startswith("insi"):
            assert answer.status_code == (422 if expected == "insi_19" else 500)
            coding = answer.json()["issue"][0]["details"]["coding"][0]
            assert coding["code"] == expected
        else:
            assert fhir_report(answer.json()) == expected, wanted


def test_t02_leonardo_twice(api: httpx.Client) -> None:
    several = search(api, "DE VINCI", "LEONARDO", "M", "2014-02-01")
    assert report(several) == "02"
    assert text(several, "CR/LibelleCR") == "Plusieurs identites trouvees"
    assert b"INDIVIDU" not in several.content
    one = search(api, "DE VINCI", "LEONARDO", "M", "2014-02-01", "63220")
    assert text(one, "INDIVIDU/INSACTIF/IdIndividu/NumIdentifiant") == "1140263220833"


def test_t03_tchitchi_in_both_modes(api: httpx.Client) -> None:
    ola, catarina = (("TCHITCHI", name, "F", "1936-06-21") for name in ("OLA", "CATARINA"))
    unknown = search(api, *ola)
    assert (report(unknown), text(unknown, "CR/LibelleCR")) == ("01", "Aucune identite trouvee")
    settings(api, mode="cnda")
    answer = search(api, *ola)
    assert answer.status_code == 500
    told = fault(answer)
    assert told.pop("messageID").startswith("uuid:")
    assert told == {
        "value": "S:Receiver", "subcode": "S:siram_40", "lang": "en", "code": "insi_102",
        "severite": "fatal",
        "reason": "Le service est temporairement inaccessible. Veuillez renouveler votre demande "
        "ultérieurement. Si le problème persiste, contactez l'éditeur du progiciel ou votre "
        "responsable informatique.",
        "text": "L'appel au service de recherche avec les traits d'identité renvoie une erreur "
        "technique.",
    }
    found = search(api, *catarina)
    assert (report(found), text(found, "INDIVIDU/TIQ/ListePrenom")) == ("00", "CATARINA BELLA")


def test_t05_the_history_in_its_order(api: httpx.Client) -> None:
    live = search(api, "ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14")
    (first,) = tree(live).findall("{*}INDIVIDU/{*}INSHISTO")
    order = ["IdIndividu", "OID", "DateDeb", "DateFin"]
    assert [child.tag.rpartition("}")[2] for child in first] == order
    api.post("/sandbox/ins/injections", json={"reponse": "TEST_2.04_cas2"}).raise_for_status()
    injected = search(api, "ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14")
    several = tree(injected).findall("{*}INDIVIDU/{*}INSHISTO")
    assert len(several) == 2
    assert [child.tag.rpartition("}")[2] for child in several[0]] == [*order[2:], *order[:2]]


def test_t06_provisoire_has_a_nia(api: httpx.Client) -> None:
    answer = search(api, "PROVISOIRE", "MATRICULE", "M", "2009-07-01")
    assert text(answer, "INDIVIDU/INSACTIF/OID") == "1.2.250.1.213.1.4.9"


def test_t07_an_unknown_software_in_the_exact_bytes(api: httpx.Client) -> None:
    message_id = "uuid:b3549edd-4ae9-472a-b26f-fd2fb4ef397f"
    parts = Parts(body=traits(*ZOE), lps=lps("FAKE-IDAM"), message_id=message_id)
    answer = send(api, parts)
    assert answer.status_code == 500
    envelope = "http://www.w3.org/2003/05/soap-envelope"
    assert answer.text == (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{envelope}"><env:Body '
        f'xmlns:env="{envelope}"><soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value>'
        "<soap:Subcode><soap:Value>soap:siram_100</soap:Value></soap:Subcode></soap:Code>"
        '<soap:Reason><soap:Text xml:lang="fr">L\'accès par ce progiciel au service n\'est pas '
        "autorisé. Contactez l'éditeur du progiciel ou votre responsable informatique."
        '</soap:Text></soap:Reason><soap:Detail><siram:Erreur code="desir_550" '
        f'messageID="{message_id}" severite="erreur" xmlns:siram="urn:siram">Numéro '
        "d'autorisation du logiciel inconnu.</siram:Erreur></soap:Detail></soap:Fault></env:Body>"
        "</soap:Envelope>"
    )


def test_t10_lexical_refusals(api: httpx.Client) -> None:
    absent = fault(search(api, "", *ZOE[1:]))
    assert absent["subcode"] == "S:siram_10"
    assert (absent["code"], absent["text"]) == (
        "insi_19", "Le champ nom de naissance est obligatoire"
    )
    for wrong in ("Adrun", "ADRÛN", "ADRŒUN", "D’ADRUN", "-ADRUN", "AD''RUN", "ADRUN1",
                  " ADRUN", "ADRUN ", "\nADRUN\n"):
        told = fault(search(api, wrong, *ZOE[1:]))
        assert (told["code"], told["severite"]) == ("insi_19", "erreur"), wrong
        assert "Un trait d'identité" in told["text"]
    for odd in (("ADRUN", "", "F", "1975-12-31"), ("ADRUN", "ZOE", "X", "1975-12-31"),
                ("ADRUN", "ZOE", "F", "31/12/1975"), (*ZOE[:4], "6322"),
                ("ADRUN", " ZOE", "F", "1975-12-31"), ("ADRUN", "ZOE", " F", "1975-12-31")):
        assert report(search(api, *odd)) == "insi_19", odd
    assert fault(search(api, "   ", *ZOE[1:]))["text"] == absent["text"]
    assert report(search(api, "ADRUN", ("ZOE", " "), *ZOE[2:4], " ")) == "00"


def test_t13_a_lunar_date(api: httpx.Client) -> None:
    answer = search(api, "LUNAIRE", "AMINATA", "F", "1950-00-00")
    assert (report(answer), text(answer, "INDIVIDU/TIQ/DateNaissance")) == ("00", "1950-00-00")


def test_t18_an_injected_answer_then_the_real_one(
    api: httpx.Client, match: Callable[[Json], httpx.Response], journal: Journal
) -> None:
    made = api.post("/sandbox/ins/injections", json={
        "reponse": "REP_CR01", "nom_naissance": "ADRUN", "prenom": "ZOE",
    })
    assert made.status_code == 201
    assert report(search(api, "ADRUN", "BAPTISTE", "M", "1975-01-01")) == "00"
    first = search(api, *ZOE)
    assert report(first) == "01"
    assert b"<ns2:CodeCR>01</ns2:CodeCR>" in first.content
    assert journal()[0]["note"].startswith("réponse injectée : REP_CR01, 1 sur 1 ; CR 01")
    assert report(search(api, *ZOE)) == "00"
    [listed] = api.get("/sandbox/ins/injections").json()["injections"]
    assert (listed["servies"], listed["fois"]) == (1, 1)
    api.post("/sandbox/ins/injections", json={"reponse": "REP_CR01"}).raise_for_status()
    assert fhir_report(match(fhir_patient()).json()) == "01"
    assert fhir_report(match(fhir_patient()).json()) == "00"


@pytest.mark.parametrize(("name", "code", "number", "prenom"), [
    ("REP_CR01", "01", "", ""), ("REP_CR02", "02", "", ""),
    ("TEST_1.10", "00", "1090763220834", ""), ("TEST_2.04_cas2", "00", "1090763220834", ""),
    ("TEST_2.05", "00", "1090763220888", "MATRICULE"),
    ("TEST_2.08_cas1", "00", "180032B020401", "ANTHONY"),
    ("TEST_2.08_cas2", "00", "1810363220456", "GATIEN"),
    ("TEST_3.05_cas3", "00", "2770763220829", "NATHALIE"),
])
def test_every_injection(
    api: httpx.Client, name: str, code: str, number: str, prenom: str
) -> None:
    settings(api, mode="cnda")
    api.post("/sandbox/ins/injections", json={"reponse": name, "fois": 2}).raise_for_status()
    for _ in range(2):
        answer = search(api, "HOUILLES", "PIERRE", "M", "1993-01-27")
        assert report(answer) == code
        assert text(answer, "INDIVIDU/INSACTIF/IdIndividu/NumIdentifiant") == number
        assert text(answer, "INDIVIDU/TIQ/Prenom") == prenom
    assert report(search(api, "HOUILLES", "PIERRE", "M", "1993-01-27")) == "insi_102"


def test_injections_are_bounded_named_and_forgotten(api: httpx.Client) -> None:
    assert api.post("/sandbox/ins/injections", json={"reponse": "AUTRE"}).status_code == 422
    for _ in range(50):
        api.post("/sandbox/ins/injections", json={"reponse": "REP_CR01"}).raise_for_status()
    full = api.post("/sandbox/ins/injections", json={"reponse": "REP_CR01"})
    assert full.status_code == 409
    assert api.delete("/sandbox/ins/injections").json() == {"removed": 50}
    api.post("/sandbox/ins/injections", json={"reponse": "REP_CR01"}).raise_for_status()
    api.post("/sandbox/reset", json={}).raise_for_status()
    assert api.get("/sandbox/ins/injections").json() == {"injections": []}
    assert report(search(api, *ZOE)) == "00"


def test_the_form_of_the_files(api: httpx.Client) -> None:
    settings(api, forme="fichier")
    answer = search(api, *ZOE)
    assert report(answer) == "00"
    assert b"<S:Body xmlns:S=" in answer.content
    assert b"<ns2:RESULTAT xmlns:ns3=" in answer.content


def test_the_service_can_be_out_of_order(api: httpx.Client) -> None:
    settings(api, mode="indisponible")
    told = fault(search(api, *ZOE))
    assert (told["subcode"], told["code"], told["text"]) == (
        "S:siram_40", "insi_111", "Indisponibilité des téléservices"
    )
    assert api.put("/sandbox/ins/settings", json={"mode": "autre"}).status_code == 422
    assert api.get("/sandbox/ins/settings").json()["mode"] == "indisponible"


def test_every_context_rule_is_a_finding(api: httpx.Client, journal: Journal) -> None:
    reused = str(uuid.uuid4())
    send(api, Parts(body=traits(*ZOE), bam=bam(id=reused), lps=lps(id=reused)))
    assert journal()[0]["outcome"] == "pass"
    wrong = '<b:ContexteBAM Version="9" Nature="X"><b:Id>1</b:Id><b:Temps>hier</b:Temps>' \
        "</b:ContexteBAM>"
    bare = f'<l:ContexteLPS Version="01_00"><l:Id>{reused}</l:Id></l:ContexteLPS>'
    answer = send(
        api, Parts(body=traits(*ZOE), bam=wrong, lps=bare, message_id="123"),
        **{"Content-Type": 'application/soap+xml; action="urn:autre"'},
    )
    assert report(answer) == "00"
    found = {each["rule"] for each in journal()[0]["findings"]}
    assert found == {
        "INS-SCHEMA", "INS-CONTEXTES", "INS-CONTEXTE-ID", "INS-CONTEXTE-NEUF", "INS-TEMPS",
        "INS-EMETTEUR", "INS-COUVERTURE", "INS-IDAM", "INS-LOGICIEL", "INS-MESSAGE-ID",
        "INS-ACTION", "INS-CERTIFICAT-ABSENT",
    }


def test_a_strict_tenant_refuses_them(api: httpx.Client) -> None:
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert report(search(api, *ZOE)) == "00"
    assert report(send(api, Parts(body=traits(*ZOE), message_id="123"))) == "insi_19"


def test_no_contexts_at_all(api: httpx.Client, journal: Journal) -> None:
    content = re.sub(rb"<soap:Header>.*</soap:Header>", b"", Parts(body=traits(*ZOE)).xml())
    action = f'application/soap+xml;charset=utf-8;action="{codes.ACTION_TRAITS}"'
    assert report(send(api, content, **{"Content-Type": action})) == "00"
    found = {each["rule"] for each in journal()[0]["findings"]}
    assert {"INS-CONTEXTES", "INS-MESSAGE-ID", "INS-ACTION"} <= found


def test_a_header_block_in_another_namespace_is_told(api: httpx.Client, journal: Journal) -> None:
    right = Parts(body=traits(*ZOE)).xml()
    assert report(send(api, right.replace(b"urn:siram:lps:ctxlps", b"urn:siram:ctxlps"))) == "00"
    (told,) = [each for each in journal()[0]["findings"] if each["rule"] == "INS-CONTEXTES"]
    assert (told["expected"], told["found"]) == ("ContexteLPS", "{urn:siram:ctxlps}ContexteLPS")
    draft = b"http://schemas.xmlsoap.org/ws/2004/08/addressing"
    text = fault(send(api, right.replace(b"http://www.w3.org/2005/08/addressing", draft)))["text"]
    assert f"attendu : {codes.ACTION_TRAITS}, trouvé : {{{draft.decode()}}}Action" in text


def test_order_and_names_are_findings_and_namespaces_faults(
    api: httpx.Client, journal: Journal
) -> None:
    ns = codes.NS_TRAITS
    upside = (
        f'<RECSANSVITALE xmlns="{ns}"><Sexe>F</Sexe><NomNaissance>ADRUN</NomNaissance>'
        "<DateNaissance>1975-12-31</DateNaissance><Prenom>ZOE</Prenom></RECSANSVITALE>"
    )
    assert report(send(api, Parts(body=upside))) == "00"
    assert "INS-SCHEMA" in {each["rule"] for each in journal()[0]["findings"]}
    foreign = upside.replace(ns, "http://www.cnamts.fr/INSiAutre")
    assert report(send(api, Parts(body=foreign))) == "insi_19"
    (told,) = [each for each in journal()[0]["findings"] if each["rule"] == "INS-SCHEMA"]
    assert told["expected"] == f"{{{ns}}}RECSANSVITALE"
    assert told["found"] == "{http://www.cnamts.fr/INSiAutre}RECSANSVITALE"
    inside = upside.replace("<Prenom>", '<Prenom xmlns="">')
    assert report(send(api, Parts(body=inside))) == "insi_19"


@pytest.mark.parametrize("action", [
    codes.ACTION_VITALE, codes.ACTION_VERIFIER, codes.ACTION_DEPOSER, codes.ACTION_RECUPERER,
], ids=["WS_INS1", "WS_INS3", "WS_INS4", "WS_INS5"])
def test_the_body_of_another_operation_is_told(
    api: httpx.Client, journal: Journal, action: str
) -> None:
    send(api, Parts(action, traits(*ZOE)))
    (told,) = [each for each in journal()[0]["findings"] if each["rule"] == "INS-SCHEMA"]
    assert told["at"] == "/Envelope/Body"
    assert told["found"] == f"{{{codes.NS_TRAITS}}}RECSANSVITALE"


def test_a_block_may_have_what_soap_gives_every_block(
    api: httpx.Client, journal: Journal
) -> None:
    # gSOAP and WCF write mustUnderstand on each.
    soap = f'xmlns:e="{SOAP}" e:mustUnderstand="1" e:relay="true" Version'
    receiver = f'xmlns:e="{SOAP}" e:role="{SOAP}/role/ultimateReceiver" Version'
    parts = Parts(
        body=traits(*ZOE), lps=lps().replace("Version", soap, 1),
        bam=bam().replace("Version", receiver, 1),
    )
    assert report(send(api, parts)) == "00"
    assert {each["rule"] for each in journal()[0]["findings"]} == {"INS-CERTIFICAT-ABSENT"}
    wrong = Parts(body=traits(*ZOE), lps=lps().replace("Version", 'mustUnderstand="1" Version', 1))
    assert report(send(api, wrong)) == "00"
    assert "INS-SCHEMA" in {each["rule"] for each in journal()[0]["findings"]}


def test_a_queue_is_served_exactly_under_parallel_calls(api: httpx.Client) -> None:
    api.post("/sandbox/ins/injections", json={"reponse": "REP_CR01", "fois": 7}).raise_for_status()
    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(lambda _: report(search(api, *ZOE)), range(20)))
    assert (told.count("01"), told.count("00")) == (7, 13)


def test_a_block_that_comes_twice(api: httpx.Client, journal: Journal) -> None:
    """The first is read; an unknown block, or wsse:Security, may come again."""
    foreign = '<x xmlns="urn:x"/>'
    send(api, Parts(body=traits(*ZOE), more=foreign * 2))
    assert "INS-BLOC-UNIQUE" not in {each["rule"] for each in journal()[0]["findings"]}
    again = "<wsa:MessageID>uuid:autre</wsa:MessageID>"
    parts = Parts(body=traits(*ZOE), more=again, lps=lps() + lps("FAKE-IDAM"))
    assert report(send(api, parts)) == "00"
    told = [each["at"] for each in journal()[0]["findings"] if each["rule"] == "INS-BLOC-UNIQUE"]
    assert told == ["/Envelope/Header/ContexteLPS", "/Envelope/Header/MessageID"]


def test_an_emitter_that_is_another(
    api: httpx.Client, journal: Journal
) -> None:
    send(api, Parts(body=traits(*ZOE), bam=bam("autre")))
    assert "INS-EMETTEUR-VALEUR" not in {each["rule"] for each in journal()[0]["findings"]}
