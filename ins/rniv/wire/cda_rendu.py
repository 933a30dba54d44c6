"""An identity in the header of a CDA R2 document, with the matricule of a qualified one only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from ins.fhir.elements import Json
from ins.rniv.codes import ATTRIBUTS, STATUTS
from ins.rniv.domain.identite import Identite
from ins.rniv.fhir.lecture import epelle_matricule
from ins.rniv.wire.autorites import autorite
from services.cda import CdaAuthor, CdaCode, CdaIdentifier, CdaPatient
from services.cda.document import Document, compose
from services.kernel.tenants import Tenant

MEDIA_TYPE: Final = "text/xml"
# DEFAULT(CDA): no published type of document is that of an identity alone.
CONSULTATION: Final = CdaCode(
    "11488-4", "2.16.840.1.113883.6.1", "CR ou fiche de consultation ou de visite"
)
TITRE: Final = "Fiche d'identité"
_SEXES: Final = {"M": "M", "F": "F", "I": "UN"}
_NE: Final = {"M": "né", "F": "née", "I": "né(e)"}


def rendre_document(
    tenant: Tenant, identite: Identite, patient: Json, auteur: CdaAuthor, secteur: CdaCode,
    cadre: CdaCode,
) -> bytes:
    """The document, now. patient: the FHIR resource, for what is no trait."""
    shown = identite.vue()
    return compose(Document(
        _oid(tenant.ids.uuid()), _oid(tenant.ids.uuid()), CONSULTATION, TITRE,
        cda_patient(shown, patient), auteur, secteur, cadre, tenant.clock.datetime(),
        _fiche(shown),
    ))


def cda_patient(shown: Identite, patient: Json) -> CdaPatient:
    """recordTarget of what others are told. A lunar date is completed: CDA has no other."""
    traits, own = shown.traits, shown.matricule
    number = (CdaIdentifier(own.oid, own.ins),) if own is not None else ()
    usual: Json = next((one for one in patient.get("name", ()) if one.get("use") == "usual"), {})
    return CdaPatient(
        own.ins if own is not None else "", own.oid if own is not None else "",
        (*number, *_local(shown)), traits.nom_naissance, tuple(traits.prenoms.split()),
        traits.prenom, _SEXES[traits.sexe], traits.date_civile, traits.lieu_naissance,
        usual.get("family", ""), next(iter(usual.get("given", ())), ""),
        _mailbox(patient) if own is not None else "",
    )


def _local(shown: Identite) -> Iterator[CdaIdentifier]:
    for system, value in shown.ipp:
        _, universal, kind = autorite(system)
        yield CdaIdentifier(universal if kind == "ISO" else _named_oid(system), value)


def _named_oid(system: str) -> str:
    # DEFAULT(CDA): an authority without OID gets one that its name alone makes (RFC 9562, UUIDv8).
    digest = int.from_bytes(hashlib.sha256(system.encode()).digest()[:16], "big")
    return f"2.25.{digest & ~(0xF << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62}"


def _oid(uuid: str) -> str:
    """An OID made from a UUID (ITU-T X.667)."""
    return f"2.25.{int(uuid.replace('-', ''), 16)}"


def _mailbox(patient: Json) -> str:
    """The address of the patient's MSSanté mailbox."""
    several = (each for each in patient.get("telecom", ()) if epelle_matricule(each))
    return next((str(each["value"]) for each in several), "")


def _fiche(shown: Identite) -> str:
    traits, own = shown.traits, shown.matricule
    state = ", ".join((STATUTS[shown.statut], *(ATTRIBUTS[each] for each in shown.attributs)))
    lines = [
        TITRE, "",
        f"{traits.nom_naissance} {traits.prenoms}, {_NE[traits.sexe]} le {traits.date_naissance}"
        + (f" ({traits.lieu_naissance})" if traits.lieu_naissance else ""),
        state,
        f"Matricule INS {own.ins} ({own.oid})" if own is not None else "Sans matricule INS",
        "",
        "Document fictif d'un bac à sable : aucune valeur, aucune personne réelle.",
    ]
    return "\n".join(lines) + "\n"
