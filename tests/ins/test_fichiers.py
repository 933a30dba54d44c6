"""A vendor's own file, given back in place of INSi's answer: as it is by SOAP, read by FHIR."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree
from typer.testing import CliRunner

from ins import codes, errors
from ins.wire.fichier import LARGEST, adapted, lire
from services import cli
from services.kernel.errors import Refusal
from tests.ins.conftest import fhir_patient
from tests.ins.conftest import report as fhir_report
from tests.ins.lps import SOAP, WSA, ZOE, Parts, report, search, send, traits
from tests.ins.rniv.conftest import BASE, identity

Json = dict[str, Any]
Match = Callable[[Json], httpx.Response]
Journal = Callable[..., list[Json]]
PLACE = "/sandbox/ins/injections"


def resultat(code: str = "01", label: str = "Personne", individu: str = "") -> str:
    return (
        f'<r:RESULTAT xmlns:r="{codes.NS_RESULTAT}"><r:CR><r:CodeCR>{code}</r:CodeCR>'
        f"<r:LibelleCR>{label}</r:LibelleCR></r:CR>{individu}</r:RESULTAT>"
    )


def individu(
    number: str = "2750163220749", oid: str = "1.2.250.1.213.1.4.8", date: str = "1975-12-31",
    tiq: str = "<r:Prenom>ZOE</r:Prenom><r:ListePrenom>ZOE ANNE</r:ListePrenom>", former: str = "",
) -> str:
    return (
        f"<r:INDIVIDU><r:INSACTIF><r:IdIndividu><r:NumIdentifiant>{number}</r:NumIdentifiant>"
        f"<r:Cle>12</r:Cle></r:IdIndividu><r:OID>{oid}</r:OID></r:INSACTIF>{former}"
        f"<r:TIQ><r:NomNaissance>ADRUN</r:NomNaissance>{tiq}<r:Sexe>F</r:Sexe>"
        f"<r:DateNaissance>{date}</r:DateNaissance></r:TIQ></r:INDIVIDU>"
    )


def envelope(body: str, header: str = "") -> bytes:
    """Written as no product of ours writes it."""
    return (
        f"<?xml version='1.0'?><!-- essai -->\n<E:Envelope xmlns:E='{SOAP}'>{header}\n"
        f"<E:Body  >{body}</E:Body></E:Envelope>\n"
    ).encode()


def soap_fault(error: str = "", reason: str = "Refusé") -> str:
    detail = f"<E:Detail>{error}</E:Detail>" if error else ""
    return (
        f'<E:Fault xmlns:E="{SOAP}"><E:Code><E:Value>E:Sender</E:Value></E:Code><E:Reason>'
        f'<E:Text xml:lang="fr">{reason}</E:Text></E:Reason>{detail}</E:Fault>'
    )


def erreur(code: str, text: str = "Selon le fichier") -> str:
    return (
        f'<s:Erreur xmlns:s="{codes.NS_ERREUR}" code="{code}" messageID="uuid:du-fichier">{text}'
        "</s:Erreur>"
    )


def inject(api: httpx.Client, content: bytes, **more: Any) -> Json:
    answer = api.post(PLACE, json={"fichier": b64encode(content).decode(), **more})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def coded(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and diagnostics of an OperationOutcome."""
    (issue,) = answer.json()["issue"]
    code = issue["details"]["coding"][0]["code"]
    return answer.status_code, code, issue.get("diagnostics", "")


def test_a_file_is_given_back_byte_for_byte_and_then_the_real_answer(
    api: httpx.Client, journal: Journal
) -> None:
    content = envelope(resultat())
    made = inject(api, content, reponse="REP.xml", fois=2, nom_naissance="ADRUN", prenom="ZOE")
    assert (made["reponse"], made["fichier"], made["lu"]) == ("REP.xml", True, "CR 01")
    assert report(search(api, "ADRUN", "BAPTISTE", "M", "1975-01-01")) == "00"
    for rank in (1, 2):
        answer = search(api, *ZOE)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["x-sandbox-fidelity"] == "default"
        entry = journal()[0]
        assert entry["note"] == f"réponse injectée : REP.xml, {rank} sur 2 ; CR 01 Personne"
        assert (entry["transaction"], entry["fidelity"]) == ("WS_INS2", "default")
    assert report(search(api, *ZOE)) == "00"
    [listed] = api.get(PLACE).json()["injections"]
    assert (listed["servies"], listed["lu"]) == (2, "CR 01")


@pytest.mark.parametrize(("content", "code", "number"), [
    (envelope(resultat("01")), "01", ""), (envelope(resultat("02")), "02", ""),
    (envelope(resultat("00", "OK", individu())), "00", "275016322074912"),
    (envelope(resultat("00", "OK", individu(
        former="<r:INSHISTO><r:DateDeb>2019-03-01</r:DateDeb><r:DateFin>2019-02-28</r:DateFin>"
        "<r:IdIndividu><r:NumIdentifiant>2090663220123</r:NumIdentifiant></r:IdIndividu>"
        "<r:OID>1.2.250.1.213.1.4.8</r:OID></r:INSHISTO>", oid="1.2.250.1.213.1.4.9",
    ))), "00", "275016322074912"),
], ids=["01", "02", "00", "00-history"])
def test_both_doors_give_what_a_file_says(
    api: httpx.Client, match: Match, content: bytes, code: str, number: str
) -> None:
    inject(api, content, fois=2)
    assert report(search(api, *ZOE)) == code
    answer = match(fhir_patient())
    assert answer.headers["x-sandbox-fidelity"] == "default"
    found = answer.json()
    (entry,) = found["entry"]
    if code == "00":
        patient = entry["resource"]
        assert patient["identifier"][0]["value"] == number
        assert patient["name"][0]["given"] == ["ZOE"]
        assert "ZOE ANNE" in str(patient["name"][0]["extension"])
        assert len(patient["identifier"]) in (1, 2)
        assert fhir_report(found) == "00"
    else:
        (issue,) = entry["resource"]["issue"]
        assert issue["details"]["coding"][0]["code"] == f"CR{code}"
        assert issue["details"]["text"] == "Personne"
        assert issue["diagnostics"] == codes.MESSAGES_USAGER[code]
    assert report(search(api, *ZOE)) == "00"


def test_a_code_that_insi_does_not_have(api: httpx.Client, match: Match) -> None:
    inject(api, envelope(resultat("07", "Nouveau")), fois=2)
    assert report(search(api, *ZOE)) == "07"
    (issue,) = match(fhir_patient()).json()["entry"][0]["resource"]["issue"]
    assert (issue["severity"], issue["details"]["text"]) == ("warning", "Nouveau")


@pytest.mark.parametrize(("body", "status", "code", "text"), [
    (soap_fault(erreur("insi_19")), 422, "insi_19", "Selon le fichier"),
    (soap_fault(erreur("desir_570")), 500, "desir_570", "Selon le fichier"),
    (soap_fault(erreur("format")), 500, "format", "Selon le fichier"),
    (soap_fault(reason="En panne"), 500, errors.FAUTE_INJECTEE.code, "En panne"),
], ids=["known", "unknown", "of-another-catalogue", "without-code"])
def test_an_injected_fault(
    api: httpx.Client, match: Match, journal: Journal, body: str, status: int, code: str, text: str
) -> None:
    content = envelope(body)
    assert inject(api, content, fois=2)["lu"].startswith("faute")
    by_soap = search(api, *ZOE)
    assert (by_soap.status_code, by_soap.content) == (500, content)
    assert by_soap.headers["x-sandbox-fidelity"] == "default"
    assert journal()[0]["outcome"] == "fail"
    assert coded(match(fhir_patient())) == (status, code, text)
    assert journal()[0]["fidelity"] == "default"
    assert report(search(api, *ZOE)) == "00"


@pytest.mark.parametrize("body", [
    "<autre/>", resultat("OK"), resultat("00"), resultat("00", "OK", individu(number="X")),
    resultat("00", "OK", individu(oid="1.2.3")), resultat("00", "OK", individu(date="1975")),
    resultat("00", "OK", individu(tiq="")), resultat().replace(codes.NS_RESULTAT, "urn:autre"),
    resultat("00", "OK", individu(tiq=f"<r:Prenom>{'A' * 101}</r:Prenom>")),
], ids=["other", "code", "nobody", "matricule", "oid", "date", "given", "namespace", "long"])
def test_what_fhir_cannot_read_soap_gives_back(
    api: httpx.Client, match: Match, body: str
) -> None:
    content = envelope(body)
    assert "SOAP seulement" in inject(api, content, fois=2)["lu"]
    answer = search(api, *ZOE)
    assert (answer.status_code, answer.content) == (200, content)
    told = coded(match(fhir_patient()))
    assert told[:2] == (errors.REPONSE_ILLISIBLE.status, errors.REPONSE_ILLISIBLE.code)


@pytest.mark.parametrize("bare", [
    resultat("02", "é"), f'<?xml version="1.0"?>\n{resultat("02")}',
    f"\ufeff<?xml version='1.0' encoding='utf-8' ?>{resultat('02')}",
    f'<b:Body xmlns:b="{SOAP}">{resultat("02")}</b:Body>', soap_fault(erreur("desir_550")),
], ids=["resultat", "declaration", "mark", "body", "fault"])
def test_the_body_alone_gets_an_envelope(api: httpx.Client, bare: str) -> None:
    inject(api, bare.encode())
    answer = search(api, *ZOE)
    assert report(answer) == ("desir_550" if "desir" in bare else "02")
    inner = bare.removeprefix("\ufeff").partition("?>")[2] or bare
    assert inner.lstrip().encode() in answer.content


def test_the_message_that_it_answers_is_adapted_on_demand(api: httpx.Client) -> None:
    header = f"<E:Header><a:RelatesTo xmlns:a='{WSA}'>uuid:autre</a:RelatesTo></E:Header>"
    content = envelope(soap_fault(erreur("desir_550")), header)
    asked = Parts(body=traits(*ZOE), message_id="uuid:&lt;&quot;moi")
    inject(api, content)
    assert send(api, asked).content == content
    inject(api, content, adapter=True)
    answer = send(api, asked)
    error = etree.fromstring(answer.content).find(f".//{{{codes.NS_ERREUR}}}Erreur")
    assert error is not None
    assert error.get("messageID") == 'uuid:<"moi'
    assert b">uuid:&lt;\"moi</a:RelatesTo>" in answer.content
    assert answer.content.startswith(content.partition(b"uuid:")[0])
    plain = envelope(resultat())
    assert adapted(plain, "uuid:moi") == plain
    assert adapted(content, "") == content


@pytest.mark.parametrize(("content", "told"), [
    (b"REP_CR01", "lisible"), (b"", "lisible"), (b"<html/>", "Envelope"),
    (b"<a><b></a>", "illisible"), (b'{"resourceType": "Patient"}', "lisible"),
    (envelope(resultat()).replace(SOAP.encode(), b"http://schemas.xmlsoap.org/soap/envelope/"),
     "1.1"),
    (b'<!DOCTYPE a [<!ENTITY b "c">]>' + resultat().encode(), "DOCTYPE"),
    (envelope("<!DOCTYPE a>"), "DOCTYPE"), (envelope(""), "un élément"),
    (envelope(resultat() * 2), "un élément"), (envelope("<a>" * 70 + "</a>" * 70), "niveaux"),
    (envelope("<a/>" * 30_000), "éléments"), (resultat().encode("utf-16"), "UTF-8"),
    (b'<?xml version="1.0" encoding="iso-8859-1"?>' + resultat(label="\xe9").encode("latin-1"),
     "UTF-8"),
    (b'<?xml version="1.0" encoding="utf-7"?>' + resultat().encode(), "codage"),
], ids=["text", "nothing", "html", "broken", "json", "soap-1.1", "doctype", "doctype-inside",
        "empty", "two", "deep", "many", "utf-16", "latin-1", "utf-7"])
def test_files_that_are_refused(api: httpx.Client, content: bytes, told: str) -> None:
    answer = api.post(PLACE, json={"fichier": b64encode(content).decode()})
    assert answer.status_code == 422
    assert answer.json()["erreur"]["code"] == "fichier"
    assert told in answer.json()["erreur"]["libelle"]
    assert api.get(PLACE).json() == {"injections": []}
    with pytest.raises(Refusal):
        lire(content)


def test_bounds_of_files(api: httpx.Client) -> None:
    large = envelope(resultat(label="A" * LARGEST))
    answer = api.post(PLACE, json={"fichier": b64encode(large).decode()})
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (413, "fichier")
    assert api.post(PLACE, json={"fichier": "é"}).status_code == 422
    assert api.post(PLACE, json={}).status_code == 422
    inject(api, envelope(resultat(label="A" * (LARGEST - 1000))))
    assert report(search(api, *ZOE)) == "01"


def test_files_go_with_the_queue(api: httpx.Client, match: Match) -> None:
    inject(api, envelope(resultat()), fois=9)
    assert report(search(api, *ZOE)) == "01"
    assert api.delete(PLACE).json() == {"removed": 1}
    assert report(search(api, *ZOE)) == "00"
    inject(api, envelope(resultat("02")))
    api.post("/sandbox/ins/injections", json={"reponse": "REP_CR01"}).raise_for_status()
    assert report(search(api, *ZOE)) == "02"
    assert fhir_report(match(fhir_patient()).json()) == "01"


def test_the_identity_store_gets_it_too(
    api: httpx.Client, bearer: dict[str, str], journal: Journal
) -> None:
    made = api.post(f"{BASE}/Patient", json=identity(*ZOE), headers=bearer).json()
    place = f"{BASE}/Patient/{made['id']}/$ins-retrieve"

    def retrieve() -> httpx.Response:
        return api.post(place, headers=bearer)

    content = envelope(soap_fault(erreur("insi_102")))
    inject(api, content)
    assert coded(retrieve())[:2] == (500, "insi_102")
    call = next(each for each in journal() if each["transaction"] == "WS_INS2")
    assert call["fidelity"] == "default"
    inject(api, envelope("<autre/>"))
    assert coded(retrieve())[:2] == (502, errors.REPONSE_ILLISIBLE.code)
    inject(api, envelope(resultat("00", "OK", individu())))
    answer = retrieve()
    assert answer.status_code == 200
    said = {each["name"]: each for each in answer.json()["parameter"]}
    assert said["matricule"]["valueIdentifier"]["value"] == "275016322074912"


def test_from_the_command_line(api: httpx.Client, tenant: str, tmp_path: Path) -> None:
    url = str(api.base_url).partition("/t/")[0]
    file = tmp_path / "REP_CR02.xml"
    file.write_bytes(envelope(resultat("02")))

    def socle(*words: str) -> Any:
        return CliRunner().invoke(cli.app, ["ins", *words, "--url", url, "--tenant", tenant])

    assert socle("inject", "--file", str(file), "--nom", "ADRUN", "--adapt").exit_code == 0
    assert report(search(api, *ZOE)) == "02"
    assert socle("injections").output == "REP_CR02.xml ADRUN 1/1\n"
    missing = socle("inject", "--file", str(tmp_path / "absent.xml"))
    assert (missing.exit_code, "absent.xml" in missing.output) == (1, True)
    file.write_text("REP_CR02")
    wrong = socle("inject", "--file", str(file))
    assert (wrong.exit_code, "enveloppe SOAP 1.2" in wrong.output) == (1, True)
