"""From the JSON of EP4 and EP1 to the domain. Field names: DevBox vocabulary, else ours."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from services.e_prescription import errors
from services.e_prescription.codes import NOM_MAX, NUMERO, EprescType, Nature, Resultat
from services.e_prescription.domain.delivrance import Demande, DemandeLigne
from services.e_prescription.domain.prescription import Ligne, PatientPrescrit, Prescription
from services.e_prescription.wire.fields import Fields
from services.population.matricule import OIDS

_RPPS = re.compile(r"[0-9]{11}")
_MATRICULE = re.compile(r"[0-9]{6}[0-9AB][0-9]{6}(?:[0-9]{2})?")
_NAISSANCE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_numero(fields: Fields) -> str:
    """The unique number. Raises NUMERO_INVALIDE, or CHAMP_INVALIDE when it is not a text."""
    numero = fields.text("identifiant")
    if not NUMERO.fullmatch(numero):
        raise errors.NUMERO_INVALIDE(
            at=fields.place("identifiant"), expected="[0-9A-Z]{18}", found=numero[:40]
        )
    return numero


def read_contexte(fields: Fields) -> str:
    """The context block; the AM billing number, or ""."""
    contexte = fields.object("contexte")
    for name in ("codeSpecialite", "secteurActivite", "gipProfessionCode"):
        contexte.optional_text(name, 40)
    return contexte.optional_text("identifiantFacturation", 20)


def read_finess(fields: Fields) -> str:
    """`professionnel.structure.finess`, or ""."""
    return fields.object("structure").optional_text("finess", 9)


def read_prescription(fields: Fields) -> Prescription:
    """An EP4 body. Raises CHAMP_INVALIDE or NUMERO_INVALIDE."""
    fields.choice("nature", Nature, Nature.CREATION)
    read_contexte(fields)
    professionnel = fields.object("professionnel")
    read_finess(professionnel)
    fields.raw("sousTypes")
    return Prescription(
        read_numero(fields), fields.day("dateRedaction"), _patient(fields.object("patient")),
        _rpps(professionnel, "rpps"), _rpps(fields, "rppsRemplacant"),
        fields.boolean("oppositionConsultationExecution"), _lignes(fields.objects("lignes")),
    )


def read_demande(fields: Fields, today: date) -> Demande:
    """An EP1 body; without a date, it was executed today."""
    read_contexte(fields)
    executant = fields.object("executant")
    return Demande(
        read_numero(fields), fields.day("dateExecution", today), _rpps(executant, "rpps"),
        executant.optional_text("finess", 9), _demande_lignes(fields.objects("lignes")),
    )


def _patient(patient: Fields) -> PatientPrescrit:
    naissance = patient.optional_text("dateNaissance", 10)
    # Lunar dates such as 1950-00-00 are real: the form is checked, not the calendar.
    if naissance and not _NAISSANCE.fullmatch(naissance):
        raise patient.refuse("dateNaissance", "AAAA-MM-JJ")
    ins = patient.object("ins")
    matricule, oid = ins.optional_text("matricule"), ins.optional_text("oid")
    if matricule and not _MATRICULE.fullmatch(matricule):
        raise ins.refuse("matricule", "13 caractères, ou 15 avec la clé")
    if oid and oid not in OIDS:
        raise ins.refuse("oid", ", ".join(OIDS))
    return PatientPrescrit(
        patient.text("nomFamille", NOM_MAX), patient.optional_text("prenom", NOM_MAX), naissance,
        matricule, oid,
    )


def _lignes(lignes: list[Fields]) -> tuple[Ligne, ...]:
    seen: dict[str, Ligne] = {}
    for number, fields in enumerate(lignes, 1):
        ligne = _ligne(fields, str(number))
        if ligne.id in seen:
            raise fields.refuse("idLigne", "un identifiant propre à chaque ligne")
        seen[ligne.id] = ligne
    return tuple(seen.values())


def _ligne(fields: Fields, number: str) -> Ligne:
    for name in ("libelle", "cis", "cip13", "codeLpp", "codeEmdn", "codeActe", "posologieTexte",
                 "commentaire"):
        fields.optional_text(name)
    for name in ("ald", "atmp", "prevention", "nonRemboursable", "horsAmm"):
        fields.boolean(name)
    return Ligne(
        fields.optional_text("idLigne", 64) or number, fields.choice("eprescType", EprescType),
        # DEFAULT(quantity): one package or session per delivery when the line does not say.
        fields.integer("quantite", 1, least=1), fields.integer("renouvellements", 0, most=99),
        _non_substituable(fields), fields.optional_integer("dureeJours", 1), fields.content,
    )


def _non_substituable(fields: Fields) -> str | None:
    """The reason, "" for a bare `true`, None when substitution is allowed."""
    value: Any = fields.raw("nonSubstituable")
    if value is None or value is False:
        return None
    if value is True:
        return ""
    return fields.optional_text("nonSubstituable", 40)


def _demande_lignes(lignes: list[Fields]) -> tuple[DemandeLigne, ...]:
    seen: dict[str, DemandeLigne] = {}
    for fields in lignes:
        ligne = _demande_ligne(fields)
        if ligne.id in seen:
            raise fields.refuse("idLigne", "une seule fois chaque ligne")
        seen[ligne.id] = ligne
    return tuple(seen.values())


def _demande_ligne(fields: Fields) -> DemandeLigne:
    for name in ("codeCip", "numeroLot"):
        fields.optional_text(name, 40)
    resultat = fields.choice("resultat", Resultat)
    quantite = fields.optional_integer("quantite", 0)
    if resultat is Resultat.DELIVRE_PARTIEL and not quantite:
        raise fields.refuse("quantite", "la quantité délivrée, au moins 1")
    if resultat.delivers and quantite == 0:
        raise fields.refuse("quantite", "au moins 1 pour une délivrance")
    return DemandeLigne(
        fields.at, fields.text("idLigne", 64), resultat, quantite, fields.optional_text("motif"),
        fields.object("accordPrescripteur").optional_day("date"),
        fields.optional_day("datePeremption"), fields.content,
    )


def _rpps(fields: Fields, name: str) -> str:
    value = fields.optional_text(name, 20)
    if value and not _RPPS.fullmatch(value):
        raise fields.refuse(name, "les 11 chiffres du RPPS")
    return value
