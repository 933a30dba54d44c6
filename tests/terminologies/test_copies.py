"""The few codes that services write themselves are those of the published lists."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dmp import codes as dmp
from ins import codes as ins
from services.e_prescription import codes as e_prescription
from services.population import codes as population
from services.terminologies import code_lists

LISTS = code_lists()
ROOT = Path(__file__).parents[2]
DOCUMENTS = tomllib.loads((ROOT / "services/scenarios/documents/codes.toml").read_text("utf-8"))


def test_professions() -> None:
    for code in population.PROFESSIONS:
        assert LISTS.check("TRE_G15", "", code) == "member", code
    for code in e_prescription.PRESCRIPTEURS | e_prescription.EXECUTANTS:
        assert LISTS.check("TRE_G15", "", code) == "member", code
    assert LISTS.check("TRE_R01", "", e_prescription.SAVOIR_FAIRE_BIOLOGIE) == "member"
    assert LISTS.check("TRE_R06", "", e_prescription.SECTION_BIOLOGISTES) == "member"


def test_sectors_and_genres() -> None:
    for code in {*population.STRUCTURES.values(), *DOCUMENTS["sectors"]}:
        assert LISTS.check("TRE_R02", "", code) == "member", code
    for code in (population.SOIGNANT, population.MEDICO_ADMINISTRATIF):
        assert LISTS.check("TRE_R22", "", code) == "member", code
    for code in population.SECTIONS.values():
        assert LISTS.check("TRE_R06", "", code) == "member", code


def test_ins_identifier_types() -> None:
    for code, label in ins.TYPES_MATRICULE.values():
        assert LISTS.check(ins.TYPE_IDENTIFIANT, ins.TYPE_IDENTIFIANT, code) == "member"
        assert LISTS.display(ins.TYPE_IDENTIFIANT, code) == label


@pytest.mark.parametrize("metadonnee", dmp.AFFINITE)
def test_the_affinity_domain_is_known_whole(metadonnee: str) -> None:
    found = LISTS.list_of(dmp.AFFINITE[metadonnee])
    assert found is not None
    assert found.complete
    assert found.name.endswith("-DMP")


def test_dmp_types_classes_and_visibility() -> None:
    for each in dmp.types().values():
        assert LISTS.check("JDV_J66", "", each.code) == "member", each
        assert not each.classe or LISTS.check("JDV_J57", "", each.classe) == "member", each
    for code in (*dmp.NIVEAUX, dmp.MASQUE_PS, dmp.INVISIBLE_PATIENT, dmp.INVISIBLE_REPRESENTANTS):
        assert LISTS.check("JDV_J58", "", code) == "member", code


def test_what_scenarios_write_in_documents() -> None:
    for code, row in DOCUMENTS["classes"].items():
        assert LISTS.check("JDV_J57", "1.2.250.1.213.1.1.4.1", code) == "member", code
        for each in row["types"]:
            assert LISTS.check("JDV_J66", "", each) == "member", each
    for code in DOCUMENTS["specialties"]:
        assert LISTS.check("JDV_J01", "1.2.250.1.213.1.1.4.5", code) == "member", code
    for code in {*DOCUMENTS["formats"].values(), *DOCUMENTS["bodies"].values()}:
        assert LISTS.check("JDV_J60", "", code) == "member", code
