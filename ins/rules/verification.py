"""What an identity to verify must carry."""

from __future__ import annotations

from collections.abc import Iterator

from ins import codes, errors
from ins.domain.recherche import Demande
from ins.domain.verification import Verdict
from ins.rules.documents import SEL_MP_043
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule
from services.population.matricule import is_well_formed


@rule(
    "INS-VERIFIER-NOM", severity="error", message="Le nom de naissance est obligatoire.",
    source=SEL_MP_043.at("(WS_INS3, faute insi_28)"), refuses=errors.NOM_ABSENT_VERIFICATION,
)
def nom_a_verifier(demande: Demande) -> Iterator[Mismatch]:
    if not demande.traits.nom_naissance:
        yield Mismatch(demande.at["nom_naissance"], "le nom de naissance", "(absent)")


@rule(
    "INS-VERIFIER-MATRICULE", severity="error",
    message="Une identité à vérifier porte un matricule de 13 caractères et l'OID de l'autorité "
    "qui l'a donné ; la réponse est KO sans eux, et ne dit pas pourquoi.",
    source=SEL_MP_043.at("(WS_INS3, INSFourni)"),
)
def matricule_a_verifier(demande: Demande) -> Iterator[Mismatch]:
    given = demande.fourni
    if given is None:
        return
    if not is_well_formed(given.matricule):
        yield Mismatch(given.at, "un matricule de 13 caractères, la clé à part",
                       given.matricule or "(absent)")
    if given.oid not in codes.TYPES_MATRICULE:
        yield Mismatch(given.at, ", ".join(codes.TYPES_MATRICULE), given.oid or "(absent)")


@rule(
    "INS-VERIFIER-ECART", severity="information", observable="state",
    message="La réponse KO ne dit pas pourquoi ; ici, voici ce qui n'est pas de la personne de ce "
    "matricule.",
    source=SOCLE,
)
def traits_d_une_personne(verdict: Verdict) -> Iterator[Mismatch]:
    demande = verdict.demande
    at = dict(demande.at) | {"matricule": demande.fourni.at if demande.fourni else ""}
    for each in verdict.ecarts:
        yield Mismatch(at[each.trait], each.attendu, each.trouve)
