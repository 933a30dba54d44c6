"""Both doors agree: whatever is asked, SOAP and FHIR give the same report or the same refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ins import codes
from services.population.base import base
from tests.ins.conftest import bundle, fhir_patient, patient_to_verify
from tests.ins.conftest import report as fhir_report
from tests.ins.lps import report, search, send, tree
from tests.ins.test_verification import deposit, fetch, text

Json = dict[str, Any]
Match = Callable[[Json], httpx.Response]
PEOPLE = sorted(base().patients.values(), key=lambda one: one.id)
SEXES = {"M": "F", "F": "M"}


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, tuple[str, ...], str, str, str]:
    """Traits of someone, one or two of them changed as clients get them wrong."""
    one = draw(st.sampled_from(PEOPLE))
    nom, sexe, date, lieu = (
        one.nom_naissance, one.sexe, one.date_naissance, one.lieu_naissance
    )
    prenoms: tuple[str, ...] = one.prenoms
    for change in draw(st.lists(st.sampled_from(range(18)), max_size=2)):
        match change:
            case 0:
                prenoms = prenoms[:1]
            case 1:
                prenoms = prenoms[-1:]
            case 2:
                prenoms = (" ".join(prenoms),)
            case 3:
                prenoms = tuple(reversed(prenoms))
            case 4:
                prenoms = (prenoms[0][:-1] or "X",)
            case 5:
                lieu = draw(st.sampled_from(["", "63220", "99100", "75056"]))
            case 6:
                nom = draw(st.sampled_from([other.nom_naissance for other in PEOPLE]))
            case 7:
                date = draw(st.sampled_from(["1975-12-31", "1950-00-00", "2010-08-07"]))
            case 8:
                sexe = SEXES.get(sexe, "M")
            case 9:
                nom = nom.lower()
            case 10:
                prenoms = (*prenoms, "É")
            case 11:
                nom = nom.replace(" ", "-")
            case 12:
                prenoms = (f"-{prenoms[0]}",)
            case 13:
                nom = f"{nom}  X"
            case 14:
                nom = draw(st.sampled_from([f" {nom}", f"{nom} ", f"\n{nom}\n", "  "]))
            case 15:
                prenoms = (f" {prenoms[0]}", *prenoms[1:])
            case 16:
                prenoms = (*prenoms, "  ")
            case 17:
                nom = draw(st.sampled_from([f"{nom}\u0301", f"{nom}\u200b", f"{nom}\u00a0X"]))
    return nom, prenoms, sexe, date, lieu


def by_fhir(match: Match, wanted: tuple[Any, ...]) -> tuple[str, str]:
    nom, prenoms, sexe, date, lieu = wanted
    more: Json = {}
    lunar = "-00" in date
    if lunar:
        more = {"extension": [{"url": codes.DATE_LUNAIRE, "valueString": date}]}
    made = fhir_patient(nom, prenoms, sexe, "" if lunar else date, lieu)
    made.setdefault("extension", []).extend(more.get("extension", []))
    if not made["extension"]:
        del made["extension"]
    answer = match(made)
    content = answer.json()
    if answer.status_code != 200:
        return content["issue"][0]["details"]["coding"][0]["code"], ""
    code = fhir_report(content)
    number = content["entry"][0]["resource"]["identifier"][0]["value"] if code == "00" else ""
    return code, number


def by_soap(api: httpx.Client, wanted: tuple[Any, ...]) -> tuple[str, str]:
    answer = search(api, *wanted)
    code = report(answer)
    if code != "00":
        return code, ""
    number = tree(answer).find("{*}INDIVIDU/{*}INSACTIF/{*}IdIndividu")
    assert number is not None
    return code, "".join(each.text or "" for each in number)


@pytest.mark.parametrize("mode", ["production", "cnda"])
def test_t17_soap_and_fhir_agree(api: httpx.Client, match: Match, mode: str) -> None:
    api.put("/sandbox/ins/settings", json={"mode": mode}).raise_for_status()
    seen: set[str] = set()

    @settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
    @given(asked())
    def agree(wanted: tuple[Any, ...]) -> None:
        said = by_soap(api, wanted)
        seen.add(said[0])
        assert said == by_fhir(match, wanted)

    agree()
    assert {"00", "insi_19", "01" if mode == "production" else "insi_102"} <= seen


@st.composite
def verified(draw: st.DrawFn) -> tuple[str, str, tuple[str, ...]]:
    """A matricule, an OID, and traits: of one person, or mixed up."""
    one, other = (draw(st.sampled_from(PEOPLE)) for _ in range(2))
    number = draw(st.sampled_from([one.matricule, one.matricule, other.matricule, *one.historique]))
    oid = draw(st.sampled_from([number.oid, number.oid, "1.2.250.1.213.1.4.9"]))
    nom, prenoms, sexe, date, lieu = draw(asked())
    mine = (one.nom_naissance, one.prenoms[0], one.sexe, one.date_naissance, one.lieu_naissance)
    traits = draw(st.sampled_from([mine, mine, (nom, " ".join(prenoms), sexe, date, lieu)]))
    return number.ins, oid, traits[: draw(st.integers(1, 5))]


def codes_by_soap(api: httpx.Client, several: list[Any]) -> list[str]:
    lot = text(send(api, deposit(*((ins, oid, *traits) for ins, oid, traits in several))), "IdLot")
    return [each.findtext("{*}CR/{*}CodeCR") or ""
            for each in tree(send(api, fetch(lot))).findall("{*}Rapport")]


def codes_by_fhir(
    api: httpx.Client, bearer: dict[str, str], several: list[Any]
) -> list[str]:
    patients = []
    for ins, oid, traits in several:
        lunar = traits[3] if len(traits) > 3 and "-00" in traits[3] else ""
        made = patient_to_verify(ins, oid, *(
            "" if each == lunar and lunar else each for each in traits
        ))
        if lunar:
            made.setdefault("extension", []).append(
                {"url": codes.DATE_LUNAIRE, "valueString": lunar}
            )
        patients.append(made)
    left = api.post("/ins/fhir/$ins-verify-batch", json=bundle(*patients), headers={
        **bearer, "Content-Type": "application/fhir+json", "Prefer": "respond-async",
    })
    ready = httpx.get(left.headers["content-location"], headers=bearer, trust_env=False)
    return [
        value["valueCode"] for entry in ready.json()["entry"]
        for value in entry["resource"]["parameter"] if value["name"] == "codeCR"
    ]


def test_t17_lots_agree(api: httpx.Client, bearer: dict[str, str]) -> None:
    api.put("/sandbox/ins/settings", json={"delai_lot": 0}).raise_for_status()
    seen: set[str] = set()

    @settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(verified(), min_size=1, max_size=12))
    def agree(several: list[Any]) -> None:
        said = codes_by_soap(api, several)
        seen.update(said)
        assert said == codes_by_fhir(api, bearer, several)

    agree()
    assert seen == {"00", "01"}
