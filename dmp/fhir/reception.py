"""From what was sent to what the rules look at: patient, fiches with their documents, lot."""

from __future__ import annotations

from dataclasses import dataclass

from dmp import errors
from dmp.domain import Fiche, Lot, Piece
from dmp.fhir.elements import Around, get, items, text
from dmp.fhir.envoi import Entry, Envoi
from dmp.fhir.fiche import read_fiche, read_lot, read_piece
from dmp.fhir.patients import Designation, designation, find_patient
from services.kernel.exchange import Exchange
from services.population import Patient


@dataclass(frozen=True, slots=True)
class Received:
    """One deposit. binaries: for each fiche, the entry that carried its document."""

    patient: Patient | None
    fiches: tuple[Fiche, ...]
    binaries: tuple[Entry, ...]
    lot: Lot | None


async def receive(exchange: Exchange, envoi: Envoi) -> Received:
    """Decode and read all of it. Raises METADATA, PATIENT_MISMATCH, MALFORMED, BODY_TOO_LARGE."""
    said = _designations(exchange, envoi)
    patient = await _one_patient(exchange, said)
    read = [
        await _fiche(entry, envoi, named, patient)
        for entry, (_, named) in zip(envoi.documents, said, strict=False)
    ]
    binaries = tuple(binary for binary, _ in read)
    _require_described(envoi, binaries)
    return Received(patient, tuple(fiche for _, fiche in read), binaries, _lot(envoi))


def _designations(exchange: Exchange, envoi: Envoi) -> list[tuple[str, Designation]]:
    """(place, designation) of every subject: the documents', then the lot's."""
    entries = [*envoi.documents, *((envoi.lot,) if envoi.lot else ())]
    return [
        (
            f"{one.at}.subject",
            designation(
                get(one.resource, "subject"), Around.of(one.resource, envoi.people),
                exchange.base_url,
            ),
        )
        for one in entries
    ]


async def _one_patient(
    exchange: Exchange, said: list[tuple[str, Designation]]
) -> Patient | None:
    """The patient of all subjects, None when unknown. Raises PATIENT_MISMATCH."""
    first = await find_patient(exchange, said[0][1])
    for at, each in said[1:]:
        other = await find_patient(exchange, each)
        if other != first:
            raise errors.PATIENT_MISMATCH(
                at=at, expected=said[0][1].matricule or said[0][1].id,
                found=each.matricule or each.id or "(absent)",
            )
    return first


async def _fiche(
    entry: Entry, envoi: Envoi, named: Designation, patient: Patient | None
) -> tuple[Entry, Fiche]:
    """The entry that carried the document, and the fiche with the document read."""
    binary, piece = await _piece(entry, envoi)
    if named.id and patient is not None:
        named = Designation(patient.ins, patient.matricule.oid)
    around = Around.of(entry.resource, envoi.people)
    return binary, read_fiche(entry.resource, entry.at, piece, named, around)


def _require_described(envoi: Envoi, binaries: tuple[Entry, ...]) -> None:
    described = {one.at for one in binaries}
    for one in envoi.entries:
        if one.type == "Binary" and one.at not in described:
            raise errors.METADATA("Aucune fiche ne décrit ce document.", at=one.at)


async def _piece(entry: Entry, envoi: Envoi) -> tuple[Entry, Piece]:
    """The document of a fiche: a Binary of the Bundle, or the data held by the attachment."""
    contents = items(entry.resource, "content")
    attachment = get(contents, 0, "attachment")
    at = f"{entry.at}.content[0].attachment"
    if len(contents) != 1:
        raise errors.METADATA(
            at=f"{entry.at}.content", expected="un seul contenu", found=str(len(contents))
        )
    held, url = get(attachment, "data"), text(attachment, "url")
    if isinstance(held, str):
        return entry, await read_piece(held, text(attachment, "contentType"), at)
    binary = envoi.by_name.get(url)
    if binary is None or binary.type != "Binary":
        raise errors.METADATA(
            "Le document n'est pas dans l'envoi.", at=f"{at}.url",
            expected="l'adresse d'un Binary du Bundle", found=url or "(absente)",
        )
    resource = binary.resource
    return binary, await read_piece(
        text(resource, "data"), text(resource, "contentType"), binary.at
    )


def _lot(envoi: Envoi) -> Lot | None:
    if envoi.lot is None:
        return None
    roots = {
        name: one.at for name, one in envoi.by_name.items() if one.type == "DocumentReference"
    }
    around = Around.of(envoi.lot.resource, envoi.people)
    return read_lot(envoi.lot.resource, envoi.lot.at, around, roots)
