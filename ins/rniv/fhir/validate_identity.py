"""`$validate-identity` and `$qualify`: a document was checked, and what INSi has to say of it."""

from __future__ import annotations

from ins.fhir.elements import Json
from ins.rniv.domain.identite import Identite
from ins.rniv.domain.pieces import Controle
from ins.rniv.domain.transitions import active, valider
from ins.rniv.fhir.guichet import Guichet, Ouverte, guichet_of, modifier, ouvrir
from ins.rniv.fhir.ins_retrieve import recherche
from ins.rniv.fhir.operation import operation, parameters, part, shown
from ins.rniv.fhir.parametres import Parametres, booleen, lire_parametres, texte
from ins.rniv.rules.actes import Validation, piece_suffisante, statut_permis
from ins.rniv.store import Acte
from ins.rniv.wire.insi import Liaison
from services.fhir.resource import answer
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import observe

PARAMETRES = ("document", "accompanying", "ehpad")


@operation("rniv.validate-identity", name="Valider l'identité ($validate-identity)",
           routes=("POST /Patient/{id}/$validate-identity",))
async def validate_identity(exchange: Exchange) -> Answer:
    """document: code of the one that was checked; accompanying: of a minor's parent; ehpad: direct
    admission. Provisional becomes validated, retrieved becomes qualified."""
    given = lire_parametres(exchange, PARAMETRES)
    guichet = guichet_of(exchange)
    controle = controle_of(guichet, given)
    opened = await ouvrir(guichet, exchange.path_params["id"])
    after = await controler(exchange, guichet, opened, controle)
    exchange.outcome_note = f"{opened.identite.statut} → {after.identite.statut}"
    return shown(after)


@operation("rniv.qualify", name="Qualifier l'identité ($qualify)",
           routes=("POST /Patient/{id}/$qualify",))
async def qualify(exchange: Exchange) -> Answer:
    """In one call: INSi where it was not asked, the document where none was checked."""
    given = lire_parametres(exchange, (*PARAMETRES, "accept"))
    guichet = guichet_of(exchange)
    opened = await ouvrir(guichet, exchange.path_params["id"])
    after, report, liaison = opened, [], Liaison(exchange)
    if not opened.identite.controlee:
        validation = Validation(opened.identite, controle_of(guichet, given))
        observe(exchange, (statut_permis, piece_suffisante), validation)
    if not opened.identite.retrouvee:
        found, _, after = await recherche(liaison, guichet, opened, booleen(given, "accept"))
        report = [part("codeCR", valueCode=found.code),
                  part("libelleCR", valueString=found.libelle)]
    if after.identite.retrouvee and not after.identite.controlee:
        after = await controler(exchange, guichet, after, controle_of(guichet, given))
    exchange.outcome_note = f"{opened.identite.statut} → {after.identite.statut}"
    patient: Json = {"name": "patient", "resource": after.patient}
    return answer(parameters(
        *report, part("statut", valueCode=after.identite.statut), patient
    ), headers=liaison.headers)


def controle_of(guichet: Guichet, given: Parametres) -> Controle:
    """What the caller says was checked, today. Raises PARAMETER_INVALID."""
    return Controle(
        texte(given, "document"), guichet.today, texte(given, "accompanying"),
        bool(booleen(given, "ehpad", False)),
    )


async def controler(
    exchange: Exchange, guichet: Guichet, opened: Ouverte, controle: Controle
) -> Ouverte:
    """Raises PIECE_REFUSEE, STATUT_BLOQUE or IDENTITE_REMPLACEE."""
    active(opened.identite)
    observe(exchange, (statut_permis, piece_suffisante), Validation(opened.identite, controle))

    def change(current: Ouverte) -> tuple[Identite, Acte]:
        return valider(current.identite, controle), guichet.acte(
            "validate-identity", f"pièce {controle.piece}"
        )

    return await modifier(guichet, opened.id, change)
