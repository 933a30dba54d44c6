"""The full identity of a professional (dossier §7, shape of November 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pro_sante_connect import codes
from pro_sante_connect.domain.claims import other_ids, subject
from services.population import Activity, Exercice, Professional, Structure

Structures = Mapping[str, Structure]


def userinfo(professional: Professional, structures: Structures, mode: str) -> dict[str, Any]:
    """structures: those of the activities, by id; mode: authMode of the session.

    Unknown values are "", never null; someone without an exercise has the short form.
    """
    first = _person(professional)
    if not professional.exercices:
        return first
    activity = professional.activities[0] if professional.activities else None
    place = structures.get(activity.structure_id) if activity else None
    roles = dict.fromkeys(exercice.profession for exercice in professional.exercices)
    return {
        **first,
        "authMode": mode,
        "UITVersion": "1.0",
        "Palier_Authentification": codes.PALIER_AUTHENTIFICATION,
        "PSI_Locale": codes.PSI_LOCALE,
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "VRAI" if professional.regulation else "FAUX",
        "Secteur_Activite":
            f"{activity.secteur}^{codes.SECTEUR_ACTIVITE}" if activity else "",
        "SubjectOrganization": place.nom if place else "",
        "SubjectOrganizationID": place.technical_id if place else "",
        "SubjectRole": [f"{role}^{codes.SUBJECT_ROLE}" for role in roles],
        "codeGenreActivite": activity.genre if activity else "",
        "otherIds": other_ids(professional),
        "SubjectRefPro": {
            "exercices": [_exercice(each, structures) for each in professional.exercices]
        },
    }


def _person(professional: Professional) -> dict[str, Any]:
    return {
        "sub": subject(professional.id_nat), "SubjectNameID": professional.id_nat,
        "preferred_username": professional.id_nat, "given_name": professional.prenom,
        "family_name": professional.nom, "codeCivilite": professional.civilite,
    }


def _exercice(exercice: Exercice, structures: Structures) -> dict[str, Any]:
    return {
        "codeProfession": exercice.profession,
        "codeCategorieProfessionnelle": exercice.categorie,
        "codeCiviliteDexercice": exercice.civilite,
        "nomDexercice": exercice.nom,
        "prenomDexercice": exercice.prenom,
        "codeTypeSavoirFaire": exercice.type_savoir_faire,
        "codeSavoirFaire": exercice.savoir_faire,
        "activities": [
            _activity(each, structures.get(each.structure_id), exercice.profession)
            for each in exercice.activities
        ],
    }


def _activity(activity: Activity, place: Structure | None, profession: str) -> dict[str, str]:
    """Thirty members, always present."""
    return {
        "codeModeExercice": activity.mode,
        "codeSecteurDactivite": activity.secteur,
        "codeSectionPharmacien": activity.section_pharmacien,
        "codeRole": activity.role,
        "codeGenreActivite": activity.genre,
        **_identifiers(place),
        **_address(place),
        "ancienIdentifiantDeLaStructure": place.id_nat if place else "",
        "autoriteDenregistrement": _autorite(place, profession),
    }


def _autorite(place: Structure | None, profession: str) -> str:
    """`CNOM/CNOM/CNOM` for a practice, `CNOM/CNOM/ARS` for a place with a FINESS."""
    ordre = codes.ORDRES.get(profession)
    if ordre is None:
        return ""
    return f"{ordre}/{ordre}/{'ARS' if place and place.finess else ordre}"


def _identifiers(place: Structure | None) -> dict[str, str]:
    return {
        "numeroSiretSite": place.siret if place else "",
        "numeroSirenSite": place.siren if place else "",
        "numeroFinessSite": place.finess if place else "",
        # QUIRK(PSC): lower-case e after Finess, as published.
        "numeroFinessetablissementJuridique": place.finess_ej if place else "",
        "identifiantTechniqueDeLaStructure": place.technical_id if place else "",
        "raisonSocialeSite": place.nom if place else "",
        "enseigneCommercialeSite": "",
    }


def _address(place: Structure | None) -> dict[str, str]:
    return {
        "complementDestinataire": "",
        "complementPointGeographique": "",
        "numeroVoie": place.voie_numero if place else "",
        "indiceRepetitionVoie": "",
        "codeTypeDeVoie": place.voie_type if place else "",
        "libelleVoie": place.voie_libelle if place else "",
        "mentionDistribution": "",
        "bureauCedex": f"{place.code_postal} {place.commune}".strip() if place else "",
        "codePostal": place.code_postal if place else "",
        "codeCommune": place.commune_cog if place else "",
        "codePays": "99000" if place else "",
        "telephone": place.telephone if place else "",
        "telephone2": "",
        "telecopie": "",
        "adresseEMail": "",
        "codeDepartement": "",
    }
