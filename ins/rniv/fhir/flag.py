"""`$flag` and `$downgrade`: a doubt, a fiction, a homonym; a status taken back."""

from __future__ import annotations

from ins.rniv.codes import ATTRIBUTS
from ins.rniv.domain.identite import Identite
from ins.rniv.domain.transitions import attribuer, declasser
from ins.rniv.fhir.guichet import Ouverte, guichet_of, modifier
from ins.rniv.fhir.operation import operation, shown
from ins.rniv.fhir.parametres import booleen, lire_parametres, texte
from ins.rniv.store import Acte
from services.fhir import errors
from services.kernel.exchange import Answer, Exchange


@operation("rniv.flag", name="Poser ou retirer un attribut ($flag)",
           routes=("POST /Patient/{id}/$flag",))
async def flag(exchange: Exchange) -> Answer:
    """attribute: HOMA, DOUT or FICT; value: false takes it back; reason: kept."""
    given = lire_parametres(exchange, ("attribute", "value", "reason"))
    attribut, reason = texte(given, "attribute"), texte(given, "reason")
    present = booleen(given, "value", True)
    if attribut not in ATTRIBUTS:
        raise errors.PARAMETER_INVALID(
            at="Parameters.parameter.where(name = 'attribute').value",
            expected=", ".join(ATTRIBUTS), found=attribut[:80] or "(absent)",
        )
    guichet = guichet_of(exchange)
    sign = "+" if present else "-"

    def change(current: Ouverte) -> tuple[Identite, Acte]:
        return attribuer(current.identite, attribut, bool(present)), guichet.acte(
            "flag", f"{sign}{attribut} {reason}".strip()
        )

    after = await modifier(guichet, exchange.path_params["id"], change)
    exchange.outcome_note = f"{sign}{attribut} : {after.identite.statut}"
    return shown(after)


@operation("rniv.downgrade", name="Déclasser l'identité ($downgrade)",
           routes=("POST /Patient/{id}/$downgrade",))
async def downgrade(exchange: Exchange) -> Answer:
    """status: PROV (default), VALI or RECUP; reason: kept."""
    given = lire_parametres(exchange, ("status", "reason"))
    vers, reason = texte(given, "status") or "PROV", texte(given, "reason")
    guichet = guichet_of(exchange)

    def change(current: Ouverte) -> tuple[Identite, Acte]:
        return declasser(current.identite, vers), guichet.acte("downgrade", reason)

    after = await modifier(guichet, exchange.path_params["id"], change)
    exchange.outcome_note = f"déclassée en {after.identite.statut}"
    return shown(after)
