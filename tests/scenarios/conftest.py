"""A stage without a sandbox, and the public CI-SIS documents."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from services.cda import (
    CdaAuthor,
    CdaCode,
    CdaIdentifier,
    CdaPatient,
    CdaStructure,
    read_header,
)
from services.cda.compose import Ordonnance, compose_ordonnance
from services.kernel.clock import Clock, to_datetime
from services.scenarios.definition import Scenario, parse
from services.scenarios.stage import Document, Identity, Person, Stage, Traits
from services.scenarios.vendor import Vendor

INSTANT = 1_790_000_000_000_000
DOCUMENTS = (
    "BIO-CR-BIO_2024.01_TSH_1.xml",
    "BIO-TROD_2024.01_Angine.xml",
    "DOC_NON_STRUCTURE_CDA-R2-N1.xml",
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml",
    "LDL-SES_2022.01.xml",
    "OBP-SCM_2024.01.xml",
    "VAC-NOTE_2023.01.xml",
    "VSM_1.4_2022.01.xml",
    "eDISP-MED_2024.01.xml",
    "eP-MED-DM_2022.01_PosoStruct.xml",
)


def _document(content: bytes, file: str = "") -> Document:
    return Document(file, content, sha256(content).hexdigest(), read_header(content))


@pytest.fixture(params=DOCUMENTS)
def golden(request: pytest.FixtureRequest, shared: Path) -> Document:
    """Each public CI-SIS document in turn."""
    path = shared / "data" / "examples" / "cda" / request.param
    return _document(path.read_bytes(), str(path))


@pytest.fixture
def author() -> CdaAuthor:
    return CdaAuthor(
        "899900000011", "EXEMPLAIRE", "Claire",
        CdaCode("G15_10/SM54", "1.2.250.1.213.1.1.4.5", "Médecin - Médecine Générale (SM)"),
        CdaStructure("10B0000001", "Cabinet"),
    )


@pytest.fixture
def identity() -> Identity:
    return Identity("279035121518989", "1.2.250.1.213.1.4.10", Traits(
        "PAT-TROIS", "DOMINIQUE", ("DOMINIQUE", "MARIE-LOUISE"), "F", "1979-03-28", "51215",
    ))


@pytest.fixture
def composed(identity: Identity, author: CdaAuthor) -> Document:
    """An ordonnance of ours."""
    patient = CdaPatient(
        identity.ins, identity.oid, (CdaIdentifier(identity.oid, identity.ins),), "PAT-TROIS",
        identity.traits.prenoms, "DOMINIQUE", "F", "1979-03-28", "51215", "PAT-TROIS",
    )
    moment = to_datetime(INSTANT)
    return _document(compose_ordonnance(Ordonnance(
        "2.25.1", "2.25.2", "01BCDEFGHJKMNPQRST", patient, author,
        CdaCode("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
        CdaCode("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"), moment, moment,
        ("DOLIPRANE 1000 mg : 1 comprimé",),
    )))


@pytest.fixture
def scene() -> Callable[[str], tuple[Scenario, Stage]]:
    """A scenario from its text, and a stage whose sandbox only has an empty journal."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/sandbox/journal/"):
            return httpx.Response(200, json={"findings": [FINDING]})
        return httpx.Response(404)

    def build(text: str) -> tuple[Scenario, Stage]:
        scenario = parse("essai", text)
        http = httpx.Client(transport=httpx.MockTransport(answer))
        vendor = Vendor("http://sandbox", http, Clock(frozen=INSTANT))
        cast = {
            id: Person("899900000011", "NOM", "Prénom", actor.profession, "Médecin", "a@b", "")
            for id, actor in scenario.actors.items()
        }
        return scenario, Stage(vendor, scenario, cast)

    return build


FINDING = {
    "rule": "R-1", "severity": "warning", "at": "x", "expected": "a", "found": "b",
    "message": "Un constat.", "source": "essai",
}
