"""zeep, another's SOAP client, generated from our WSDL as it is served."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

zeep = pytest.importorskip("zeep")
pytest.importorskip("zeep.wsa")
requests = pytest.importorskip("requests")

NOW = "2026-01-05T09:00:00.000Z"


@pytest.fixture
def client(api: httpx.Client) -> Any:
    """Of the contract that a query names."""
    session = requests.Session()
    session.trust_env = False

    def generated(contract: str = "wsdl") -> Any:
        url = f"{str(api.base_url).rstrip('/')}/ins/lps?{contract}"
        return zeep.Client(url, transport=zeep.transports.Transport(session=session),
                           plugins=[zeep.wsa.WsAddressingPlugin()])

    return generated


def headers(client: Any) -> dict[str, Any]:
    """By the names of the contract's parts; its plugin writes wsa:Action and wsa:MessageID."""
    software = {
        "IDAM": {"_value_1": "LSN17NF23FW0", "R": "4"}, "Version": "1.0",
        "Instance": str(uuid.uuid4()), "Nom": "urn:lps:ESSAI:1.0",
    }
    common = {"Temps": NOW, "Emetteur": "10B0152872"}
    return {
        "NO1_ContexteLPS": {"Id": str(uuid.uuid4()), "LPS": software, "Version": "01_00",
                            "Nature": "CTXLPS", **common},
        "NO1_ContexteBAM": {"Id": str(uuid.uuid4()), "COUVERTURE": {}, "Version": "01_02",
                            **common},
    }


ZOE = {"NomNaissance": "ADRUN", "Prenom": ["ZOE"], "Sexe": "F", "DateNaissance": "1975-12-31"}


def test_t19_search_by_traits(client: Any, api: httpx.Client) -> None:
    made = client()
    found = made.service.rechercherInsAvecTraitsIdentite(**ZOE, _soapheaders=headers(made))
    assert (found.CR.CodeCR, found.CR.LibelleCR) == ("00", "OK")
    assert found.INDIVIDU.INSACTIF.IdIndividu.NumIdentifiant == "2751263220749"
    assert found.INDIVIDU.TIQ.ListePrenom == "ZOE"
    history = made.service.rechercherInsAvecTraitsIdentite(
        NomNaissance="ECETINSI", Prenom=["PIERRE-ALAIN"], Sexe="M", DateNaissance="2009-07-14",
        _soapheaders=headers(made),
    )
    assert len(history.INDIVIDU.INSHISTO) == 1
    unknown = made.service.rechercherInsAvecTraitsIdentite(
        **ZOE | {"Prenom": ["LEA"]}, _soapheaders=headers(made)
    )
    assert (unknown.CR.CodeCR, unknown.INDIVIDU) == ("01", None)
    entry = api.get("/sandbox/journal").json()["entries"][0]
    rules = {each["rule"] for each in entry["findings"]}
    assert rules == {"INS-CERTIFICAT-ABSENT", "INS-TEMPS"}


def test_t19_a_fault_is_read(client: Any) -> None:
    made = client()
    said = headers(made)
    said["NO1_ContexteLPS"]["LPS"]["IDAM"]["_value_1"] = "FAKE-IDAM"
    with pytest.raises(zeep.exceptions.Fault) as caught:
        made.service.rechercherInsAvecTraitsIdentite(**ZOE, _soapheaders=said)
    assert caught.value.message.startswith("L'accès par ce progiciel au service")
    [erreur] = caught.value.detail
    assert (erreur.get("code"), erreur.text) == (
        "desir_550", "Numéro d'autorisation du logiciel inconnu."
    )


def test_t19_search_by_card(client: Any) -> None:
    made = client("wsdl=icir")
    found = made.service.rechercherInsAvecCarteVitale(
        MatriculeOD={"NumIdentifiant": "2770763220829", "Cle": "10"}, NomNaissance="NESSI",
        DateNaissance="14071977", RangNaissance="1", _soapheaders=headers(made),
    )
    assert found.INDIVIDU.INSACTIF.IdIndividu.NumIdentifiant == "2770763220829"


def test_verifications(client: Any, api: httpx.Client) -> None:
    made = client("wsdl=idir")
    individu = {
        "INSFourni": {"IdIndividu": {"NumIdentifiant": "2751263220749", "Cle": "74"},
                      "OID": "1.2.250.1.213.1.4.8"},
        "TraitsIdentiteIndividu": ZOE,
    }
    one = made.service.verifierInsAvecTraitsIdentite(
        IndividuVerifie=individu, _soapheaders=headers(made)
    )
    assert (one.CodeCR, one.LibelleCR) == ("00", "OK")
    left = made.service.deposerLotInsAVerifier(
        IndividuVerifie=[individu, individu], _soapheaders=headers(made)
    )
    early = made.service.recupererResultatLotIns(left.IdLot, _soapheaders=headers(made))
    assert (early.CR.CodeCR, early.Delai) == ("02", 180)
    api.put("/sandbox/clock", json={"shift_seconds": 61}).raise_for_status()
    ready = made.service.recupererResultatLotIns(left.IdLot, _soapheaders=headers(made))
    assert [each.CR.CodeCR for each in ready.Rapport] == ["00", "00"]
