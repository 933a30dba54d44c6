"""How the patient is designated, in a deposit as in a search."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dmp import codes
from dmp.domain import Demande, Depot
from dmp.rules.documents import OID_INS, REFERENTIEL_INS, TESTS
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule
from services.population.matricule import looks_real

_INS = (REFERENTIEL_INS, OID_INS)
_MATRICULE = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")


@rule(
    "SOCLE-DMP-INS", severity="error", source=_INS,
    message="L'INS s'écrit sur 15 caractères, clé comprise.",
)
def ins_de_quinze_caracteres(subject: Depot | Demande) -> Iterator[Mismatch]:
    for one in subject.identifications:
        if not _MATRICULE.fullmatch(one.matricule):
            yield Mismatch(
                one.at, "15 caractères", f"{one.matricule} ({len(one.matricule)} caractères)"
            )


@rule(
    "SOCLE-DMP-INS-OID", severity="error", source=_INS,
    message="L'OID de l'autorité de l'INS est absent ou inconnu.",
)
def oid_connu(subject: Depot | Demande) -> Iterator[Mismatch]:
    for one in subject.identifications:
        if one.oid not in codes.INS_OIDS:
            yield Mismatch(one.at, ", ".join(codes.INS_OIDS), one.oid or "(absent)")


@rule(
    "0.2-080", severity="error", source=TESTS.requires("0.2-080"),
    message="Un logiciel de professionnel n'accède pas au DMP avec un NIA.",
)
def pas_de_nia(subject: Depot | Demande) -> Iterator[Mismatch]:
    for one in subject.identifications:
        if one.oid == codes.NIA:
            yield Mismatch(one.at, codes.NIR, codes.NIA)


@rule(
    "SOCLE-DMP-DONNEE-REELLE", severity="warning", observable="state",
    source=SOCLE.at("protection des personnes"),
    message="Ce matricule a la forme d'un vrai et n'est celui de personne ici : aucune donnée "
    "réelle ne doit entrer dans le bac à sable.",
)
def aucune_donnee_reelle(subject: Depot | Demande) -> Iterator[Mismatch]:
    if not isinstance(subject, Depot) or subject.patient is not None:
        return
    for one in subject.identifications:
        if looks_real(one.matricule[:13], one.matricule[13:], one.oid):
            yield Mismatch(one.at, "une identité de test", f"{one.matricule[:7]}… (masqué)")
