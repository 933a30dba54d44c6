"""The header of the CDA against the fiche, and against the population.

Mapping of CDA header to XDS metadata: CI-SIS, volet Partage de documents de santé.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dmp import codes
from dmp.domain import Depot, Fiche, Moment
from dmp.rules.documents import PARTAGE, REFERENTIEL_INS, RNIV
from services.cda import CdaHeader
from services.cda.times import fhir_datetime
from services.kernel.rules import Mismatch, rule

_CDA = PARTAGE.at("(en-tête CDA et fiche XDS)")
_INS = (REFERENTIEL_INS.at("(traits stricts)"), RNIV)

Pair = tuple[str, str]


def _differing(
    depot: Depot, metadonnee: str, pair: Callable[[Fiche, CdaHeader], Pair]
) -> Iterator[Mismatch]:
    """One mismatch per fiche whose (header, fiche) pair differs; an empty header says nothing."""
    for fiche in depot.fiches:
        if fiche.piece.entete is None:
            continue
        expected, found = pair(fiche, fiche.piece.entete)
        if expected and expected != found:
            yield Mismatch(
                fiche.place(metadonnee), f"{expected} (en-tête du CDA)", found or "(absent)"
            )


def _moments(expected: str, found: Moment) -> Pair:
    """Equal when both can be the same instant."""
    written = Moment.of(fhir_datetime(expected)) if expected else Moment()
    return ("", "") if written.meets(found) else (written.texte, found.texte)


@rule(
    "SOCLE-DMP-CDA-ID", severity="error", source=_CDA,
    message="L'identifiant unique de la fiche est celui du document (ClinicalDocument/id).",
)
def meme_identifiant(depot: Depot) -> Iterator[Mismatch]:
    return _differing(depot, "unique_id", lambda fiche, cda: (cda.id, fiche.unique_id))


@rule(
    "SOCLE-DMP-CDA-TYPE", severity="error", source=_CDA,
    message="Le type de la fiche est celui du document (ClinicalDocument/code).",
)
def meme_type(depot: Depot) -> Iterator[Mismatch]:
    return _differing(depot, "type", lambda fiche, cda: (cda.code, fiche.type))


@rule(
    "SOCLE-DMP-CDA-TITRE", severity="warning", source=_CDA,
    message="Le titre de la fiche est celui du document (ClinicalDocument/title).",
)
def meme_titre(depot: Depot) -> Iterator[Mismatch]:
    return _differing(
        depot, "titre", lambda fiche, cda: (cda.title, " ".join(fiche.titre.split()))
    )


@rule(
    "SOCLE-DMP-CDA-LANGUE", severity="warning", source=_CDA,
    message="La langue de la fiche est celle du document (ClinicalDocument/languageCode).",
)
def meme_langue(depot: Depot) -> Iterator[Mismatch]:
    return _differing(depot, "langue", lambda fiche, cda: (cda.language, fiche.langue))


@rule(
    "SOCLE-DMP-CDA-DATE", severity="warning", source=_CDA,
    message="La date de création de la pièce est celle du document "
    "(ClinicalDocument/effectiveTime).",
)
def meme_date(depot: Depot) -> Iterator[Mismatch]:
    return _differing(
        depot, "creation",
        lambda fiche, cda: _moments(
            cda.effective_time, fiche.creation if fiche.creation.texte else fiche.date
        ),
    )


@rule(
    "SOCLE-DMP-CDA-PERIODE", severity="warning", source=_CDA,
    message="Le début de l'acte est celui du premier acte du document "
    "(documentationOf/serviceEvent/effectiveTime/low).",
)
def meme_debut(depot: Depot) -> Iterator[Mismatch]:
    def pair(fiche: Fiche, cda: CdaHeader) -> Pair:
        return _moments(cda.service_events[0].low if cda.service_events else "", fiche.debut)

    return _differing(depot, "debut", pair)


@rule(
    "SOCLE-DMP-CDA-CADRE", severity="warning", source=_CDA,
    message="Le cadre d'exercice de la fiche est celui du document (standardIndustryClassCode).",
)
def meme_cadre(depot: Depot) -> Iterator[Mismatch]:
    return _differing(
        depot, "cadre", lambda fiche, cda: (cda.practice_setting.code, fiche.cadre)
    )


@rule(
    "SOCLE-DMP-CDA-SECTEUR", severity="warning", source=_CDA,
    message="Le secteur d'activité de la fiche est celui du document (healthCareFacility/code).",
)
def meme_secteur(depot: Depot) -> Iterator[Mismatch]:
    return _differing(
        depot, "secteur", lambda fiche, cda: (cda.facility_type.code, fiche.secteur)
    )


@rule(
    "SOCLE-DMP-CDA-CONFIDENTIALITE", severity="warning", source=_CDA,
    message="Le niveau de confidentialité de la fiche est celui du document "
    "(ClinicalDocument/confidentialityCode).",
)
def meme_confidentialite(depot: Depot) -> Iterator[Mismatch]:
    def pair(fiche: Fiche, cda: CdaHeader) -> Pair:
        level = next((one for one in fiche.confidentialite if one in codes.NIVEAUX), "")
        return cda.confidentiality.code, level

    return _differing(depot, "confidentialite", pair)


@rule(
    "SOCLE-DMP-CDA-REMPLACEMENT", severity="warning", source=_CDA,
    message="Un document qui en remplace un autre (relatedDocument RPLC) est déposé en "
    "remplacement.",
)
def remplacement_annonce(depot: Depot) -> Iterator[Mismatch]:
    def pair(fiche: Fiche, cda: CdaHeader) -> Pair:
        replaced = [one.id for one in cda.related_documents if one.type_code == "RPLC"]
        return (replaced[0], "") if replaced and not fiche.remplace else ("", "")

    return _differing(depot, "remplace", pair)


@rule(
    "SOCLE-DMP-CDA-INS", severity="error", source=_CDA,
    message="Le patient de la fiche est celui du document (recordTarget/patientRole/id).",
)
def meme_patient(depot: Depot) -> Iterator[Mismatch]:
    return _differing(depot, "patient", lambda fiche, cda: (cda.patient.ins, fiche.matricule))


@rule(
    "SOCLE-DMP-CDA-TRAITS", severity="error", observable="state", source=_INS,
    message="Les traits du patient dans le document ne sont pas ceux de l'identité INS.",
)
def memes_traits(depot: Depot) -> Iterator[Mismatch]:
    known = depot.patient
    if known is None:
        return
    for fiche in depot.fiches:
        if fiche.piece.entete is None:
            continue
        said = fiche.piece.entete.patient
        traits = (
            ("nom de naissance", known.nom_naissance, said.nom_naissance),
            ("premier prénom de naissance", known.prenoms[0], said.premier_prenom),
            ("sexe", known.sexe, said.sexe),
            ("date de naissance", known.date_naissance, said.date_naissance),
        )
        for trait, expected, found in traits:
            if found and found.casefold() != expected.casefold():
                yield Mismatch(fiche.place("document"), f"{trait} : {expected}", found)
