"""The cases that prove the appli carte Vitale, by their number."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from PIL import Image

from services.apcv import codes
from services.apcv.domain.code import Unreadable, decode45, encode45
from services.kernel import barcodes
from tests.apcv import calls
from tests.apcv.calls import ADRIEN, Doctor, asked, code, content, message, read, send, statut
from tests.conftest import Server
from tests.ins.lps import SOAP, WSA, bam, fault, lps, now
from tests.soap.signing import assertion

Json = dict[str, Any]
Journal = Callable[..., list[Json]]


def shift(api: httpx.Client, seconds: float) -> None:
    api.put("/sandbox/clock", json={"shift_seconds": seconds}).raise_for_status()


def texts(root: etree._Element, *paths: str) -> tuple[str | None, ...]:
    return tuple(root.findtext("/".join(f"{{*}}{part}" for part in path.split("/")))
                 for path in paths)


def rules(entry: Json) -> set[str]:
    return {each["rule"] for each in entry["findings"]}


def test_t01_a_valid_code_gives_the_published_profile(
    api: httpx.Client, doctor: Doctor, journal: Journal
) -> None:
    asked_id = f"urn:uuid:{uuid.uuid4()}"
    day = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    api.put("/sandbox/clock", json={"freeze": f"{day}T09:37:32Z"}).raise_for_status()
    security = doctor_at(doctor, f"{day}T09:37:30+00:00")
    answer = send(api, message(
        codes.ACTION_AUTHENTIFIER, asked(code(api)), security, message_id=asked_id
    ))
    assert statut(answer) == "0"
    header = etree.fromstring(answer.content)[0]
    assert header.findtext(f"{{{WSA}}}MessageID") == asked_id
    root = content(answer)
    assert root.tag == f"{{{codes.NS_AUTH}}}AuthentifierUtilisateurProximiteRep"
    assert root.get("version") == "1.0"
    assert root.get("horodatage") == f"{day}T09:37:32.000Z"
    end, identifiant, jeton = texts(
        root, "ContexteApCV/DateFinValidite", "ContexteApCV/Identifiant", "ContexteApCV/TokenApCV"
    )
    assert (end, identifiant) == (f"{day}T09:57:32.000Z", jeton)
    assert re.fullmatch("[0-9a-f-]{36}", identifiant or "")
    identification = root.find("{*}ProfilApCV/{*}Identification")
    assert identification is not None
    assert dict(identification.attrib) == {"numSerie": "000464100004", "type": "T"}
    user = root.find("{*}ProfilApCV/{*}Utilisateur")
    assert user is not None
    ins = "IdentitePatient/INSACTIF/"
    assert texts(
        user, f"{ins}IdIndividu/NumIdentifiant", f"{ins}IdIndividu/Cle", f"{ins}OID",
        "IdentitePatient/TIQ/NomNaissance", "IdentitePatient/TIQ/Prenom",
        "IdentitePatient/TIQ/ListePrenom", "CarteVitaleIndividu/IdentiteAMO/Qualite",
    ) == ("1400163220755", "08", "1.2.250.1.213.1.4.8", "ADRQUATRE", "ADRIEN",
          "ADRIEN GERMAINE MARCELLE", "0")
    (dependant,) = root.findall("{*}ProfilApCV/{*}Individu")
    amo = "CarteVitaleIndividu/IdentiteAMO/"
    assert texts(
        dependant, f"{amo}NomFamille", f"{amo}Prenom", f"{amo}Qualite", f"{amo}NIRCertifie",
        f"{amo}ContratAMO/NIRAssure", "IdentitePatient/TIQ/NomNaissance",
    ) == ("ROCO", "LUCIENNE", "2", "2501063220756", "1400163220755", None)
    assert dependant.find("{*}CarteVitaleIndividu/{*}IdentiteAMO/{*}NIRCertifie").get(  # type: ignore[union-attr]
        "cle") == "96"
    entry = journal()[0]
    assert (entry["transaction"], entry["outcome"], rules(entry)) == (
        "apcv.authentifierUtilisateurProximite", "pass", set()
    )


def doctor_at(doctor: Doctor, instant: str) -> str:
    """An assertion made at an instant of a frozen clock."""
    moment = datetime.fromisoformat(instant)
    return doctor.says((moment - datetime.now(moment.tzinfo)) / timedelta(minutes=1))


def test_t02_a_context_is_restored_until_it_is_destroyed(
    api: httpx.Client, doctor: Doctor
) -> None:
    first = read(api, doctor, code(api))
    id = calls.context_id(first)
    again = calls.restore(api, doctor)
    assert calls.context_id(again) == id
    profiles = [etree.tostring(content(each).find("{*}ProfilApCV"), method="c14n")  # type: ignore[arg-type]
                for each in (first, again)]
    assert profiles[0] == profiles[1]
    assert statut(calls.destroy(api, doctor, id)) == "0"
    assert statut(calls.restore(api, doctor)) == "3"
    assert statut(calls.destroy(api, doctor, id)) == "3"


def test_t02_a_context_ends_after_twenty_minutes_and_is_its_holders(
    api: httpx.Client, doctor: Doctor
) -> None:
    id = calls.context_id(read(api, doctor, code(api)))
    other = Doctor(api, "899900000029")
    assert statut(calls.restore(api, other)) == "3"
    assert statut(calls.destroy(api, other, id)) == "3"
    elsewhere = lps("APC17NF23FW0").replace("b3549edd", "c3549edd")
    assert statut(calls.restore(api, doctor, context=elsewhere)) == "3"
    shift(api, 19 * 60)
    assert statut(calls.restore(api, doctor)) == "0"
    shift(api, 20 * 60 + 5)
    assert statut(calls.restore(api, doctor)) == "4"


def test_t03_a_code_is_read_once(api: httpx.Client, doctor: Doctor, journal: Journal) -> None:
    shown = code(api)
    assert statut(read(api, doctor, shown)) == "0"
    assert statut(read(api, doctor, shown)) == "2"
    assert (journal()[0]["outcome"], journal()[0]["fidelity"]) == ("fail", "default")


def test_t03_a_code_lives_sixty_seconds(api: httpx.Client, doctor: Doctor) -> None:
    shown, late = code(api), code(api)
    shift(api, 55)
    assert statut(read(api, doctor, shown)) == "0"
    shift(api, 61)
    assert statut(read(api, doctor, late)) == "1"


def test_t03_a_scanner_that_mangles_a_code(
    api: httpx.Client, doctor: Doctor, journal: Journal
) -> None:
    shown = next(each for each in iter(lambda: code(api), "") if " " in each)
    assert statut(read(api, doctor, shown.replace(" ", "", 1))) == "6"
    assert statut(read(api, doctor, shown.lower())) == "6"
    assert "APCV-BASE45" in rules(journal()[0])
    assert statut(read(api, doctor, shown[:-3])) == "6"
    assert statut(read(api, doctor, encode45(b"APCV0101A" + bytes(100)))) == "6"
    assert statut(read(api, doctor, "x" * 5000)) == "6"
    assert statut(read(api, doctor, shown)) == "0"


@pytest.mark.parametrize(("facturation", "specialite", "at"), [
    ("991234567", "", "CodeSpecialiteAMO"), ("991234567", "SM26", "CodeSpecialiteAMO"),
    ("991234567", "99", "CodeSpecialiteAMO"), ("", "35", "IdentifiantFacturation"),
    ("12", "35", "IdentifiantFacturation"),
])
def test_t04_the_speciality_is_of_the_other_list(
    api: httpx.Client, doctor: Doctor, facturation: str, specialite: str, at: str
) -> None:
    shown = code(api)
    body = asked(shown, facturation, specialite)
    told = fault(send(api, message(codes.ACTION_AUTHENTIFIER, body, doctor.says())))
    assert (told["value"], told["subcode"], told["code"]) == ("S:Sender", "S:siram_10", "apcv_10")
    assert at in told["text"]
    assert statut(read(api, doctor, shown)) == "0"


def test_t04_what_is_no_demand(api: httpx.Client, doctor: Doctor) -> None:
    def answered(action: str, body: str, address: str = calls.AUTH) -> str:
        return statut(send(api, message(action, body, doctor.says()), address))

    assert answered(codes.ACTION_AUTHENTIFIER, asked("")) == "apcv_10"
    assert answered(codes.ACTION_AUTHENTIFIER, calls.RESTORE) == "apcv_10"
    assert answered(codes.ACTION_RESTITUER, asked("A")) == "apcv_10"
    assert answered(codes.ACTION_DETRUIRE, calls.destroyed("")) == "apcv_10"
    assert answered(codes.ACTION_SIGNER, calls.RESTORE, calls.SIGN) == "apcv_10"
    assert answered("urn:autre", calls.RESTORE) == "wsa:ActionNotSupported"
    assert answered(codes.ACTION_RESTITUER, calls.RESTORE, calls.SIGN) == "wsa:ActionNotSupported"


def test_t05_who_calls_is_checked(api: httpx.Client, doctor: Doctor, journal: Journal) -> None:
    def answered(security: str, **others: str) -> str:
        return statut(send(api, message(
            codes.ACTION_AUTHENTIFIER, asked(code(api)), security, **others
        )))

    unsigned = assertion(now(), calls.DOCTOR, attributes=calls.ATTRIBUTES)
    assert answered(unsigned) == "desir_620"
    assert answered(doctor.says().replace("991234567", "991234568")) == "desir_620"
    assert answered("") == "desir_560"
    assert answered(doctor.says(-61)) == "desir_560"
    assert answered(Doctor(api, says_to_be="899900000029").says()) == "desir_620"
    assert answered(doctor.says(-59)) == "0"
    told = fault(send(api, message(
        codes.ACTION_AUTHENTIFIER, asked(code(api)), doctor.says(), context=lps("FAKE-IDAM"),
        message_id="urn:uuid:6f1ccfa4-3d3f-4a3c-9d35-6a3f0a1f0001",
    )))
    assert (told["value"], told["subcode"], told["code"], told["messageID"], told["text"]) == (
        "soap:Sender", "soap:siram_100", "desir_550",
        "urn:uuid:6f1ccfa4-3d3f-4a3c-9d35-6a3f0a1f0001",
        "Numéro d'autorisation du logiciel inconnu.",
    )


def test_t05_pro_sante_connect(api: httpx.Client, token: Callable[..., str]) -> None:
    """DEFAULT(apcv): not seen with this service; as with INSi."""
    security = assertion(now(), calls.DOCTOR, "PSC", calls.ATTRIBUTES)
    said = message(codes.ACTION_AUTHENTIFIER, asked(code(api)), security)
    assert send(api, said).status_code == 401
    bearer = {"Authorization": f"Bearer {token(calls.DOCTOR)}"}
    other = message(codes.ACTION_AUTHENTIFIER, asked(code(api)),
                    assertion(now(), "899900000029", "PSC", calls.ATTRIBUTES))
    assert statut(send(api, other, **bearer)) == "desir_560"
    assert statut(send(api, said, **bearer)) == "0"


def test_t06_a_test_app_is_no_real_one(api: httpx.Client, doctor: Doctor) -> None:
    api.put("/sandbox/apcv/settings", json={"mode": "production"}).raise_for_status()
    assert statut(read(api, doctor, code(api))) == "7"
    api.patch(f"/sandbox/cards/{ADRIEN}", json={"nature": "reelle"}).raise_for_status()
    answer = read(api, doctor, code(api))
    assert statut(answer) == "0"
    identification = content(answer).find("{*}ProfilApCV/{*}Identification")
    assert identification is not None
    assert identification.get("type") == "R"
    api.put("/sandbox/apcv/settings", json={"mode": "indisponible"}).raise_for_status()
    assert statut(read(api, doctor, code(api))) == "apcv_40"


def test_t10_the_layout_of_a_code(api: httpx.Client) -> None:
    shown = code(api)
    raw = decode45(shown)
    assert encode45(raw) == shown
    assert raw[:9] == b"APCV0101A"
    assert raw[9] == 4
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw[9:74])
    assert raw[9:74] != decode45(code(api))[9:74]
    assert set(shown) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.mark.parametrize(("content", "text"), [
    (b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"),
    (b"ietf!", "QED8WEX0"),
])
def test_t10_base45_is_that_of_the_rfc(content: bytes, text: str) -> None:
    assert (encode45(content), decode45(text)) == (text, content)


@pytest.mark.parametrize("text", ["A", ":::", "::", "ab0", "BB8A", "0" * 5000])
def test_t10_what_is_no_base45(text: str) -> None:
    with pytest.raises(Unreadable):
        decode45(text)


def test_the_code_as_a_picture_and_by_the_chip(api: httpx.Client, doctor: Doctor) -> None:
    drawn = api.get(f"/sandbox/apcv/{ADRIEN}/code", params={"format": "png"})
    assert drawn.headers["cache-control"] == "no-store"
    assert drawn.headers["x-apcv-expire"].endswith("Z")
    (text,) = barcodes.read(drawn.content, "QRCode")
    assert Image.open(io.BytesIO(drawn.content)).size[0] > 200
    assert statut(read(api, doctor, text)) == "0"
    by_chip = code(api, nfc="true")
    assert by_chip.startswith("NFC:")
    assert statut(read(api, doctor, by_chip)) == "0"
    svg = api.get(f"/sandbox/apcv/{ADRIEN}/code", params={"format": "svg"})
    assert svg.content.startswith(b"<svg")
    assert api.get("/sandbox/apcv/personne/code").status_code == 404


def test_a_revoked_app_is_refused_everywhere(api: httpx.Client, doctor: Doctor) -> None:
    shown = code(api)
    calls.context_id(read(api, doctor, code(api)))
    revoked = api.put(f"/sandbox/apcv/{ADRIEN}/revocation", json={"revoquee": True})
    assert revoked.json() == {"patient": ADRIEN, "revoquee": True}
    assert statut(read(api, doctor, shown)) == "5"
    assert statut(calls.restore(api, doctor)) == "5"
    api.put(f"/sandbox/apcv/{ADRIEN}/revocation", json={"revoquee": False}).raise_for_status()
    assert statut(read(api, doctor, code(api))) == "0"
    assert api.put("/sandbox/apcv/personne/revocation", json={"revoquee": True}).status_code == 404


def test_a_dependant_has_an_app_of_her_own(api: httpx.Client, doctor: Doctor) -> None:
    root = content(read(api, doctor, code(api, "roco-lucienne")))
    assert texts(
        root, "ProfilApCV/Utilisateur/IdentitePatient/TIQ/NomNaissance",
        "ProfilApCV/Utilisateur/CarteVitaleIndividu/IdentiteAMO/ContratAMO/NIRAssure",
        "ProfilApCV/Individu",
    ) == ("ROCO", "1400163220755", None)


def test_dependants_with_their_ins(api: httpx.Client, doctor: Doctor) -> None:
    api.put("/sandbox/apcv/settings", json={"ins_ayants_droit": True}).raise_for_status()
    root = content(read(api, doctor, code(api)))
    assert texts(root, "ProfilApCV/Individu/IdentitePatient/TIQ/NomNaissance") == ("ROCO",)


def test_a_code_is_of_its_tenant(api: httpx.Client, doctor: Doctor, server: Server) -> None:
    other = httpx.get(f"{server.url}/sandbox/apcv/{ADRIEN}/code", trust_env=False).text
    assert statut(read(api, doctor, other)) == "6"
    shown = code(api)
    api.post("/sandbox/reset", json={}).raise_for_status()
    assert statut(read(api, doctor, shown)) == "6"


def test_the_fictive_signature_of_an_invoice(api: httpx.Client, doctor: Doctor) -> None:
    id = calls.context_id(read(api, doctor, code(api)))

    def sign(identifiant: str, fse: str) -> httpx.Response:
        body = (
            f'<f:SignerVitaleReq xmlns:f="{codes.NS_SIGN}" version="1.0"><f:ContexteApCV>'
            f"<f:Identifiant>{identifiant}</f:Identifiant></f:ContexteApCV><f:Facture type=\"FSE\">"
            f"<f:DonneeFSE>{fse}</f:DonneeFSE></f:Facture></f:SignerVitaleReq>"
        )
        return send(api, message(codes.ACTION_SIGNER, body, doctor.says()), calls.SIGN)

    values = [content(sign(id, fse)).findtext("{*}SignatureVitale") for fse in ("a", "a", "b")]
    assert values[0] == values[1] != values[2]
    assert statut(sign("autre", "a")) == "3"


def test_what_the_header_lacks_is_a_finding(
    api: httpx.Client, doctor: Doctor, journal: Journal
) -> None:
    poor = message(
        codes.ACTION_RESTITUER, calls.RESTORE, doctor.says(codeSpecialite="35"), message_id="1",
        context='<l:ContexteLPS Version="9"><l:LPS><l:Nom>x</l:Nom></l:LPS></l:ContexteLPS>',
    ).replace(calls.ADRESSAGE.encode(), b"").replace(
        b"<l:ContexteLPS", (bam().replace("b:", "") + "<l:ContexteLPS").replace(
            "<ContexteBAM", '<ContexteBAM xmlns="urn:siram:bam:ctxbam"').encode(), 1)
    assert statut(send(api, poor)) == "3"
    assert rules(journal()[0]) == {
        "APCV-MESSAGE-ID", "APCV-ADRESSAGE", "APCV-CONTEXTE-LPS", "APCV-SANS-CARTE",
        "APCV-ATTRIBUTS",
    }
    api.put("/sandbox/settings", json={"strict": True}).raise_for_status()
    assert statut(send(api, poor)) == "desir_560"


@pytest.mark.parametrize("content", [
    b"", b"<a/>", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b"<" * 50_000,
])
def test_hostile_messages(api: httpx.Client, content: bytes) -> None:
    for address in (calls.AUTH, calls.SIGN):
        assert statut_of_fault(send(api, content, address)) == 500


def statut_of_fault(answer: httpx.Response) -> int:
    assert etree.fromstring(answer.content).find(f".//{{{SOAP}}}Fault") is not None
    return answer.status_code


def test_the_contracts_and_their_schemas(api: httpx.Client) -> None:
    for address, schema in ((calls.AUTH, "ApCV_AUTH.xsd"), (calls.SIGN, "ApCV_SIGN.xsd")):
        told = api.get(f"{address}?wsdl")
        root = etree.fromstring(told.content)
        location = root.find(".//{http://schemas.xmlsoap.org/wsdl/soap12/}address")
        assert location is not None
        assert location.get("location") == str(api.base_url).rstrip("/") + address
        found = api.get(f"/apcv/wssoap/schemas/{schema}")
        etree.XMLSchema(etree.fromstring(found.content))
        assert api.get(address).status_code == 405
    assert api.get("/apcv/wssoap/schemas/Security.xsd").status_code == 200
    assert api.get("/apcv/wssoap/schemas/autre.xsd").status_code == 404
