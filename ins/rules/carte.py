"""What a search by carte Vitale must carry."""

from __future__ import annotations

from collections.abc import Iterator

from ins import errors
from ins.domain.vitale import AT, AT_NOM, AT_OD, Beneficiaire
from ins.rules.documents import CONTRAT, SEL_MP_043
from services.kernel.rules import Mismatch, rule
from services.population.matricule import is_well_formed
from services.population.traits import defaut_lexical


@rule(
    "INS-CARTE-NOM", severity="error", message="Le nom de naissance est obligatoire.",
    source=SEL_MP_043.at("(WS_INS1, faute insi_19)"), refuses=errors.NOM_ABSENT,
)
def nom_de_la_carte(asked: Beneficiaire) -> Iterator[Mismatch]:
    if not asked.nom_naissance:
        yield Mismatch(AT_NOM, "le nom de naissance", "(absent)")


@rule(
    "INS-CARTE-LEXIQUE", severity="error",
    message="Le nom s'écrit en capitales sans accent, comme dans une recherche par traits.",
    source=SEL_MP_043.at("§2 (EF_INS01_03)"), refuses=errors.TRAIT_REFUSE,
)
def lexique_de_la_carte(asked: Beneficiaire) -> Iterator[Mismatch]:
    expected = asked.nom_naissance and defaut_lexical(asked.nom_naissance)
    if expected:
        yield Mismatch(AT_NOM, expected, asked.nom_naissance)


@rule(
    "INS-CARTE-TRAITS", severity="error",
    message="La carte donne un matricule, et une date : AAAA-MM-JJ, JJMMAAAA, ou AAMMJJ sans "
    "siècle.",
    source=SEL_MP_043.at("(WS_INS1)"), refuses=errors.TRAIT_REFUSE,
)
def traits_de_la_carte(asked: Beneficiaire) -> Iterator[Mismatch]:
    if not (asked.matricule or asked.matricule_od):
        yield Mismatch(AT_OD, "un matricule", "(absent)")
    if not asked.dates:
        found = asked.date_naissance or "(absente)"
        yield Mismatch(f"{AT}/DateNaissance", "AAAA-MM-JJ, JJMMAAAA ou AAMMJJ", found)


@rule(
    "INS-CARTE-NUMERO", severity="warning",
    message="NumIdentifiant est un matricule de 13 caractères ; la clé va dans Cle.",
    source=CONTRAT.at("(RECVITALE)"),
)
def numero_de_la_carte(asked: Beneficiaire) -> Iterator[Mismatch]:
    for at, number in ((f"{AT}/MatriculeIndividu", asked.matricule), (AT_OD, asked.matricule_od)):
        if number and not is_well_formed(number):
            yield Mismatch(f"{at}/NumIdentifiant", "13 caractères, la clé à part", number[:40])


@rule(
    "INS-CARTE-DATE", severity="warning",
    message="La date de la carte est transmise telle quelle : JJMMAAAA (date), ou AAMMJJ "
    "(dateEnCarte). Celle-ci n'est du calendrier que lue dans l'autre ordre.",
    source=SEL_MP_043.at("(WS_INS1, DateNaissance)"),
)
def ordre_de_la_date(asked: Beneficiaire) -> Iterator[Mismatch]:
    if asked.date_retournee:
        yield Mismatch(f"{AT}/DateNaissance", asked.date_retournee, asked.date_naissance)


@rule(
    "INS-CARTE-OUVRANT-DROIT", severity="warning",
    message="MatriculeOD, le NIR de l'ouvrant droit, est toujours transmis, et le même que dans "
    "COUVERTURE ; MatriculeIndividu s'y ajoute quand la carte le certifie.",
    source=SEL_MP_043.at("(WS_INS1, MatriculeOD)"),
)
def ouvrant_droit(asked: Beneficiaire) -> Iterator[Mismatch]:
    if asked.matricule and not asked.matricule_od:
        yield Mismatch(AT_OD, asked.assure or "le NIR de l'ouvrant droit", "(absent)")
    elif asked.matricule_od and asked.assure not in ("", asked.matricule_od):
        yield Mismatch(AT_OD, asked.assure, asked.matricule_od)
