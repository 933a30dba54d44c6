"""prepare_document: the given CDA is taken as it is, or an ordonnance is composed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from services.cda import CdaIdentifier, CdaPatient, read_header
from services.cda.compose import Ordonnance, compose_ordonnance
from services.cda.times import hl7_time
from services.kernel.clock import to_datetime
from services.scenarios.author import activity_of, author_of
from services.scenarios.definition import Step
from services.scenarios.documents.codes import AMBULATOIRE, sector_of
from services.scenarios.stage import Document, Facts, Identity, Stage

VALIDITY = timedelta(days=365)


def prepare_document(stage: Stage, step: Step) -> Facts:
    """Facts: type (document code), patient_ins, octets."""
    if stage.document is None:
        content = compose_ordonnance(_ordonnance(stage, step))
        digest = sha256(content).hexdigest()
        stage.document = Document("", content, digest, read_header(content))
        stage.say("Aucun document n'est donné : une ordonnance CDA de niveau 1 est composée.")
    document = stage.document
    header = document.header
    name = document.file or "ordonnance composée"
    stage.say(
        f"{name} : {header.title} ({header.code}), {len(document.content)} octets, "
        f"SHA-256 {document.sha256[:16]}…"
    )
    return {
        "type": header.code, "identifiant": header.id, "octets": len(document.content),
    }


def _ordonnance(stage: Stage, step: Step) -> Ordonnance:
    session, identity = stage.session(step), stage.the_identity()
    prescription = stage.the_prescription()
    moment = to_datetime(stage.vendor.clock.now())
    author = replace(author_of(session), time=hl7_time(moment))
    document, versions = (_oid(stage) for _ in range(2))
    return Ordonnance(
        id=document, set_id=versions, numero=prescription.numero, patient=_patient(identity),
        prescripteur=author,
        secteur=sector_of(activity_of(session).get("codeSecteurDactivite", "SA07")),
        cadre=AMBULATOIRE, redigee=moment, fin=moment + VALIDITY,
        lignes=tuple(f"{ligne['libelle']} : {ligne['posologieTexte']}"
                     for ligne in prescription.lignes),
    )


def _oid(stage: Stage) -> str:
    """An OID made from a UUID (ITU-T X.667): 2.25 and its decimal value."""
    return f"2.25.{int(stage.vendor.ids.uuid4().replace('-', ''), 16)}"


def _patient(identity: Identity) -> CdaPatient:
    traits = identity.traits
    return CdaPatient(
        identity.ins, identity.oid, (CdaIdentifier(identity.oid, identity.ins),),
        traits.nom_naissance, traits.prenoms, traits.prenom, traits.sexe, traits.date_naissance,
        traits.lieu_naissance, traits.nom_naissance,
    )
