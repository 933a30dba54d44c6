"""zeep, another's SOAP client, generated from our WSDL as it is served."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.apcv.calls import AUTH, Doctor, code
from tests.ins.lps import WSSE, now

zeep = pytest.importorskip("zeep")
pytest.importorskip("zeep.wsa")
requests = pytest.importorskip("requests")
BY = {"IdentifiantFacturation": "991234567", "CodeSpecialiteAMO": "35"}


@pytest.fixture
def client(api: httpx.Client) -> Any:
    session = requests.Session()
    session.trust_env = False
    return zeep.Client(
        f"{str(api.base_url).rstrip('/')}{AUTH}?wsdl",
        transport=zeep.transports.Transport(session=session),
        plugins=[zeep.wsa.WsAddressingPlugin()],
    )


def headers(client: Any, doctor: Doctor) -> list[Any]:
    security: Any = etree.Element(f"{{{WSSE}}}Security", nsmap={None: WSSE})
    security.append(etree.fromstring(doctor.says()))
    software = client.get_element("{urn:siram:lps:ctxlps}ContexteLPS")
    return [security, software(
        Id=str(uuid.uuid4()), Temps=now(), Emetteur="899900000011", Version="01_00",
        Nature="CTXLPS", LPS={
            "IDAM": {"_value_1": "APC17NF23FW0", "R": "4"}, "Version": "1.0",
            "Instance": str(uuid.uuid4()), "Nom": "urn:lps:ESSAI:1.0",
        },
    )]


def test_t01_a_generated_client_reads_the_profile(
    client: Any, api: httpx.Client, doctor: Doctor
) -> None:
    said = headers(client, doctor)
    found = client.service.authentifierUtilisateurProximite(
        ProfessionnelSante=BY, Donnees=code(api), version="1.0", _soapheaders=said
    )
    assert found.CodeStatut == "0"
    assert found.ProfilApCV.Identification.numSerie == "000464100004"
    user = found.ProfilApCV.Utilisateur
    assert user.IdentitePatient.INSACTIF.IdIndividu.NumIdentifiant == "1400163220755"
    assert [one.CarteVitaleIndividu.IdentiteAMO.NomFamille
            for one in found.ProfilApCV.Individu] == ["ROCO"]
    again = client.service.restituerContexteApCV(version="1.0", _soapheaders=said)
    assert again.ContexteApCV.Identifiant == found.ContexteApCV.Identifiant
    ended = client.service.detruireContexteApCV(
        ContexteApCV={"Identifiant": found.ContexteApCV.Identifiant}, _soapheaders=said
    )
    assert ended.CodeStatut == "0"
    unknown = client.service.restituerContexteApCV(_soapheaders=said)
    assert (unknown.CodeStatut, unknown.ProfilApCV) == ("3", None)


def test_a_fault_is_read(client: Any, doctor: Doctor) -> None:
    with pytest.raises(zeep.exceptions.Fault) as caught:
        client.service.authentifierUtilisateurProximite(
            ProfessionnelSante=BY | {"CodeSpecialiteAMO": "SM26"}, Donnees="A",
            _soapheaders=headers(client, doctor),
        )
    [erreur] = caught.value.detail
    assert erreur.get("code") == "apcv_10"
    assert "CodeSpecialiteAMO" in erreur.text
