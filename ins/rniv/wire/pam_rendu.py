"""An identity as a message of PAM FR 2.11: A28, A31 or A40, with the matricule of a qualified one
only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ins.fhir.elements import Json, extensions
from ins.rniv.codes import INDICATEURS
from ins.rniv.domain.abonnements import Evenement
from ins.rniv.domain.identite import Identite
from ins.rniv.wire.acquittement import horodate, numero
from ins.rniv.wire.autorites import autorite
from ins.rniv.wire.er7 import champ, echapper, ecrire, repetitions, sous
from services.kernel.tenants import Tenant
from services.population.matricule import OID_NIA, OID_NIR_DEMO

STRUCTURES = {"A28": "ADT_A05", "A31": "ADT_A05", "A40": "ADT_A39"}
_ESPACES = {OID_NIA: "ASIP-SANTE-INS-NIA"}
_SEXES = {"M": "M", "F": "F", "I": "U"}
_STATUTS = {"PROV": "PROV", "RECUP": "PROV", "VALI": "VALI", "QUAL": "VALI"}


@dataclass(frozen=True, slots=True)
class Correspondants:
    """Names in MSH-3 to MSH-6."""

    application: str = "SOCLE"
    etablissement: str = "SOCLE"
    destinataire: str = ""
    site: str = ""


def rendre_message(
    tenant: Tenant, event: Evenement, identite: Identite, patient: Json,
    ancienne: Identite | None = None, noms: Correspondants = Correspondants(), id: str = "",
) -> str:
    """The message. patient: the FHIR resource, for what is no trait; ancienne: of A40, the one
    that is replaced; id: what its control id is made of, a new one if "".
    """
    shown = identite.vue()
    now = horodate(tenant)
    segments = [
        ("MSH", "^~\\&", *map(echapper, (noms.application, noms.etablissement, noms.destinataire,
                                         noms.site)), now, "",
         champ("ADT", event, STRUCTURES[event]), numero(id or tenant.ids.uuid()), "P",
         champ("2.5", "FRA", "2.11"), "", "", "", "", "FRA", "UNICODE UTF-8", "FR", "",
         champ("2.11", "IHE_FRANCE-2.11-PAM")),
        ("EVN", "", now, "", "", "", now),
        _pid(shown, patient, now),
    ]
    if event == "A40" and ancienne is not None:
        segments.append(("MRG", repetitions(*_local(ancienne))))
    elif event != "A40":
        segments.append(("PV1", "1", "N"))
        segments.append(_zfd(shown, patient))
    return ecrire(segments)


def _pid(shown: Identite, patient: Json, now: str) -> tuple[str, ...]:
    traits = shown.traits
    fields = [""] * 34
    fields[0], fields[1] = "PID", "1"
    fields[3] = repetitions(*_local(shown), *_ins(shown))
    fields[5] = repetitions(
        champ(traits.nom_naissance, traits.prenom, traits.prenoms, "", "", "", "L"),
        *_usual(patient),
    )
    fields[7] = traits.date_civile.replace("-", "")
    fields[8] = _SEXES[traits.sexe]
    birth = champ("", "", "", "", "", "", "BDL", "", traits.lieu_naissance)
    fields[11] = repetitions(*_addresses(patient), birth if traits.lieu_naissance else "")
    fields[13] = repetitions(*_telecoms(patient))
    fields[32] = repetitions(_STATUTS[shown.statut], *shown.attributs)
    fields[33] = now
    return tuple(fields)


def _local(shown: Identite) -> Iterator[str]:
    for system, value in shown.ipp:
        yield champ(value, "", "", sous(*autorite(system)), "PI")


def _ins(shown: Identite) -> Iterator[str]:
    own = shown.matricule
    if own is None:
        return
    # DEFAULT(PAM): the namespaces of the NIA and of the NIR of demonstration are not published.
    name = _ESPACES.get(own.oid, "ASIP-SANTE-INS-NIR")
    kind = f"{name}-DEMO" if own.oid == OID_NIR_DEMO else name
    day = shown.interrogee_le.replace("-", "")
    yield champ(own.ins, "", "", sous(kind, own.oid, "ISO"), "INS", "", day)


def _usual(patient: Json) -> Iterator[str]:
    for one in patient.get("name", ()):
        if one.get("use") == "usual" and one.get("family"):
            given = next(iter(one.get("given", ())), "")
            yield champ(one["family"], given, "", "", "", "", "D")


def _addresses(patient: Json) -> Iterator[str]:
    for one in patient.get("address", ()):
        line = " ".join(one.get("line", ()))
        yield champ(line, "", one.get("city", ""), "", one.get("postalCode", ""),
                    one.get("country", ""), "H")


def _telecoms(patient: Json) -> Iterator[str]:
    for one in patient.get("telecom", ()):
        value = one.get("value", "")
        if one.get("system") == "email":
            yield champ("", "NET", "Internet", value)
        elif one.get("system") == "phone":
            yield champ(*("", "PRN", "PH"), *[""] * 8, value)


def _zfd(shown: Identite, patient: Json) -> tuple[str, ...]:
    traits = shown.traits
    lunar = traits.date_naissance if traits.date_civile != traits.date_naissance else ""
    return (
        "ZFD", lunar.replace("-", ""), "", _indicator(patient, 3), _indicator(patient, 4) or "N",
        shown.methode, shown.interrogee_le.replace("-", ""),
    )


def _indicator(patient: Json, field: int) -> str:
    """Y or N, "" when the Patient does not say."""
    for one, _ in extensions(patient, INDICATEURS[field], "Patient"):
        told = one.get("valueBoolean")
        return "" if told is None else "Y" if told else "N"
    return ""
