"""What may become of an identity: every change of status there is.

Each function takes an identity and returns the next one, or raises a refusal of the catalogue.
Table of the dossier §7.1: PROV -INSi-> RECUP -document-> QUAL; PROV -document-> VALI -INSi-> QUAL;
doubtful or fictitious -> PROV; verification KO -> the matricule is dropped.
"""

from __future__ import annotations

from dataclasses import replace

from ins.rniv import errors
from ins.rniv.codes import Methode
from ins.rniv.domain.identite import Avant, Identite, TraitsStricts
from ins.rniv.domain.pieces import Controle, defaut
from services.population.matricule import OID_NIA
from services.population.models import Matricule


def interrogeable(identite: Identite) -> None:
    """Raise unless INSi may be asked about it: before anything leaves (EXI SI 09, EXI ID 26)."""
    active(identite)
    if identite.bloquee:
        raise errors.APPEL_INTERDIT(found=", ".join(identite.attributs))


def active(identite: Identite) -> None:
    """Raise IDENTITE_REMPLACEE for one that was merged."""
    if identite.remplacee_par:
        raise errors.IDENTITE_REMPLACEE(expected=f"Patient/{identite.remplacee_par}")


def recuperer(
    identite: Identite, traits: TraitsStricts, matricule: Matricule,
    historique: tuple[Matricule, ...], le: str, methode: Methode = "INSI",
) -> Identite:
    """The answer of INSi is accepted: its traits replace the local ones, unchanged (EXI REC 07)."""
    interrogeable(identite)
    return replace(
        identite, traits=traits, matricule=matricule, historique=historique, retrouvee=True,
        interrogee_le=le, methode=methode,
    )


def valider(identite: Identite, controle: Controle) -> Identite:
    """A document was checked: PROV becomes VALI, RECUP becomes QUAL."""
    active(identite)
    if identite.bloquee:
        raise errors.STATUT_BLOQUE(found=", ".join(identite.attributs))
    flaw = defaut(controle, identite.traits.date_civile)
    if flaw:
        raise errors.PIECE_REFUSEE(f"{errors.PIECE_REFUSEE.label[:-1]} : {flaw}.",
                                   expected="une pièce d'EXI SI 10", found=controle.piece)
    return replace(identite, controlee=True, controlee_le=controle.le, piece=controle.piece)


def qualifier_par_apcv(
    identite: Identite, traits: TraitsStricts, matricule: Matricule, le: str
) -> Identite:
    """The apCV gave the INS: qualified at once, without INSi nor a date of call (RNIV §4.3.4)."""
    active(identite)
    if identite.bloquee:
        raise errors.STATUT_BLOQUE(found=", ".join(identite.attributs))
    return replace(
        identite, traits=traits, matricule=matricule, historique=(), retrouvee=True,
        controlee=True, controlee_le=le, piece="AV", methode="AV", interrogee_le="",
    )


def attribuer(identite: Identite, attribut: str, present: bool) -> Identite:
    """Give or take back an attribute. Doubtful or fictitious: provisional, and the INS is dropped.
    """
    active(identite)
    wanted = {*identite.attributs} - {attribut} | ({attribut} if present else set())
    if "FICT" in wanted and len(wanted) > 1:
        raise errors.ATTRIBUTS_INCOMPATIBLES(found=" + ".join(sorted(wanted)))
    changed = replace(identite, attributs=tuple(sorted(wanted)))
    return provisoire(changed) if changed.bloquee else changed


def provisoire(identite: Identite) -> Identite:
    """Nothing is known for sure any more."""
    return _sans_piece(_sans_matricule(identite))


def sans_ins(identite: Identite) -> Identite:
    """The matricule is no longer right (verification KO): VALI or PROV is left."""
    active(identite)
    if not identite.retrouvee:
        raise errors.TRANSITION_INTERDITE(expected="RECUP ou QUAL", found=identite.statut)
    return _sans_matricule(identite)


def declasser(identite: Identite, vers: str) -> Identite:
    """To a lower status: PROV from any, VALI or RECUP from QUAL."""
    active(identite)
    if identite.statut != "PROV" and vers == "PROV":
        return provisoire(identite)
    if identite.statut == "QUAL" and vers == "VALI":
        return sans_ins(identite)
    if identite.statut == "QUAL" and vers == "RECUP":
        return _sans_piece(identite)
    raise errors.TRANSITION_INTERDITE(
        expected="un statut inférieur : PROV, ou VALI ou RECUP depuis QUAL",
        found=f"{identite.statut} vers {vers[:20]}",
    )


def corriger(identite: Identite, traits: TraitsStricts) -> Identite:
    """New strict traits, typed. What was checked on a document must be checked again."""
    active(identite)
    if traits == identite.traits:
        return identite
    if identite.retrouvee:
        raise errors.TRAITS_CERTIFIES(found=identite.statut)
    return _sans_piece(replace(identite, traits=traits, methode="SM"))


def fusionner(source: Identite, cible: Identite, cible_id: str) -> Identite:
    """The source, once the target replaces it."""
    active(source)
    active(cible)
    # DEFAULT(RNIV): what is fictitious is nobody's; its record would become a patient's.
    if ("FICT" in source.attributs) != ("FICT" in cible.attributs):
        raise errors.FUSION_IMPOSSIBLE(
            "Une identité fictive ne se fusionne pas avec celle d'un usager.",
            expected="deux identités fictives, ou aucune",
        )
    own, other = source.matricule, cible.matricule
    numbers = {each.ins for each in (*source.historique, *cible.historique)}
    former = own is not None and other is not None and bool({own.ins, other.ins} & numbers)
    temporary = former or OID_NIA in {each.oid for each in (own, other) if each is not None}
    if own is not None and other is not None and own.ins != other.ins and not temporary:
        raise errors.FUSION_IMPOSSIBLE(
            "Deux matricules INS différents : ce sont deux personnes.",
            expected="le même matricule, ou aucun",
        )
    before = Avant(source.retrouvee, source.controlee, source.matricule, source.historique)
    return replace(
        source, retrouvee=False, controlee=False, matricule=None, historique=(),
        remplacee_par=cible_id, avant=before,
    )


def defusionner(source: Identite) -> Identite:
    """What it was before it was merged."""
    if not source.remplacee_par or source.avant is None:
        raise errors.TRANSITION_INTERDITE(expected="une identité fusionnée", found=source.statut)
    before = source.avant
    return replace(
        source, retrouvee=before.retrouvee, controlee=before.controlee,
        matricule=before.matricule, historique=before.historique, remplacee_par="", avant=None,
    )


def _sans_matricule(identite: Identite) -> Identite:
    return replace(
        identite, retrouvee=False, matricule=None, historique=(), interrogee_le="", methode="SM"
    )


def _sans_piece(identite: Identite) -> Identite:
    return replace(identite, controlee=False, controlee_le="", piece="")
