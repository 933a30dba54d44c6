"""`$merge` (of FHIR R5) and `$unmerge`: two records of one person become one, and back."""

from __future__ import annotations

from ins.fhir.elements import Json
from ins.rniv import errors
from ins.rniv.domain.transitions import defusionner, fusionner
from ins.rniv.fhir.guichet import Guichet, Ouverte, annonce, guichet_of, ouvrir, suite
from ins.rniv.fhir.operation import operation, parameters, shown
from ins.rniv.fhir.parametres import lire_parametres, reference
from ins.rniv.fhir.rendu import liens_de
from ins.rniv.store import Gardee
from services.fhir import errors as fhir_errors
from services.fhir import exact
from services.fhir.outcome import issue, operation_outcome
from services.fhir.resource import answer
from services.kernel.database import Conflict, Duplicate, Write
from services.kernel.exchange import Answer, Exchange

ATTEMPTS = 4
Liens = tuple[tuple[str, str], ...]


@operation(
    "rniv.merge", name="Fusionner deux identités ($merge)", routes=("POST /Patient/$merge",),
    spec="FHIR R5, Patient/$merge",
)
async def merge(exchange: Exchange) -> Answer:
    """source-patient: the one that is replaced; target-patient: the one that stays."""
    given = lire_parametres(exchange, ("source-patient", "target-patient"))
    source, target = reference(given, "source-patient"), reference(given, "target-patient")
    if not source or not target:
        raise fhir_errors.PARAMETER_INVALID(
            at="Parameters.parameter", expected="source-patient et target-patient",
            found="(absent)",
        )
    guichet = guichet_of(exchange)
    _, after = await reunir(guichet, source, target)
    exchange.outcome_note = f"Patient/{source} remplacée par Patient/{target}"
    done = operation_outcome([issue("information", "informational", text="Fusion faite.")])
    result: Json = {"name": "result", "resource": after.patient}
    return answer(parameters({"name": "outcome", "resource": done}, result))


@operation("rniv.unmerge", name="Défaire une fusion ($unmerge)",
           routes=("POST /Patient/{id}/$unmerge",))
async def unmerge(exchange: Exchange) -> Answer:
    """The identity that was replaced is again what it was before."""
    lire_parametres(exchange, ())
    guichet = guichet_of(exchange)
    after = await separer(guichet, exchange.path_params["id"])
    exchange.outcome_note = f"Patient/{after.id} : {after.identite.statut}"
    return shown(after)


async def reunir(guichet: Guichet, source: str, target: str) -> tuple[Ouverte, Ouverte]:
    """Merge, in one write. Raises FUSION_IMPOSSIBLE, IDENTITE_REMPLACEE or RESOURCE_UNKNOWN."""
    if source == target:
        raise errors.FUSION_IMPOSSIBLE("Une identité ne se fusionne pas avec elle-même.",
                                       found=f"Patient/{source[:64]}")
    for _ in range(ATTEMPTS):
        gone, kept = await ouvrir(guichet, source), await ouvrir(guichet, target)
        replaced = fusionner(gone.identite, kept.identite, target)
        first = await suite(
            guichet, gone, replaced, guichet.acte("merge", f"remplacée par {target}"),
            liens=(*liens_de(gone.patient), ("replaced-by", target)),
        )
        second = await suite(
            guichet, kept, kept.identite, guichet.acte("merge", f"remplace {source}"),
            liens=(*liens_de(kept.patient), ("replaces", source)),
        )
        told = annonce(guichet, target, "A40", source)
        made = await _written(guichet, [*first[1], *second[1], *told])
        if made:
            return (
                Ouverte(Gardee(source, gone.gardee.vid + 1, replaced), first[0],
                        exact.loads(first[0].content)),
                Ouverte(Gardee(target, kept.gardee.vid + 1, kept.identite), second[0],
                        exact.loads(second[0].content)),
            )
    raise fhir_errors.EDIT_CONFLICT(at="Patient", found=f"Patient/{source}, Patient/{target}")


async def separer(guichet: Guichet, id: str) -> Ouverte:
    """Undo a merge, in one write. Raises TRANSITION_INTERDITE or RESOURCE_UNKNOWN."""
    for _ in range(ATTEMPTS):
        gone = await ouvrir(guichet, id)
        target = gone.identite.remplacee_par
        restored = defusionner(gone.identite)
        kept = await ouvrir(guichet, target)
        first = await suite(
            guichet, gone, restored, guichet.acte("unmerge", f"séparée de {target}"),
            liens=_others(gone, "replaced-by", target),
        )
        links = _others(kept, "replaces", id)
        second = await suite(
            guichet, kept, kept.identite, guichet.acte("unmerge", f"séparée de {id}"), liens=links
        )
        told = [*annonce(guichet, id, "A28"), *annonce(guichet, target, "A31")]
        if await _written(guichet, [*first[1], *second[1], *told]):
            return Ouverte(Gardee(id, gone.gardee.vid + 1, restored), first[0],
                           exact.loads(first[0].content))
    raise fhir_errors.EDIT_CONFLICT(at="Patient", found=f"Patient/{id}")


def _others(opened: Ouverte, kind: str, id: str) -> Liens:
    """Its links but that one: an identity may replace some, and be replaced."""
    return tuple(each for each in liens_de(opened.patient) if each != (kind, id))


async def _written(guichet: Guichet, writes: list[Write]) -> bool:
    """Whether nobody else wrote meanwhile."""
    try:
        await guichet.sandbox.database.write(writes)
    except (Conflict, Duplicate):
        return False
    return True
