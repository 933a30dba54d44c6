"""What INSi refuses: a mandatory trait absent, a trait that is not in its form."""

from __future__ import annotations

from collections.abc import Iterator

from ins import errors
from ins.domain.recherche import Demande
from ins.rules.documents import SEL_MP_043
from services.kernel.rules import Mismatch, rule
from services.population.traits import (
    LONGUEUR_MAXIMALE,
    defaut_lexical,
    est_cog,
    est_date,
    translittere,
)


@rule(
    "INS-NOM", severity="error", message="Le nom de naissance est obligatoire.",
    source=SEL_MP_043.at("(faute insi_19)"), refuses=errors.NOM_ABSENT,
)
def nom_present(demande: Demande) -> Iterator[Mismatch]:
    if not demande.traits.nom_naissance:
        at = demande.at["nom_naissance"]
        where = "" if at.startswith("/") else ", dans un nom d'usage official"
        yield Mismatch(at, f"le nom de naissance{where}", "(absent)")


@rule(
    "INS-TRAITS", severity="error",
    message="Le premier prénom, le sexe et la date de naissance sont obligatoires.",
    source=SEL_MP_043, refuses=errors.TRAIT_REFUSE,
)
def traits_presents(demande: Demande) -> Iterator[Mismatch]:
    traits = demande.traits
    if not traits.prenom:
        yield Mismatch(demande.at["prenoms"], "un prénom de naissance", "(absent)")
    if not traits.sexe:
        yield Mismatch(demande.at["sexe"], "M ou F (male ou female)", "(absent)")
    if not traits.date_naissance:
        yield Mismatch(demande.at["date_naissance"], "la date de naissance", "(absente)")


@rule(
    "EF_INS01_03", severity="error",
    message="Nom et prénoms s'écrivent en capitales sans accent ; le logiciel translittère avant "
    "l'appel et le service refuse tout autre caractère.",
    source=SEL_MP_043.requires("EF_INS01_03", "EF_INS10_01", "EF_INS10_02", at="§2 et §3.4.1"),
    refuses=errors.TRAIT_REFUSE,
)
def lexique(demande: Demande) -> Iterator[Mismatch]:
    yield from _lexical(demande.traits.nom_naissance, demande.at["nom_naissance"], prenom=False)
    for prenom, at in zip(demande.traits.prenoms, demande.prenoms_at, strict=True):
        yield from _lexical(prenom, at, prenom=True)


def _lexical(text: str, at: str, *, prenom: bool) -> Iterator[Mismatch]:
    expected = defaut_lexical(text, prenom=prenom)
    if expected:
        suggestion = translittere(text)
        if suggestion != text and not defaut_lexical(suggestion, prenom=prenom):
            expected = f"« {suggestion} » ({expected})"
        yield Mismatch(at, expected, text)


@rule(
    "EF_INS25_01", severity="error",
    message="Le nom et la liste des prénoms tiennent chacun en cent caractères.",
    source=SEL_MP_043.requires("EF_INS25_01"), refuses=errors.TRAIT_REFUSE,
)
def longueurs(demande: Demande) -> Iterator[Mismatch]:
    sizes = {
        "nom_naissance": len(demande.traits.nom_naissance), "prenoms": len(demande.traits.prenom)
    }
    for name, size in sizes.items():
        if size > LONGUEUR_MAXIMALE:
            yield Mismatch(
                demande.at[name], f"au plus {LONGUEUR_MAXIMALE} caractères", f"{size} caractères"
            )


@rule(
    "INS-DATE", severity="error",
    message="La date de naissance s'écrit AAAA-MM-JJ, complète ; une date lunaire garde ses zéros.",
    source=SEL_MP_043.at("(schéma INSi_RECSANS_INS)"),
    refuses=errors.TRAIT_REFUSE,
)
def forme_de_la_date(demande: Demande) -> Iterator[Mismatch]:
    date = demande.traits.date_naissance
    if date and not est_date(date):
        at = demande.at["date_naissance"]
        where = "" if at.startswith("/") else " ; incomplète, dans l'extension fr-core-lunar-date"
        yield Mismatch(at, f"AAAA-MM-JJ{where}", date)


@rule(
    "INS-SEXE", severity="error", message="Le sexe recherché est M ou F.",
    source=SEL_MP_043.at("(schéma INSi_RECSANS_INS)"),
    refuses=errors.TRAIT_REFUSE,
)
def sexe_connu(demande: Demande) -> Iterator[Mismatch]:
    sexe = demande.traits.sexe
    if sexe and sexe not in ("M", "F"):
        yield Mismatch(demande.at["sexe"], "M ou F (male ou female)", sexe)


@rule(
    "INS-COG", severity="error", message="Le lieu de naissance est un code COG de cinq caractères.",
    source=SEL_MP_043.at("(schéma INSi_RECSANS_INS)"),
    refuses=errors.TRAIT_REFUSE,
)
def forme_du_lieu(demande: Demande) -> Iterator[Mismatch]:
    lieu = demande.traits.lieu_naissance
    if lieu and not est_cog(lieu):
        yield Mismatch(demande.at["lieu_naissance"], "cinq chiffres ou 2A…, 2B…", lieu)
