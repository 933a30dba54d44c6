"""The full identity of a professional (dossier §7), as it was shaped at each date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pro_sante_connect import codes
from pro_sante_connect.domain.claims import other_ids, subject
from pro_sante_connect.domain.profile import P2026, Profile
from services.population import Activity, Exercice, Professional, Structure

Structures = Mapping[str, Structure]
UNREGISTERED = (
    "identifiantTechniqueDeLaStructure", "ancienIdentifiantDeLaStructure",
    "autoriteDenregistrement", "codePays",
)
"""Empty in the userinfo of 2021."""


def userinfo(
    professional: Professional, structures: Structures, profile: Profile, mode: str
) -> dict[str, Any]:
    """structures: those of the activities, by id; mode: authMode of the session.

    Unknown values are "", never null; someone without an exercise has the short form, seen in
    November 2023.
    """
    first = _person(professional)
    if not professional.exercices:
        return first | {"codeCivilite": professional.civilite}
    activity = professional.activities[0] if professional.activities else None
    place = structures.get(activity.structure_id) if activity else None
    roles = dict.fromkeys(exercice.profession for exercice in professional.exercices)
    return {
        **first,
        **({"email_verified": False} if profile.email_verified else {}),
        **({"authMode": mode} if profile.auth_mode else {}),
        "UITVersion": "1.0",
        "Palier_Authentification": codes.PALIER_AUTHENTIFICATION,
        "PSI_Locale": codes.PSI_LOCALE,
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "VRAI" if professional.regulation else "FAUX",
        "Secteur_Activite":
            f"{activity.secteur}^{codes.SECTEUR_ACTIVITE}" if activity else "",
        "SubjectOrganization": place.nom if place else "",
        "SubjectOrganizationID": place.technical_id if place and profile.structure_ids else "",
        "SubjectRole": [f"{role}^{codes.SUBJECT_ROLE}" for role in roles],
        **({"otherIds": other_ids(professional)} if profile.other_ids else {}),
        **_dated(professional, structures, profile, activity),
    }


def _dated(
    professional: Professional, structures: Structures, profile: Profile, activity: Activity | None
) -> dict[str, Any]:
    """What moved in November 2023, from inside SubjectRefPro to the top."""
    exercices = [_exercice(each, structures, profile) for each in professional.exercices]
    if profile.civilite == "SubjectRefPro":
        return {
            "SubjectRefPro": {"codeCivilite": professional.civilite, "exercices": exercices}
        }
    return {
        "codeCivilite": professional.civilite,
        "codeGenreActivite": activity.genre if activity else "",
        "SubjectRefPro": {"exercices": exercices},
    }


def _person(professional: Professional) -> dict[str, Any]:
    return {
        "sub": subject(professional.id_nat), "SubjectNameID": professional.id_nat,
        "preferred_username": professional.id_nat, "given_name": professional.prenom,
        "family_name": professional.nom,
    }


def _exercice(
    exercice: Exercice, structures: Structures, profile: Profile
) -> dict[str, Any]:
    return {
        "codeProfession": exercice.profession,
        "codeCategorieProfessionnelle": exercice.categorie,
        "codeCiviliteDexercice": exercice.civilite,
        "nomDexercice": exercice.nom,
        "prenomDexercice": exercice.prenom,
        "codeTypeSavoirFaire": exercice.type_savoir_faire,
        "codeSavoirFaire": exercice.savoir_faire,
        "activities": [
            _activity(each, structures.get(each.structure_id), exercice.profession, profile)
            for each in exercice.activities
        ],
    }


def _activity(
    activity: Activity, place: Structure | None, profession: str, profile: Profile
) -> dict[str, str]:
    """Thirty members, always present; in 2021, no genre, and nothing of the registration."""
    if not profile.structure_ids:
        full = _activity(activity, place, profession, P2026)
        return {
            name: "" if name in UNREGISTERED else value
            for name, value in full.items() if name != "codeGenreActivite"
        }
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
