"""Transitions and comparisons, without a server."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from ins.rniv import errors
from ins.rniv.domain.concordance import premier_prenom
from ins.rniv.domain.identite import Identite, TraitsStricts
from ins.rniv.domain.pieces import Controle, defaut, est_mineur
from ins.rniv.domain.transitions import (
    attribuer,
    declasser,
    fusionner,
    provisoire,
    qualifier_par_apcv,
    recuperer,
    sans_ins,
    valider,
)
from services.kernel.errors import Refusal
from services.population.models import Matricule, Patient

ZOE = TraitsStricts("ADRUN", "ZOE", "ZOE", "F", "1975-12-31", "63220")
INS = Matricule("2751263220749", "74", "1.2.250.1.213.1.4.8")
NIA = Matricule("1090763220888", "35", "1.2.250.1.213.1.4.9")
CN = Controle("CN", "2026-01-05")
PROV = Identite(ZOE)
RECUP = recuperer(PROV, ZOE, INS, (), "2026-01-05")
VALI = valider(PROV, CN)
QUAL = valider(RECUP, CN)
ALL = {"PROV": PROV, "RECUP": RECUP, "VALI": VALI, "QUAL": QUAL}


def test_the_four_statuses() -> None:
    assert {name: each.statut for name, each in ALL.items()} == {name: name for name in ALL}
    assert [each.partagee for each in ALL.values()] == [False, False, False, True]
    assert RECUP.vue().matricule is None
    assert QUAL.vue() is QUAL
    assert recuperer(VALI, ZOE, INS, (), "2026-01-05").statut == "QUAL"


@pytest.mark.parametrize("start", ALL, ids=str)
@pytest.mark.parametrize("attribute", ["DOUT", "FICT"])
def test_a_doubt_leads_to_provisional_from_anywhere(start: str, attribute: str) -> None:
    doubtful = attribuer(ALL[start], attribute, present=True)
    assert (doubtful.statut, doubtful.matricule, doubtful.piece) == ("PROV", None, "")
    for forbidden in (
        lambda: valider(doubtful, CN), lambda: recuperer(doubtful, ZOE, INS, (), ""),
        lambda: qualifier_par_apcv(doubtful, ZOE, INS, "2026-01-05"),
    ):
        with pytest.raises(Refusal):
            forbidden()


@pytest.mark.parametrize("start", ALL, ids=str)
def test_a_homonym_keeps_its_status(start: str) -> None:
    assert attribuer(ALL[start], "HOMA", present=True).statut == start


@pytest.mark.parametrize(("start", "to"), [*itertools.product(ALL, ALL)])
def test_downgrades(start: str, to: str) -> None:
    allowed = {("QUAL", "RECUP"), ("QUAL", "VALI")} | {
        (each, "PROV") for each in ("RECUP", "VALI", "QUAL")
    }
    if (start, to) in allowed:
        lower = declasser(ALL[start], to)
        assert lower.statut == to
        assert (lower.matricule is None) == (to != "RECUP")
        return
    with pytest.raises(Refusal) as refused:
        declasser(ALL[start], to)
    assert refused.value.error is errors.TRANSITION_INTERDITE


def test_a_failed_verification_keeps_the_document() -> None:
    assert (sans_ins(QUAL).statut, sans_ins(RECUP).statut) == ("VALI", "PROV")


def test_apcv_qualifies_without_insi() -> None:
    read = qualifier_par_apcv(PROV, ZOE, INS, "2026-01-05")
    assert (read.statut, read.methode, read.piece, read.interrogee_le) == ("QUAL", "AV", "AV", "")


def test_a_temporary_number_may_become_final() -> None:
    temporary = replace(QUAL, matricule=NIA)
    assert fusionner(temporary, QUAL, "b").remplacee_par == "b"
    with pytest.raises(Refusal):
        fusionner(replace(QUAL, matricule=replace(INS, cle="00")), QUAL, "b")
    assert provisoire(QUAL).statut == "PROV"


@pytest.mark.parametrize(("birth", "day", "minor"), [
    ("2008-03-01", "2026-02-28", True), ("2008-03-01", "2026-03-01", False),
    ("2008-02-29", "2026-02-28", True), ("2008-02-29", "2026-03-01", False),
])
def test_coming_of_age(birth: str, day: str, minor: bool) -> None:
    assert est_mineur(birth, day) is minor


@pytest.mark.parametrize(("piece", "more", "good"), [
    ("CN", {}, True), ("PA", {}, True), ("CS", {}, True), ("eCN", {}, True), ("IN", {}, True),
    ("AV", {}, True), ("TC", {}, True), ("AN", {}, False), ("AN", {"accompagnement": "PA"}, True),
    ("LEP", {"accompagnement": "PC"}, False), ("LEP", {"accompagnement": "CS"}, True),
    ("CC", {}, True), ("LECV", {}, False), ("ANCV", {"ehpad": True}, True), ("PC", {}, False),
    ("LE", {}, False), ("", {}, False),
])
def test_documents_for_a_child(piece: str, more: dict[str, str], good: bool) -> None:
    assert (defaut(Controle(piece, "2026-01-05", **more), "2014-02-01") == "") is good  # type: ignore[arg-type]


@pytest.mark.parametrize(("known", "listed", "first"), [
    ("PIERRE ALAIN", ("PIERRE-ALAIN", "MURIEL"), "PIERRE-ALAIN"), ("ZOÉ", ("ZOE",), "ZOE"),
    ("PAUL", ("PIERRE", "PAUL"), "PIERRE"), ("", ("PIERRE", "PAUL"), "PIERRE"),
])
def test_the_first_given_name(known: str, listed: tuple[str, ...], first: str) -> None:
    found = Patient("x", INS, "X", listed, "M", "1990-01-01")
    assert premier_prenom(known, found) == first
