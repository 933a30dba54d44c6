"""From what was sent to what the rules look at: patient, fiches with their documents, lot."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from dmp import errors
from dmp.domain import Fiche, Lot, Piece
from dmp.fhir.elements import Around, get, items, text
from dmp.fhir.envoi import Entry, Envoi
from dmp.fhir.fiche import ATTACHMENT, read_fiche, read_lot, read_piece
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
    binaries = tuple(_binary(entry, envoi) for entry in envoi.documents)
    _require_described(envoi, binaries)
    fiches = tuple([
        await _fiche(entry, binary, envoi, named, patient)
        for entry, binary, (_, named) in zip(envoi.documents, binaries, said, strict=False)
    ])
    return Received(patient, fiches, binaries, _lot(envoi))


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
        if each != said[0][1] and await find_patient(exchange, each) != first:
            raise errors.PATIENT_MISMATCH(
                at=at, expected=said[0][1].matricule or said[0][1].id,
                found=each.matricule or each.id or "(absent)",
            )
    return first


async def _fiche(
    entry: Entry, binary: Entry, envoi: Envoi, named: Designation, patient: Patient | None
) -> Fiche:
    """The fiche with its document read."""
    piece = await _piece(entry, binary)
    if named.id and patient is not None:
        named = Designation(patient.ins, patient.matricule.oid)
    around = Around.of(entry.resource, envoi.people)
    return read_fiche(entry.resource, entry.at, piece, named, around)


def _require_described(envoi: Envoi, binaries: tuple[Entry, ...]) -> None:
    """One fiche for each document, neither more nor less. Raises METADATA."""
    described = Counter(one.at for one in binaries)
    for one in envoi.entries:
        if one.type == "Binary" and described[one.at] != 1:
            raise errors.METADATA(
                "Un document est décrit par une fiche et une seule.", at=one.at, expected="1",
                found=str(described[one.at]),
            )


def _binary(entry: Entry, envoi: Envoi) -> Entry:
    """What carries the document of a fiche: a Binary of the Bundle, or the fiche itself when its
    attachment holds the data."""
    contents = items(entry.resource, "content")
    if len(contents) != 1:
        raise errors.METADATA(
            at=f"{entry.at}.content", expected="un seul contenu", found=str(len(contents))
        )
    attachment = get(contents, 0, "attachment")
    if isinstance(get(attachment, "data"), str):
        return entry
    url = text(attachment, "url")
    binary = envoi.by_name.get(url)
    if binary is None or binary.type != "Binary":
        raise errors.METADATA(
            "Le document n'est pas dans l'envoi.", at=f"{entry.at}.{ATTACHMENT}.url",
            expected="l'adresse d'un Binary du Bundle", found=url or "(absente)",
        )
    return binary


async def _piece(entry: Entry, binary: Entry) -> Piece:
    if binary is not entry:
        return await read_piece(binary.resource, binary.at)
    attachment = get(entry.resource, "content", 0, "attachment")
    return await read_piece(attachment, f"{entry.at}.{ATTACHMENT}")


def _lot(envoi: Envoi) -> Lot | None:
    if envoi.lot is None:
        return None
    roots = {
        name: one.at for name, one in envoi.by_name.items() if one.type == "DocumentReference"
    }
    around = Around.of(envoi.lot.resource, envoi.people)
    return read_lot(envoi.lot.resource, envoi.lot.at, around, roots)
